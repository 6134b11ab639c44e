complete --keep-order --exclusive --command vaultctl --arguments "(_VAULTCTL_COMPLETE=fish vaultctl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"


set edit:completion:arg-completer[vaultctl] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) _VAULTCTL_COMPLETE="elvish" vaultctl -- $@words) | to-lines
}


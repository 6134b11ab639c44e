# shellcheck shell=bash
# What the tests need and a bare Debian machine has not. Read by tests/run and .ci/run.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/vaultctl

say() { printf '== %s\n' "$*"; }

die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# have_commands COMMAND=PACKAGE…: installs the packages of the commands that are not on the PATH.
# A command counts, not a package: a machine may have its own node, or git, in another place.
have_commands() {
  local pair missing=()
  for pair; do
    command -v "${pair%%=*}" >/dev/null || missing+=("$pair")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "missing: ${missing[*]%%=*}"
  install_packages "${missing[@]#*=}"
  for pair in "${missing[@]}"; do
    command -v "${pair%%=*}" >/dev/null || die "no \`${pair%%=*}\`, although ${pair#*=} was installed"
  done
}

install_packages() {
  command -v apt-get >/dev/null || die "install these yourself: $*"
  [ "$(id -u)" = 0 ] || die "run this as root once, or install these yourself: $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# have_crate PROGRAM CRATE VERSION: a program from crates.io, built once and kept.
have_crate() {
  local program=$cache/tools/bin/$1
  case " $("$program" --version 2>/dev/null) " in *[\ :]"$3 "*) return 0 ;; esac
  say "building $2 $3 (once)"
  cargo install --quiet --locked --root "$cache/tools" "$2@$3"
}

# have_npm PACKAGE VERSION: a package from npm, installed once and kept.
have_npm() {
  local manifest=$cache/npm/node_modules/$1/package.json
  if grep -qs "\"version\": \"$2\"" "$manifest"; then return 0; fi
  say "installing $1 $2 (once)"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache/npm" "$1@$2" >/dev/null
}

# have_python PACKAGE VERSION: a package from PyPI, installed once and kept, with a Python of its own.
# Debian has Python without what makes such an environment; other systems bring both together.
have_python() {
  local python=$cache/python/bin/python
  case " $("$python" -m pip list --format=freeze 2>/dev/null | tr '\n' ' ')" in *" $1==$2 "*) return 0 ;; esac
  python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
  [ -x "$python" ] || python3 -m venv "$cache/python"
  say "installing $1 $2 (once)"
  "$python" -m pip install --quiet --disable-pip-version-check "$1==$2"
}

have_rage() { have_crate rage rage 0.12.1; }
have_garage() { have_crate garage garage 2.5.0; }
have_deny() { have_crate cargo-deny cargo-deny 0.20.2; }
# Without its install script, npm brings the program all the same: in the package of this platform.
have_claude_code() { have_npm @anthropic-ai/claude-code 2.1.329; }
# Real MCP servers: three that speak the protocol up to 2025-11-25, and one that speaks both eras.
have_everything() { have_npm @modelcontextprotocol/server-everything 2026.8.31; }
have_memory() { have_npm @modelcontextprotocol/server-memory 2026.8.31; }
have_filesystem() { have_npm @modelcontextprotocol/server-filesystem 2026.8.31; }
have_time() { have_python mcp-server-time 2026.10.19; }
# Real MCP clients: one asks for the protocol of 2026-07-28 first, the other does not.
have_python_client() { have_python mcp 2.3.0; }
# A real mail server.
have_mail_server() { have_python aiosmtpd 1.4.6; }
have_typescript_client() { have_npm @modelcontextprotocol/client 2.4.0; }

# have_promtool: Prometheus's own checker, out of Debian's package, whose service nobody wants here.
have_promtool() {
  local program=$cache/tools/bin/promtool folder
  if [ -x "$program" ]; then return 0; fi
  command -v apt-get >/dev/null || die "put Prometheus's promtool at $program"
  say "fetching promtool (once)"
  folder=$(mktemp -d)
  (cd "$folder" && apt-get update -qq && apt-get download -qq prometheus 2>/dev/null &&
    dpkg-deb -x prometheus_*.deb . && install -D usr/bin/promtool "$program")
  rm -r "$folder"
}

# have_time_zones: a bare system knows UTC and nothing else.
have_time_zones() {
  [ -e /usr/share/zoneinfo/Europe/Berlin ] || install_packages tzdata
}

# have_pass_otp: pass's extension is no command, but a file where pass looks for it.
have_pass_otp() {
  [ -e /usr/lib/password-store/extensions/otp.bash ] || install_packages pass-extension-otp
}

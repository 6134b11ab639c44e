# shellcheck shell=bash disable=SC2034,SC2317
# What an extension of pass finds when it is sourced: the variables and functions that pass 1.7.4
# documents by having them. Carried in the program and run as `bash -c … pass EXTENSION ARGUMENT…`.
# VAULTCTL_PROGRAM is the program itself: what opens, stores, copies and shows is its work.

umask "${PASSWORD_STORE_UMASK:-077}"
set -o pipefail

PROGRAM=pass
COMMAND=$2
PREFIX=${PASSWORD_STORE_DIR:-$HOME/.password-store}
EXTENSIONS=${PASSWORD_STORE_EXTENSIONS_DIR:-$PREFIX/.extensions}
SYSTEM_EXTENSION_DIR=/usr/lib/password-store/extensions
X_SELECTION=${PASSWORD_STORE_X_SELECTION:-clipboard}
CLIP_TIME=${PASSWORD_STORE_CLIP_TIME:-45}
GENERATED_LENGTH=${PASSWORD_STORE_GENERATED_LENGTH:-25}
CHARACTER_SET=${PASSWORD_STORE_CHARACTER_SET:-[:punct:][:alnum:]}
CHARACTER_SET_NO_SYMBOLS=${PASSWORD_STORE_CHARACTER_SET_NO_SYMBOLS:-[:alnum:]}
GETOPT=getopt
BASE64=base64
SHRED='shred -f -z'
INNER_GIT_DIR=
GPG_RECIPIENT_ARGS=()
GPG_RECIPIENTS=()

# The user's options are words, as pass has them.
# shellcheck disable=SC2206
GPG_OPTS=($PASSWORD_STORE_GPG_OPTS --quiet --yes --compress-algo=none --no-encrypt-to)
GPG=gpg
if command -v gpg2 > /dev/null; then
  GPG=gpg2
fi
if [[ -n $GPG_AGENT_INFO || $GPG == gpg2 ]]; then
  GPG_OPTS+=(--batch --use-agent)
fi
GPG_TTY=${GPG_TTY:-$(tty 2> /dev/null)}
export GPG_TTY

unset GIT_DIR GIT_WORK_TREE GIT_NAMESPACE GIT_INDEX_FILE GIT_INDEX_VERSION GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
export GIT_CEILING_DIRECTORIES=$PREFIX/..

die() {
  echo "$@" >&2
  exit 1
}

yesno() {
  local answer
  [[ -t 0 ]] || return 0
  read -r -p "$1 [y/N] " answer
  [[ $answer == [yY] ]] || exit 1
}

check_sneaky_paths() {
  local path
  for path; do
    case /$path/ in
      */../*) die "Error: You've attempted to pass a sneaky path to pass. Go home." ;;
    esac
  done
}

# Our own pass, in the same store.
vaultctl_pass() {
  PASSWORD_STORE_DIR=$PREFIX "$VAULTCTL_PROGRAM" pass "$@"
}

# A value goes over a pipe, and is the argument of builtins only.
clip() {
  printf %s "$1" | vaultctl_pass --from-extension clip "$2" || exit 1
}

qrcode() {
  printf %s "$1" | vaultctl_pass --from-extension qrcode "$2"
}

# Each line that can be trusted to be gpg's own says VALIDSIG, the key and its primary key.
verify_file() {
  local file=$1 line key
  [[ -n $PASSWORD_STORE_SIGNING_KEY ]] || return 0
  [[ -f $file.sig ]] || die "Signature for $file does not exist."
  # shellcheck disable=SC2086
  while IFS= read -r line; do
    [[ $line =~ ^'[GNUPG:] VALIDSIG '([0-9A-F]{40})' '.*' '([0-9A-F]{40})$ ]] || continue
    for key in $PASSWORD_STORE_SIGNING_KEY; do
      if [[ $key == "${BASH_REMATCH[1]}" || $key == "${BASH_REMATCH[2]}" ]]; then
        return 0
      fi
    done
  done < <("$GPG" $PASSWORD_STORE_GPG_OPTS --verify --status-fd=1 "$file.sig" "$file" 2> /dev/null)
  die "Signature for $file is invalid."
}

# To whom what is in a folder is encrypted: the nearest .gpg-id decides.
set_gpg_recipients() {
  local folder=$PREFIX/$1 id
  GPG_RECIPIENT_ARGS=()
  GPG_RECIPIENTS=()
  if [[ -n $PASSWORD_STORE_KEY ]]; then
    # shellcheck disable=SC2206
    GPG_RECIPIENTS=($PASSWORD_STORE_KEY)
  else
    until [[ $folder == "$PREFIX" || -f $folder/.gpg-id ]]; do
      folder=${folder%/*}
    done
    if [[ ! -f $folder/.gpg-id ]]; then
      printf 'Error: You must run:\n    %s init your-gpg-id\nbefore you may use the password store.\n\n' "$PROGRAM" >&2
      cmd_usage
      exit 1
    fi
    verify_file "$folder/.gpg-id"
    while read -r id; do
      id=${id%%#*}
      [[ -z $id ]] || GPG_RECIPIENTS+=("$id")
    done < "$folder/.gpg-id"
  fi
  for id in "${GPG_RECIPIENTS[@]}"; do
    GPG_RECIPIENT_ARGS+=(-r "$id")
  done
}

# Changes are recorded without hooks, as all that vaultctl records.
vaultctl_git() {
  git -C "$INNER_GIT_DIR" -c core.hooksPath=/dev/null "$@"
}

set_git() {
  INNER_GIT_DIR=${1%/*}
  until [[ -d $INNER_GIT_DIR || ${INNER_GIT_DIR%/*}/ != "${PREFIX%/}/"* ]]; do
    INNER_GIT_DIR=${INNER_GIT_DIR%/*}
  done
  [[ $(vaultctl_git rev-parse --is-inside-work-tree 2> /dev/null) == true ]] || INNER_GIT_DIR=
}

git_add_file() {
  [[ -n $INNER_GIT_DIR ]] || return
  vaultctl_git add "$1" || return
  [[ -n $(vaultctl_git status --porcelain "$1") ]] || return
  git_commit "$2"
}

git_commit() {
  local sign=()
  [[ -n $INNER_GIT_DIR ]] || return
  [[ $(vaultctl_git config --bool --get pass.signcommits) == true ]] && sign=(-S)
  vaultctl_git commit "${sign[@]}" -m "$1"
}

reencrypt_path() {
  local below=${1#"${PREFIX%/}"}
  below=${below#/}
  "$VAULTCTL_PROGRAM" --store "$PREFIX" reencrypt --needed ${below:+-p "$below"}
}

# A private folder that is gone when the extension ends; in memory, or asked about.
tmpdir() {
  [[ -n $SECURE_TMPDIR ]] && return
  local place=/dev/shm
  if [[ ! -d $place || ! -w $place || ! -x $place ]]; then
    place=${TMPDIR:-/tmp}
    [[ $1 == nowarn ]] || yesno "Your system does not have /dev/shm, which means that it may
be difficult to entirely erase the temporary non-encrypted
password file after editing.

Are you sure you would like to continue?"
  fi
  SECURE_TMPDIR=$(mktemp -d "$place/$PROGRAM.XXXXXXXXXXXXX") || exit 1
  trap 'vaultctl_wipe "$SECURE_TMPDIR"' EXIT
}

vaultctl_wipe() {
  # shellcheck disable=SC2086
  [[ $1 == /dev/shm/* ]] || find "$1" -type f -exec $SHRED {} +
  rm -rf "$1"
}

cmd_version() { vaultctl_pass version; }
cmd_usage() { vaultctl_pass help; }
cmd_init() { vaultctl_pass init "$@"; }
cmd_show() { vaultctl_pass show "$@"; }
cmd_find() { vaultctl_pass find "$@"; }
cmd_grep() { vaultctl_pass grep "$@"; }
cmd_insert() { vaultctl_pass insert "$@"; }
cmd_edit() { vaultctl_pass edit "$@"; }
cmd_generate() { vaultctl_pass generate "$@"; }
cmd_delete() { vaultctl_pass delete "$@"; }
cmd_copy_move() {
  case $1 in
    copy) vaultctl_pass cp "${@:2}" ;;
    *) vaultctl_pass mv "${@:2}" ;;
  esac
}
cmd_git() { vaultctl_pass git "$@"; }

vaultctl_extension=$1
shift 2
# The user's own may have come with the store; the system's are root's.
[[ $vaultctl_extension == "$SYSTEM_EXTENSION_DIR"/* ]] || verify_file "$vaultctl_extension"
# shellcheck disable=SC1090
source "$vaultctl_extension" "$@"
exit 0

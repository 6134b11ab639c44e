#!/bin/sh
# Restores a snapshot without vaultctl: needs age (or rage), zstd, tar and the usual small tools.
#
#   restore.sh -i IDENTITY-FILE [-s SNAPSHOT] REPOSITORY TARGET
#
# REPOSITORY is the folder that this script lies in, or a copy of it. TARGET must not exist, or be
# empty. The files of the home come back in TARGET/HOME, all others in TARGET/ROOT; they belong to
# whoever runs this. Nothing else is changed. Without -s the newest snapshot is restored.
set -eu
LC_ALL=C
export LC_ALL
unset CDPATH
umask 077

say() { printf '%s\n' "$*" >&2; }
die() { say "restore.sh: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

usage() {
  say 'usage: restore.sh -i IDENTITY-FILE [-s SNAPSHOT] REPOSITORY TARGET'
  exit 2
}

# The first of these programs that is here.
first_of() {
  for program in "$@"; do
    if have "$program"; then
      printf '%s\n' "$program"
      return
    fi
  done
}

# What stands behind KEY in the lines of FILE.
value() { sed -n "s/^$1 //p" "$2"; }

sha256() {
  case $hasher in
    sha256sum) sha256sum <"$1" | cut -d ' ' -f 1 ;;
    shasum) shasum -a 256 <"$1" | cut -d ' ' -f 1 ;;
    openssl) openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1 ;;
  esac
}

clean_up() {
  if [ -n "$work" ]; then
    chmod -R u+rwx "$work" 2>/dev/null || :
    rm -rf "$work"
  fi
}

newline='
'
identity='' snapshot='' work=''
while getopts i:s: option; do
  case $option in
    i) identity=$OPTARG ;;
    s) snapshot=$OPTARG ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
if [ $# -ne 2 ] || [ -z "$identity" ]; then usage; fi
# A name that begins with a dash would be taken for an option.
case $1 in -*) repository=./$1 ;; *) repository=$1 ;; esac
case $2 in -*) target=./$2 ;; *) target=$2 ;; esac
case $identity in -*) identity=./$identity ;; esac

# --- What is needed ---------------------------------------------------------------------------
age=$(first_of age rage)
hasher=$(first_of sha256sum shasum openssl)
missing=''
[ -n "$age" ] || missing="$missing age (or rage)"
[ -n "$hasher" ] || missing="$missing sha256sum (or shasum, openssl)"
for program in cat chmod cksum cmp comm cut find mv sed sh sort tail tar touch tr zstd; do
  have "$program" || missing="$missing $program"
done
[ -z "$missing" ] || die "these programs are missing:$missing"
[ -f "$identity" ] || die "there is no identity file $identity"
[ -f "$repository/vaultctl-repo" ] || die "$repository is no snapshot repository"
if [ -d "$target" ] && [ -n "$(ls -A "$target")" ]; then
  die "$target is not empty"
fi

# --- Which snapshot ---------------------------------------------------------------------------
if [ -z "$snapshot" ]; then
  snapshot=$(find "$repository/commits/" -name '*.commit' | sed 's|.*/||; s|\.commit$||' |
    sed -n '/^[0-9]\{8\}T[0-9]\{6\}Z-[0-9]*$/p' | sort -t - -k 2n | tail -n 1)
  [ -n "$snapshot" ] || die "there is no snapshot in $repository"
fi
case $snapshot in
  *[!0-9TZ-]*) die "$snapshot is not the name of a snapshot" ;;
esac
[ -f "$repository/commits/$snapshot.commit" ] || die "there is no snapshot $snapshot"

trap clean_up EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$target"
work=$target/.restoring
mkdir "$work"

# What is checked is what is used: a copy, which nobody can exchange between the two.
take() { # take FILE [NAME]: copies a file of the repository to our own folder
  cat "$repository/$1" >"$work/${2:-${1##*/}}" || die "$repository/$1 cannot be read"
}
for name in vaultctl-repo vaultctl-repo.sig "commits/$snapshot.commit" "commits/$snapshot.commit.sig"; do
  if [ -f "$repository/$name" ]; then take "$name"; fi
done
about=$work/vaultctl-repo
commit=$work/$snapshot.commit

# --- Who signed it ----------------------------------------------------------------------------
# Trusted is the fingerprint in the identity file, which was on paper; not what the repository says.
paper=$(tr -d '\r' <"$identity" | sed -n 's/^# signer: *//p' | sed 's/ *$//' | tail -n 1)
verify() { # verify NAMESPACE FILE
  [ -f "$2.sig" ] || die "REFUSED: ${2##*/} is not signed"
  ssh-keygen -q -Y verify -f "$work/signers" -I vaultctl -n "$1" -s "$2.sig" <"$2" >/dev/null ||
    die "REFUSED: the signature of ${2##*/} does not hold"
}
if [ -z "$paper" ]; then
  unverified='the identity file has no line "# signer: SHA256:..."'
elif ! have ssh-keygen; then
  unverified='ssh-keygen is missing'
else
  unverified=''
  # The key is taken from the repository only if it is one key, and its fingerprint the one on paper.
  key=$(value signer "$about")
  case ${key#ssh-ed25519 } in
    "$key" | '' | *[!A-Za-z0-9+/=]*) die 'REFUSED: the repository names no usable key' ;;
  esac
  printf '%s\n' "$key" >"$work/key.pub"
  printf 'vaultctl %s\n' "$key" >"$work/signers"
  fingerprint=$(ssh-keygen -l -f "$work/key.pub" | cut -d ' ' -f 2) || die 'the repository names no usable key'
  [ "$fingerprint" = "$paper" ] ||
    die "REFUSED: the repository is signed by $fingerprint, and your identity file trusts $paper"
  verify vaultctl-repo "$about"
  verify vaultctl-commit "$commit"
fi
if [ -z "$unverified" ]; then
  # busybox: links may lead anywhere, as they did. Only those that are vouched for.
  EXTRACT_UNSAFE_SYMLINKS=1
  export EXTRACT_UNSAFE_SYMLINKS
else
  say '*****************************************************************************'
  say "WARNING: not checked who made this snapshot: $unverified."
  say 'Anybody who knows your public key could have made it. Look at the files before'
  say 'you use them: hooks, commands and settings in them run programs.'
  say '*****************************************************************************'
fi

# --- What it says -----------------------------------------------------------------------------
[ "$(sed -n 1p "$commit")" = 'vaultctl-commit 1' ] || die "$snapshot was written by a newer vaultctl; use its restore.sh"
[ "$(tail -n 1 "$commit")" = end ] || die "${commit##*/} is cut short"
[ "$(value repo "$commit")" = "$(value repo "$about")" ] || die "${commit##*/} is of another repository"
named=$(value time "$commit" | tr -d ':-')-$(printf '%06d' "$(value seq "$commit")")
[ "$named" = "$snapshot" ] || die "REFUSED: ${commit##*/} says that it is $named"
object=$(value snap "$commit" | cut -d ' ' -f 1)
packs=$(value pack "$commit" | cut -d ' ' -f 1)
case $object$packs in
  '' | *[!0-9a-f"$newline"]*) die "${commit##*/} names no object" ;;
esac

# --- Out with it ------------------------------------------------------------------------------
extract() { # extract OBJECT HASH FOLDER: compares, decrypts, decompresses, unpacks
  [ -f "$repository/$1" ] || die "$1 is missing"
  take "$1" object
  [ "$(sha256 "$work/object")" = "$2" ] || die "$1 is damaged: its SHA-256 is not its name"
  {
    { "$age" -d -i "$identity" "$work/object" || echo "$age" >>"$work/failed"; } |
      { zstd -q -d -c || echo zstd >>"$work/failed"; } |
      { tar -x -p -o -f - -C "$3" || echo tar >>"$work/failed"; }
  }
  [ ! -e "$work/failed" ] || die "$1 could not be extracted; failed:$(tr '\n' ' ' <"$work/failed")"
}
mkdir "$work/tree" "$work/parts"
extract "snaps/$object.tar.zst.age" "$object" "$work/tree"
[ -f "$work/tree/SUMS" ] || die 'the archive is cut short'
mkdir -p "$work/tree/files"

# Bulky files came empty, each with a recipe: its mode, and the parts that it is put together from.
for pack in $packs; do
  begin=${pack%"${pack#??}"}
  extract "packs/$begin/$pack.tar.zst.age" "$pack" "$work/parts"
done
if [ -d "$work/tree/recipes" ]; then
  # What follows runs once for many files, whatever their names are; it fills a file in place, so that
  # its other names have its content too, and puts back its mode and its time. The files are looked
  # for, not the recipes: so nothing is reached through a link.
  # shellcheck disable=SC2016 # It is for the other shell to expand.
  fill='
    for file; do
      recipe=../recipes/${file#./}
      [ -f "$recipe" ] || continue
      touch -r "$file" ../../time
      chmod u+rw "$file"
      {
        read -r _ mode
        while read -r part _; do cat "../../parts/blobs/$part" || exit 1; done >"$file"
      } <"$recipe"
      chmod "$mode" "$file"
      touch -r ../../time "$file"
    done'
  (cd "$work/tree/files" && find . -type f -exec sh -euc "$fill" sh {} +) ||
    die 'a part is in no pack of this snapshot, or a folder cannot be entered by you'
fi
rm -rf "$work/parts" "$work/object"

# Whoever is not root may not be able to read all that belongs to him by now: that stays unchecked.
(cd "$work/tree" && find files -type f -exec cksum {} +) >"$work/sums" 2>"$work/unread" || :
sort "$work/sums" >"$work/found"
sort "$work/tree/SUMS" >"$work/stored"
if [ -s "$work/unread" ]; then
  say 'WARNING: not all could be checked, because its modes forbid you to read it:'
  cat "$work/unread" >&2
  comm -13 "$work/stored" "$work/found" >"$work/wrong"
  [ ! -s "$work/wrong" ] || die 'what was extracted is not what was stored'
else
  cmp -s "$work/stored" "$work/found" || die 'what was extracted is not what was stored'
fi

# Programs with the rights of another come back without them.
find "$work/tree/files" ! -type l \( -perm -4000 -o -perm -2000 \) -exec chmod u-s,g-s {} + 2>/dev/null || :

for root in HOME ROOT; do
  if [ -d "$work/tree/files/$root" ]; then
    mv "$work/tree/files/$root" "$target/$root"
  fi
done
say "restored $snapshot to $target"

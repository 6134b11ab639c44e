# shellcheck shell=bash disable=SC2034
# Four programs that take snapshots of one home, each into a repository of its own on the same disk, and
# the pipeline of stock tools.

# shellcheck source=benches/common.sh
. benches/common.sh

# All encrypt, all compress as `zstd -3` does; restic's `auto` is that level.
tools=(vaultctl restic borg rustic)
variables+=(RESTIC_REPOSITORY="$home/repos/restic" RESTIC_PASSWORD=bench
  BORG_REPO="$home/repos/borg" BORG_PASSPHRASE=bench
  RUSTIC_REPOSITORY="$home/repos/rustic" RUSTIC_PASSWORD=bench)
taken='.claude .claude.json'
folder=$home/repos/vaultctl

# What is typed for each work, in the home; `restore` in the folder to restore to.
declare -A lines=(
  [init-vaultctl]="vaultctl snapshot init --to $folder"
  [init-restic]='restic init'
  [init-borg]='borg init --encryption repokey-blake2'
  [init-rustic]='rustic init --set-compression 3'
  [create-vaultctl]="vaultctl snapshot create --to $folder"
  [create-restic]="restic backup --compression auto $taken"
  [create-borg]="borg create --compression zstd,3 ::number-\$NUMBER $taken"
  [create-rustic]="rustic backup $taken"
  [create-pipeline]="tar -c $taken | zstd -q -3 -T0 | age -r \$RECIPIENT >repos/pipeline"
  [restore-vaultctl]="vaultctl snapshot restore --to $folder --target all"
  [restore-restic]='restic restore latest --target .'
  [restore-borg]="borg extract ::number-\$NUMBER"
  [restore-rustic]='rustic restore latest .'
  [restore-pipeline]="age -d -i \$IDENTITY $home/repos/pipeline | zstd -q -d | tar -x"
  [verify-vaultctl]="vaultctl snapshot verify --level data --to $folder"
  [verify-restic]='restic check --read-data'
  [verify-borg]='borg check --verify-data'
  [verify-rustic]='rustic check --read-data'
)

have_peers() {
  have_commands restic=restic borg=borgbackup age=age zstd=zstd tar=tar /usr/bin/time=time
  have_crate rustic rustic-rs 0.11.4
  cargo build --quiet --release --locked --bin vaultctl --example corpus
}

versions() {
  printf 'Peers: %s, %s, %s, age %s, zstd %s\n' "$(restic version | cut -d' ' -f1-2)" "$(borg --version)" \
    "$("$cache/tools/bin/rustic" --version)" "$(age --version)" "$(zstd --version | grep -o 'v[0-9.]*')"
}

# What there is to take, as the generator says it.
corpus=

# make_home SIZE: a home of that size, the keys of this machine, and no repositories.
make_home() {
  find "$home" -mindepth 1 -delete
  mkdir "$home/repos"
  inside vaultctl --quiet init --recovery-out "$home/paper.txt"
  local identity=$home/.config/vaultctl/identity.txt
  variables+=(IDENTITY="$identity" RECIPIENT="$(age-keygen -y "$identity")")
  corpus=$("$program/examples/corpus" make "$home" --bytes "$1")
}

# A night's work; what it leaves is in `corpus`.
pass_night() { corpus=$("$program/examples/corpus" night "$home" --night "$1"); }

# quietly FOLDER COMMAND…: what it prints is seen only when it fails.
quietly() {
  local in=$1
  shift
  (cd "$in" && inside "$@") </dev/null >"$home/said" 2>&1 && return
  tail -n 20 "$home/said" >&2
  die "this failed: ${*: -1}"
}

# fresh_repository TOOL: an empty one, and nothing remembered of the one before.
fresh_repository() {
  rm -rf "$home/repos/$1" "$home/.cache/$1" "$home/.config/borg" "$home/.local/state/$1"
  [ "$1" = pipeline ] || quietly "$home" sh -c "${lines[init-$1]}"
}

# stored TOOL: the bytes of all files of its repository.
stored() { find "$home/repos/$1" -type f -printf '%s\n' | awk '{ all += $1 } END { print all }'; }

# empty_target: where the next restore goes.
target=$home/restored
empty_target() {
  chmod -R u+w "$target" 2>/dev/null || true
  rm -rf "$target"
  mkdir "$target"
}

# came_back TOOL: whether what it restored is what was taken. From ourselves kinds, modes, links and times
# to the nanosecond are wanted too; not every peer keeps all of these, nor does a plain tar.
came_back() {
  local top
  top=$(dirname "$(find "$target" -name .claude.json -print -quit)")
  for name in $taken; do
    diff -r "$home/$name" "$top/$name" >"$home/said" || die "$1 restored something else: $(head -n 3 "$home/said")"
  done
  [ "$1" != vaultctl ] || diff <(pictured "$home") <(pictured "$top") || die "$1 restored it otherwise"
}
# shellcheck disable=SC2086 # Two names.
pictured() { (cd "$1" && find $taken -printf '%p %y %m %T@ %l\n' | sort); }

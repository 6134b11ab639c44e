# shellcheck shell=bash
# A throwaway home, and what the benchmarks ask of a machine. Read by the scripts beside it, which stand
# in the repository's folder then.

# shellcheck source=tests/tools.sh
. tests/tools.sh

home=$(mktemp -d)
program=$PWD/target/release

# A world of its own: nothing of the caller's but the PATH, with the programs under test first.
variables=(HOME="$home" PATH="$program:$cache/tools/bin:$PATH" LANG=C.UTF-8 USER=bench)
inside() { env -i "${variables[@]}" "$@"; }

machine() {
  printf 'Machine: %s, %s cores, %s\n' "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)" "$(nproc)" \
    "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)"
}

# divided A B: how many times B goes into A.
divided() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

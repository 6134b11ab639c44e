# shellcheck shell=bash
# Times, medians, and rows of the table.

# shellcheck source=benches/peers.sh
. benches/peers.sh

# Microseconds of all runs, by work and tool; the most memory (KB) by tool; other numbers by name;
# how many snapshots each tool has made.
declare -A took peak value created

# measure WORK TOOL LINE: runs the tool's line once, and keeps how long it took and what it held.
measure() {
  local key=$1-$2 tool=$2 in=$home begin
  [ "$3" != restore ] || in=$target
  # What was written before is not to be waited for by the next one.
  sync
  begin=${EPOCHREALTIME/./}
  if [ "$3" = create ]; then created[$tool]=$((${created[$tool]:-0} + 1)); fi
  quietly "$in" NUMBER="${created[$tool]}" /usr/bin/time -q -f %M -o "$home/memory" sh -c "${lines[$3-$tool]}"
  took[$key]+=" $((${EPOCHREALTIME/./} - begin))"
  local held
  held=$(tail -n 1 "$home/memory")
  if [ "$held" -gt "${peak[$tool]:-0}" ]; then peak[$tool]=$held; fi
}

# seconds WORK TOOL: the median.
seconds() {
  tr ' ' '\n' <<<"${took[$1-$2]# }" | sort -n |
    awk '{ all[NR] = $1 } END { printf "%.3f", (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2e6 }'
}

megabytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f", bytes / 1e6 }'; }

# verdict VALUE FACTOR OTHER: whether the value is at most so many times the other.
verdict() { awk -v a="$1" -v b="$2" -v c="$3" 'BEGIN { print a <= b * c ? "met" : "**not met**" }'; }

smallest() { printf '%s\n' "$@" | sort -n | head -n 1; }

# header FIRST: the head of the table that the rows below belong to.
header() {
  echo "| $1 | vaultctl | restic | borg | rustic | pipeline | to the best peer | to the pipeline | goal |"
  echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
}

# row TITLE WORK FACTOR FACTOR: a row of seconds; the goals are factors of the fastest peer's time and
# of the pipeline's; `-` where there is none.
row() {
  local own peers=() tool cells='' pipeline='' goal=()
  own=$(seconds "$2" vaultctl)
  for tool in restic borg rustic; do peers+=("$(seconds "$2" "$tool")"); done
  [ -z "${took[$2-pipeline]:-}" ] || pipeline=$(seconds "$2" pipeline)
  cells=$(printf '%s | ' "$own" "${peers[@]}" "$pipeline")
  local best
  best=$(smallest "${peers[@]}")
  [ "$3" = - ] || goal+=("≤ $3 × the fastest: $(verdict "$own" "$3" "$best")")
  [ "$4" = - ] || goal+=("≤ $4 × the pipeline: $(verdict "$own" "$4" "$pipeline")")
  [ -z "$pipeline" ] || pipeline=$(divided "$own" "$pipeline")
  printf '| %s | %s%s | %s | %s |\n' "$1" "$cells" "$(divided "$own" "$best")" "$pipeline" "$(joined "${goal[@]}")"
}

joined() {
  local text=$1
  shift
  printf '%s' "$text" "${@/#/; }"
}

# row_of_bytes TITLE NAME: what is stored, in which no peer may be better.
row_of_bytes() {
  local own=${value[$2-vaultctl]} peers=() tool best
  for tool in restic borg rustic; do peers+=("${value[$2-$tool]}"); done
  best=$(smallest "${peers[@]}")
  printf '| %s |' "$1"
  for tool in "${tools[@]}"; do printf ' %s |' "$(megabytes "${value[$2-$tool]}")"; done
  printf ' %s | %s | | ≤ theirs: %s |\n' "${value[$2-pipeline]:+$(megabytes "${value[$2-pipeline]}")}" \
    "$(divided "$own" "$best")" "$(verdict "$own" 1 "$best")"
}

row_of_memory() {
  local tool
  printf '| peak memory (MB) |'
  for tool in "${tools[@]}" pipeline; do printf ' %s |' "$(megabytes "${peak[$tool]}024")"; done
  printf ' | | < 300 MB: %s |\n' "$(verdict "${peak[vaultctl]}024" 1 299999999)"
}

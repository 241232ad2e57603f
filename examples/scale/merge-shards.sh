#!/usr/bin/env bash
# One table and one report of the outputs of all shards, after an engine has made them with `fm-predict --output-directory`.
#
#   merge-shards.sh DIR LIST TABLE [OPTION of fm-eval --merge ...] > report.txt
#   merge-shards.sh predictions shards.txt predictions.tsv --min accuracy=0.9
#
# DIR has the outputs, as TSV, and LIST the path of a shard a line. TABLE is what one fm-predict would have written of all
# shards in that order: one header, and records without names are numbered through. It appears when it is whole. If records
# are labelled, their report goes to standard output: parts are judged side by side, and fm-eval --merge puts them together.
#
# Before TABLE is begun, the outputs are looked at: all have to be there, made by the same models and options, with the same
# columns. Exit status: 1 if a gate failed, 65 or 66 if the outputs do not go together or are not all there.
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: $0 DIR LIST TABLE [OPTION of fm-eval --merge ...]" >&2
  exit 64
fi
dir=${1%/}
list=$2
table=$3
shift 3
export LC_ALL=C  # names need not be UTF-8
work=$(mktemp -d)
trap 'rm -rf "$work" "$table.part.$$"' EXIT

fail() {  # fail STATUS MESSAGE
  echo "${0##*/}: $2" >&2
  exit "$1"
}
nth() { sed -n "$1{p;q}" "$work/outputs"; }  # nth N: the path of the Nth output
each() {  # each LIST COMMAND…: the command with the paths of a list, as many at once as a command line takes
  xargs --arg-file="$1" --delimiter='\n' "${@:2}"
}

"$(dirname "$0")/shard-outputs.sh" "$dir" "$list" > "$work/outputs"
missing=0
while IFS= read -r output; do
  [ -f "$output" ] || { missing=$((missing + 1)) && first=${first:-$output}; }
done < "$work/outputs"
[ "$missing" = 0 ] \
  || fail 66 "$first and $((missing - 1)) more are missing; run again what makes them, it passes over those that are there"

# What fm-predict keeps about each output begins with a title. The input and its failures are each one's own.
sed 's:\(.*\)/:\1/.fm-predict/:' "$work/outputs" > "$work/records"
each "$work/records" cat -- > "$work/made" 2> "$work/error" || fail 66 "$(head -n 1 "$work/error"); run again what made it"
odd=$(awk '
  function compare() { if (count == 1) expected = made; else if (count && made != expected) odd = odd ? odd : count }
  /^fm-predict output / { compare(); count++; made = "" }
  /^failures\tunknown$/ { odd = odd ? odd : count }
  !/^(input|failures)\t/ { made = made $0 "\n" }
  END { compare(); print odd + 0 }' "$work/made")
[ "$odd" = 0 ] || fail 65 "$(nth "$odd"): was not made by the models and options of $(nth 1); run again what makes them"

each "$work/outputs" head --quiet --lines=1 -- > "$work/headers"
grep -q '^\(record\|name\)	.*class	' "$work/headers" || fail 65 "$(nth 1): has no header; predict without --no-header"
odd=$(awk 'NR == 1 { expected = $0 } $0 != expected { print NR; exit }' "$work/headers")
[ -z "$odd" ] || fail 65 "$(nth "$odd"): has other columns than $(nth 1); predict shards with and without labels apart"

: 2> /dev/null > "$table.part.$$" || fail 73 "$table: cannot create"
each "$work/outputs" cat -- | awk -F '\t' -v OFS='\t' '
  NR == 1 { header = $0; print; numbered = $1 == "record"; next }
  $0 == header { next }
  numbered { $1 = count++ }
  { print }' > "$table.part.$$"

if head -n 1 "$work/headers" | grep -q '	truth	'; then
  # As many outputs to a report as keep a core busy for a while; headers between rows are passed over.
  mkdir "$work/reports"
  export FM_REPORTS=$work/reports
  # shellcheck disable=SC2016  # the inner shell expands it
  each "$work/outputs" --max-args=32 --max-procs="$(nproc)" bash -euo pipefail -c '
    cat -- "$@" | fm-eval --format json --output "$(mktemp "$FM_REPORTS/XXXXXXXXXX")"' report
fi
mv "$table.part.$$" "$table"
if [ -d "$work/reports" ]; then fm-eval --merge "$@" -- "$work/reports"/*; fi

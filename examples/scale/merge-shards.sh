#!/usr/bin/env bash
# Merges all outputs that an engine has made with `fm-predict --output-directory` into one table and one report.
#
#   merge-shards.sh DIR LIST TABLE [OPTION of fm-eval --merge ...] > report.txt
#   merge-shards.sh predictions shards.txt predictions.tsv --min accuracy=0.9
#
# DIR contains the outputs as TSV, and LIST one shard's path per line. TABLE is the same as if a single fm-predict had
# predicted all shards in this order: it has one header, and records without names are numbered consecutively. It
# appears when it is complete. If the records are labelled, their report is written to standard output: parts are
# evaluated in parallel, and fm-eval --merge merges their reports.
#
# Before it begins TABLE, the script checks that all outputs exist, were made with the same models and options, and have
# the same columns. Exit status: 1 if a gate failed, 65 or 66 if outputs are missing or do not match.
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
each() {  # each LIST COMMAND…: runs the command with the paths of a list, as many at a time as fit on a command line
  xargs --arg-file="$1" --delimiter='\n' "${@:2}"
}

"$(dirname "$0")/shard-outputs.sh" "$dir" "$list" > "$work/outputs"
missing=0 others=
while IFS= read -r output; do
  [ -f "$output" ] || { missing=$((missing + 1)) && first=${first:-$output}; }
done < "$work/outputs"
[ "$missing" -le 1 ] || others=" and $((missing - 1)) more"
[ "$missing" = 0 ] \
  || fail 66 "missing: $first$others; predict the shards again, which skips existing outputs"

# fm-predict keeps a record about each output, which begins with a title. Only its input and failures may differ.
sed 's:\(.*\)/:\1/.fm-predict/:' "$work/outputs" > "$work/records"
each "$work/records" cat -- > "$work/made" 2> "$work/error" || fail 66 "$(head -n 1 "$work/error"); predict its shard again"
odd=$(awk '
  function compare() { if (count == 1) expected = made; else if (count && made != expected) odd = odd ? odd : count }
  /^fm-predict output / { compare(); count++; made = "" }
  /^failures\tunknown$/ { odd = odd ? odd : count }
  !/^(input|failures)\t/ { made = made $0 "\n" }
  END { compare(); print odd + 0 }' "$work/made")
[ "$odd" = 0 ] || fail 65 "$(nth "$odd"): was not made by the models and options of $(nth 1); predict its shard again"

each "$work/outputs" head --quiet --lines=1 -- > "$work/headers"
grep -q '^\(record\|name\)	.*class	' "$work/headers" || fail 65 "$(nth 1): has no header; predict without --no-header"
odd=$(awk 'NR == 1 { expected = $0 } $0 != expected { print NR; exit }' "$work/headers")
[ -z "$odd" ] || fail 65 "$(nth "$odd"): has other columns than $(nth 1); predict shards with and without labels separately"

: 2> /dev/null > "$table.part.$$" || fail 73 "$table: cannot create"
each "$work/outputs" cat -- | awk -F '\t' -v OFS='\t' '
  NR == 1 { header = $0; print; numbered = $1 == "record"; next }
  $0 == header { next }
  numbered { $1 = count++ }
  { print }' > "$table.part.$$"

if head -n 1 "$work/headers" | grep -q '	truth	'; then
  # Each report covers enough outputs to keep a core busy for a while. Headers between rows are skipped.
  mkdir "$work/reports"
  export FM_REPORTS=$work/reports
  # shellcheck disable=SC2016  # the inner shell expands it
  each "$work/outputs" --max-args=32 --max-procs="$(nproc)" bash -euo pipefail -c '
    cat -- "$@" | fm-eval --format json --output "$(mktemp "$FM_REPORTS/XXXXXXXXXX")"' report
fi
mv "$table.part.$$" "$table"
if [ -d "$work/reports" ]; then fm-eval --merge "$@" -- "$work/reports"/*; fi

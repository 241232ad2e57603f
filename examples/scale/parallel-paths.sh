#!/usr/bin/env bash
# Predicts pictures whose names come from a pipe, on all cores with GNU parallel, and writes one table.
#
#   find photos -name '*.jpg' | parallel-paths.sh TABLE OPTION of fm-predict ...
#   find photos -name '*.jpg' -print0 | parallel-paths.sh labels.tsv --model cnn.safetensors --recipe fit --null
#
# TABLE is byte for byte the same as from a single fm-predict --paths: a header, and one row per name in the order of
# the names. It appears when it is complete. Names can be any bytes with --null; otherwise any bytes but newlines.
#
# JOBS processes (by default one per core) with one thread each take BLOCK bytes of names at a time (by default 100k,
# about a thousand names). Rows that must wait for earlier ones are kept in TMPDIR.
#
# Exit status: 1 if all names are done, but some pictures cannot be used, whose rows say why; 70 if a process died, in
# which case there is no TABLE; that of fm-predict if it fails before it reads names, such as 66 without the model.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: $0 TABLE OPTION of fm-predict ... < NAMES" >&2
  exit 64
fi
# (moreutils has another command of that name.)
parallel --version 2> /dev/null | grep -q '^GNU parallel' || { echo "${0##*/}: GNU parallel is not installed" >&2; exit 64; }
table=$1
shift
end='\n'
for option in "$@"; do
  case "$option" in --null | -0) end='\0' ;; esac
done
work=$(mktemp -d)
trap 'rm -rf "$work" "$table.part.$$"' EXIT

if ! : 2> /dev/null > "$table.part.$$"; then echo "${0##*/}: $table: cannot create" >&2; exit 73; fi
# Without names, this writes only the header. It also finds mistakes in the options before anything is started.
fm-predict "$@" --paths < /dev/null > "$table.part.$$"

status=0
parallel --quote --pipe --recend "$end" --keep-order --block "${BLOCK:-100k}" --jobs "${JOBS:-100%}" \
  --joblog "$work/log" fm-predict "$@" --jobs 1 --quiet --paths --no-header >> "$table.part.$$" || status=$?

# Status 1 of fm-predict means that some pictures have no prediction. After any other failure, names have no row.
read -r unusable died <<< "$(awk -F '\t' 'NR > 1 { unusable += $7 == 1 && $8 == 0; died += $7 > 1 || $8 != 0 }
  END { print unusable + 0, died + 0 }' "$work/log")"
if [ "$died" -gt 0 ] || [ "$status" -ne $((unusable > 100 ? 101 : unusable)) ]; then
  echo "${0##*/}: $died of $(($(wc -l < "$work/log") - 1)) processes failed (parallel: status $status); there is no $table" >&2
  exit 70
fi
mv "$table.part.$$" "$table"
[ "$unusable" = 0 ] || exit 1

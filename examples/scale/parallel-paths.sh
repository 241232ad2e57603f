#!/usr/bin/env bash
# Predicts pictures whose names come by a pipe, on all cores by GNU parallel, into one table.
#
#   find photos -name '*.jpg' | parallel-paths.sh TABLE OPTION of fm-predict ...
#   find photos -name '*.jpg' -print0 | parallel-paths.sh labels.tsv --model cnn.safetensors --recipe fit --null
#
# TABLE is what one fm-predict --paths would write, byte by byte: a header, and a row a name in the order of the names. It
# appears when it is whole. Names may be any bytes with --null, and any without a newline otherwise.
#
# JOBS processes (by default one a core) of one thread each take BLOCK bytes of names at a time (by default 100k, which is
# some thousand names). Rows that wait for those before them are kept in TMPDIR.
#
# Exit status: 1 if all was done and pictures could not be used, which have a row each that says why; 70 if a process died,
# and there is no TABLE then; that of fm-predict if it takes no names at all, such as 66 without the model.
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
# The header alone, from no names; this also finds mistakes of the command line before anything is started.
fm-predict "$@" --paths < /dev/null > "$table.part.$$"

status=0
parallel --quote --pipe --recend "$end" --keep-order --block "${BLOCK:-100k}" --jobs "${JOBS:-100%}" \
  --joblog "$work/log" fm-predict "$@" --jobs 1 --quiet --paths --no-header >> "$table.part.$$" || status=$?

# Of fm-predict, 1 says that pictures have no prediction. Any other status, or a signal, says that names have no row.
read -r unusable died <<< "$(awk -F '\t' 'NR > 1 { unusable += $7 == 1 && $8 == 0; died += $7 > 1 || $8 != 0 }
  END { print unusable + 0, died + 0 }' "$work/log")"
if [ "$died" -gt 0 ] || [ "$status" -ne $((unusable > 100 ? 101 : unusable)) ]; then
  echo "${0##*/}: $died of $(($(wc -l < "$work/log") - 1)) processes failed, parallel says $status; there is no $table" >&2
  exit 70
fi
mv "$table.part.$$" "$table"
[ "$unusable" = 0 ] || exit 1

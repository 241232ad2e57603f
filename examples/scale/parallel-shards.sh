#!/usr/bin/env bash
# Predicts shards on all cores of this machine by GNU parallel: an output for each shard.
#
#   parallel-shards.sh DIR LIST OPTION of fm-predict ...
#   parallel-shards.sh predictions shards.txt --model cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# LIST is a file with the path of a shard a line, and DIR gets the outputs. Typed again after a stop of any kind, it makes
# those that are missing. parallel's --resume would go by the numbers of the lines in its log, and so take the outputs of
# yesterday's model for today's; fm-predict knows what made each output, in a millisecond for each that is there.
#
# JOBS processes (by default one a core) of one thread each take BATCH shards at a time, for which a model is loaded once: by
# default what gives each process eight turns, so that none is idle for long at the end. DIR/joblog has a line for each batch:
# when, how long, exit status, command.
#
# Exit status: 1 if shards could not be used, or pictures in them; all others are done.
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: $0 DIR LIST OPTION of fm-predict ..." >&2
  exit 64
fi
# (moreutils has another command of that name.)
parallel --version 2> /dev/null | grep -q '^GNU parallel' || { echo "${0##*/}: GNU parallel is not installed" >&2; exit 64; }
dir=${1%/}
list=$2
shift 2
"$(dirname "$0")/shard-outputs.sh" "$dir" "$list" > /dev/null
mkdir -p -- "$dir"
jobs=${JOBS:-$(nproc)}
count=$(wc -l < "$list")
batch=$((count / 8 / jobs))
batch=$((batch < 1 ? 1 : batch > 64 ? 64 : batch))

status=0
parallel --quote --arg-file "$list" --max-args "${BATCH:-$batch}" --jobs "$jobs" --joblog "$dir/joblog" \
  fm-predict "$@" --jobs 1 --quiet --output-directory "$dir" -- || status=$?
# Up to 101, parallel's status is the number of jobs that failed, which reads as fm-tools' 65 or 66 where it is that.
if [ "$status" -ge 1 ] && [ "$status" -le 101 ]; then
  echo "${0##*/}: $status of $(($(wc -l < "$dir/joblog") - 1)) batches failed, see $dir/joblog; the others are done" >&2
  exit 1
fi
exit "$status"

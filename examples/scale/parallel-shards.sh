#!/usr/bin/env bash
# Predicts shards on all cores of this machine with GNU parallel, and writes an output for each shard.
#
#   parallel-shards.sh DIR LIST OPTION of fm-predict ...
#   parallel-shards.sh predictions shards.txt --model cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# LIST is a file with one shard's path per line, and DIR is the folder for the outputs. Run again after any kind of
# stop, the script makes the missing outputs. (parallel's --resume would only compare line numbers with its log, and so
# mistake the outputs of yesterday's model for today's. fm-predict knows how each output was made, and checks one in a
# millisecond.)
#
# JOBS processes (by default one per core) with one thread each take BATCH shards at a time, and load the model once for
# them. By default BATCH gives each process eight turns, so that none is idle for long at the end. DIR/joblog has a line
# for each batch: its start, duration, exit status and command.
#
# Exit status: 1 if shards, or pictures in them, cannot be used; all others are done.
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
# Up to 101, parallel's status is the number of failed jobs, which could be mistaken for fm-tools' statuses, such as 65.
if [ "$status" -ge 1 ] && [ "$status" -le 101 ]; then
  echo "${0##*/}: $status of $(($(wc -l < "$dir/joblog") - 1)) batches failed, see $dir/joblog; the others are done" >&2
  exit 1
fi
exit "$status"

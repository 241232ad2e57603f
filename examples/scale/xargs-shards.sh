#!/usr/bin/env bash
# Predicts shards on all cores of this machine with xargs, which every system has, and writes an output for each shard.
#
#   xargs-shards.sh DIR LIST OPTION of fm-predict ...
#   xargs-shards.sh predictions shards.txt --model cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# LIST is a file with one shard's path per line, and DIR is the folder for the outputs. Run again after any kind of
# stop, the script makes the missing outputs. JOBS processes (by default one per core) with one thread each take BATCH
# shards at a time, and load the model once for them. By default BATCH gives each process eight turns, so that none is
# idle for long at the end.
#
# The exit status is that of xargs: 123 if shards, or pictures in them, cannot be used, and all others are done; 125 if
# a signal killed an fm-predict, after which xargs starts no more.
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: $0 DIR LIST OPTION of fm-predict ..." >&2
  exit 64
fi
dir=${1%/}
list=$2
shift 2
"$(dirname "$0")/shard-outputs.sh" "$dir" "$list" > /dev/null
mkdir -p -- "$dir"

jobs=${JOBS:-$(nproc)}
count=$(wc -l < "$list")
batch=$((count / 8 / jobs))
batch=$((batch < 1 ? 1 : batch > 64 ? 64 : batch))
exec xargs --arg-file="$list" --delimiter='\n' --max-args="${BATCH:-$batch}" --max-procs="$jobs" \
  fm-predict "$@" --jobs 1 --quiet --output-directory "$dir" --

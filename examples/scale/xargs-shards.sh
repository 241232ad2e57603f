#!/usr/bin/env bash
# Predicts shards on all cores of this machine by xargs, which every system has: an output for each shard.
#
#   xargs-shards.sh DIR LIST OPTION of fm-predict ...
#   xargs-shards.sh predictions shards.txt --model cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# LIST is a file with the path of a shard a line, and DIR gets the outputs. Typed again after a stop of any kind, it makes
# those that are missing. JOBS processes (by default one a core) of one thread each take BATCH shards at a time, for which a
# model is loaded once: by default what gives each process eight turns, so that none is idle for long at the end.
#
# Exit status, that of xargs: 123 if shards could not be used, or pictures in them, and all others are done; 125 if a signal
# killed an fm-predict, after which xargs starts no more.
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

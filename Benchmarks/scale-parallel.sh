#!/usr/bin/env bash
# Measures one process with all threads against several with one thread each, on this machine, for docs/scale.md.
#
#   Benchmarks/scale-parallel.sh TRAIN.raw TEST.raw FOLDER > results.tsv
#
# TRAIN.raw and TEST.raw are the 60,000 and 10,000 images of Fashion-MNIST. FOLDER gets 100,000 PNG files, 100 streams
# of 10,000 images, and 50 tar archives of 2,000 pictures (1.3 GB), which are kept for the next run. The ways
# alternate, REPETITIONS times (default: 3). The script prints one line for each run: input, model, way, seconds,
# processor seconds, and the share of the machine that other programs took meanwhile, which reveals runs on a busy
# machine. MODELS names the models (default: 'ffnn cnn'), and SHARDS is the number of streams to read (default: 100).
# The script needs GNU parallel, and the commands in PATH.
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "usage: $0 TRAIN.raw TEST.raw FOLDER" >&2
  exit 64
fi
train=$(realpath -- "$1")
test=$(realpath -- "$2")
root=$(cd "$(dirname "$0")/.." && pwd)
scale=$root/examples/scale
export FM_MODELS=${FM_MODELS:-$root/models}
mkdir -p "$3"
cd "$3"

if ! [ -e made ]; then
  rm -rf png stream tar
  mkdir png stream tar
  raw2png --quiet --directory png/0 "$train"
  raw2png --quiet --directory png/1 --limit 40000 "$train"
  find png -name '*.png' | LC_ALL=C sort > names
  for ((i = 0; i < 100; i++)); do cp "$test" "stream/$i.raw"; done
  # shellcheck disable=SC2016  # FILE is split's
  (cd tar && split --lines=2000 --filter='tar -cf "$FILE.tar" -C .. --files-from=-' ../names shard-)
  find tar -name '*.tar' > tars
  touch made
fi
find stream -name '*.raw' | head -n "${SHARDS:-100}" > streams

busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; }  # processor time of all programs, in 1/100 s
own() { awk '{ print $16 + $17 }' "/proc/$$/stat"; }  # that of this script's descendants that have ended

run() {  # run INPUT MODEL WAY COMMAND…: prints one line of the results
  rm -rf out out.tsv
  local begin=$EPOCHREALTIME busy_before own_before
  busy_before=$(busy)
  own_before=$(own)
  "${@:4}" 2> errors || { cat errors >&2; exit 1; }
  awk -v seconds="$EPOCHREALTIME-$begin" -v busy=$(($(busy) - busy_before)) -v own=$(($(own) - own_before)) \
    -v cores="$(nproc)" -v run="$1\t$2\t$3" 'BEGIN {
      split(seconds, times, "-")
      wall = times[1] - times[2]
      printf "%s\t%.2f\t%.2f\t%.2f\n", run, wall, own / 100, (busy - own) / 100 / cores / wall
    }'
}
one() { xargs --arg-file="$1" --delimiter='\n' fm-predict "${@:2}" --quiet --output-directory out --; }
names() { fm-predict "$@" --quiet --paths --output out.tsv < names; }
paths() { JOBS=$1 BLOCK=$2 "$scale/parallel-paths.sh" out.tsv "${@:3}" < names; }
shards() { JOBS=$2 BATCH=$3 "$scale/$1-shards.sh" out "${@:4}"; }

for ((repetition = 0; repetition < ${REPETITIONS:-3}; repetition++)); do
  for model in ${MODELS:-ffnn cnn}; do
    for list in streams tars; do
      options=(--model "$model")
      if [ "$list" = tars ]; then options+=(--tar); fi
      run $list "$model" '1 process of 2 threads' one $list "${options[@]}" --jobs 2
      run $list "$model" '2 processes of 1 thread, xargs' shards xargs 2 '' $list "${options[@]}"
      run $list "$model" '2 processes of 1 thread, parallel' shards parallel 2 '' $list "${options[@]}"
      run $list "$model" '2 processes of 1 thread, parallel, a shard a job' shards parallel 2 1 $list "${options[@]}"
      run $list "$model" '4 processes of 1 thread, xargs' shards xargs 4 '' $list "${options[@]}"
    done
    run names "$model" '1 process of 2 threads' names --model "$model" --jobs 2
    run names "$model" '2 processes of 1 thread, parallel, blocks of 100k' paths 2 100k --model "$model"
    run names "$model" '2 processes of 1 thread, parallel, blocks of 1M' paths 2 1M --model "$model"
    run names "$model" '4 processes of 1 thread, parallel, blocks of 100k' paths 4 100k --model "$model"
  done
  run '1,000 times true' - 'parallel -j 2' parallel --jobs 2 true ::: {1..1000}
  run '1,000 times true' - 'xargs -P 2' xargs --max-procs=2 --max-args=1 true < <(seq 1000)
done

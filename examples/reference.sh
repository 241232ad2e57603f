#!/usr/bin/env bash
# Runs the complete recipe that fm-tools began with: trains both presets with the settings of the original notebook.
#
#   examples/reference.sh FOLDER               both presets, seeds 0, 1 and 2: about a quarter of an hour
#   ARCHS=ffnn SEEDS=7 examples/reference.sh FOLDER
#   LEAK=yes examples/reference.sh OTHER-FOLDER    with the notebook's mistake
#
# The settings: 48,000 training images and 12,000 held-out ones, split at random; batches of 20; Adam at a constant
# learning rate of 0.001; 50 epochs; the notebook's distribution of initial weights; dropout of 20 %; the weights with
# the lowest held-out loss are kept. Models, logs and reports are written to FOLDER. Run again with the same FOLDER, the
# script skips existing models. It prints a line for each run.
#
# The notebook was meant to select the best of the 50 epochs on the 12,000 held-out images, but drew its validation
# batches from the 48,000 training images. LEAK=yes does the same: a quarter of the training images selects the epoch.
#
# The commands must be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.
#
# EPOCHS, TRAIN and TEST (IMAGES-FILE,LABELS-FILE) are for trying it out on something smaller.
set -euo pipefail

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 64
fi
folder=$1
mkdir -p "$folder"
if [ -z "${TRAIN:-}" ]; then
  data=$("$(dirname "$0")/../scripts/find-data")
  TRAIN=$data/train-images-idx3-ubyte.gz,$data/train-labels-idx1-ubyte.gz
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
classes=${CLASSES:-fashion-mnist}

# Prints the value of a key in a line or report of JSON. A substitute for jq on machines without it.
number() {
  grep -o "\"$1\": *[0-9.]*" "$2" | head -n 1 | sed 's/.*: *//'
}

# A fifth of the images is held out. The split is different for each seed, and the same for each run with a seed.
idx2raw "${TRAIN%,*}" "${TRAIN#*,}" --classes "$classes" > "$folder/all.raw"
idx2raw "${TEST%,*}" "${TEST#*,}" --classes "$classes" > "$folder/test.raw"

printf 'arch\tseed\tbest epoch\theld-out loss\ttest accuracy\tseconds\n'
for seed in ${SEEDS:-0 1 2}; do
  fm-split --by random --validation 0.2 --seed "$seed" \
    --train "$folder/train.raw" --held-out "$folder/held-out.raw" "$folder/all.raw"
  if [ -n "${LEAK:-}" ]; then
    fm-split --by random --validation 0.25 --seed "$seed" --held-out "$folder/held-out.raw" "$folder/train.raw"
  fi
  for arch in ${ARCHS:-ffnn cnn}; do
    run=$folder/$arch-$seed
    if [ ! -e "$run.safetensors" ]; then
      fm-train --arch "$arch" --seed "$seed" --validation "$folder/held-out.raw" \
        --epochs "${EPOCHS:-50}" --batch-size 20 --optimizer adam --learning-rate 0.001 --schedule constant \
        --init reference --dropout 0.2 --weight-decay 0 --label-smoothing 0 --augment none --average none \
        --monitor loss --quiet --log "$run.jsonl" --output "$run.safetensors" "$folder/train.raw"
    fi
    fm-predict --model "$run.safetensors" --format raw "$folder/test.raw" | fm-eval --format json > "$run.json"
    best=$(number best_epoch "$run.jsonl")
    grep "\"epoch\":$best," "$run.jsonl" > "$folder/best.jsonl"
    seconds=$(grep -o '"seconds":[0-9.]*' "$run.jsonl" | awk -F : '{ sum += $2 } END { printf "%.0f", sum }')
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$arch" "$seed" "$best" "$(number validation_loss "$folder/best.jsonl")" \
      "$(number accuracy "$run.json")" "$seconds"
  done
done
rm -f "$folder/all.raw" "$folder/train.raw" "$folder/held-out.raw" "$folder/best.jsonl"

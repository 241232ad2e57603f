#!/usr/bin/env bash
# The recipe that fm-tools began with, whole: what both presets come to with the settings of the notebook behind them.
#
#   examples/reference.sh FOLDER               both presets, seeds 0, 1 and 2: about a quarter of an hour
#   ARCHS=ffnn SEEDS=7 examples/reference.sh FOLDER
#   LEAK=yes examples/reference.sh OTHER-FOLDER    with the notebook's mistake
#
# 48,000 images are learned from and 12,000 held out at random; batches of 20; Adam at a constant rate of 0.001; 50 epochs;
# first weights as the notebook drew them; dropout of 20 %; the weights with the least held-out loss are kept. FOLDER gets
# models, logs and reports, and may be gone on with: what is there already is not made again. Prints a line for each run.
#
# The notebook meant to choose the best of the 50 epochs by the 12,000 images, but drew its validation batches from the
# 48,000 that it learned from. LEAK=yes does the same: a quarter of the training images say which epoch is best.
#
# The commands have to be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.
#
# EPOCHS, and TRAIN and TEST (IMAGES-FILE,LABELS-FILE), are for trying it out on something smaller.
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

# The value of a key in JSON that is a line or a report; jq, on machines without jq.
number() {
  grep -o "\"$1\": *[0-9.]*" "$2" | head -n 1 | sed 's/.*: *//'
}

# A fifth is held out, by a draw that is another one for each seed, and kept for another try with the same seed.
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

#!/usr/bin/env bash
# Runs k-fold cross-validation: how good is an architecture, and how much of that is luck?
#
#   examples/cross-validation.sh                     five folds of Fashion-MNIST's training images
#   FOLDS=10 ARCH=ffnn examples/cross-validation.sh
#
# Prints the accuracy on each fold, then their mean and standard deviation. DATA names other data, as
# IMAGES-FILE,LABELS-FILE. The commands must be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.
set -euo pipefail

if [ -z "${DATA:-}" ]; then
  data=$("$(dirname "$0")/../scripts/find-data")
  DATA=$data/train-images-idx3-ubyte.gz,$data/train-labels-idx1-ubyte.gz
fi
folds=${FOLDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

idx2raw "${DATA%,*}" "${DATA#*,}" > "$work/all.raw"
for fold in $(seq "$folds"); do
  fm-split --fold "$fold/$folds" --train "$work/train.raw" --held-out "$work/held-out.raw" "$work/all.raw"
  # The best epoch is selected on a part of the training images. Selecting it on the fold would bias the result.
  fm-train --quiet --arch "${ARCH:-cnn}" --epochs "${EPOCHS:-3}" --validation 0.1 \
    --output "$work/model.safetensors" "$work/train.raw"
  fm-predict --model "$work/model.safetensors" "$work/held-out.raw" |
    fm-eval --format json > "$work/report.json"
  # A substitute for jq .accuracy on machines without jq.
  accuracy=$(grep -o '"accuracy": *[0-9.]*' "$work/report.json" | head -n 1 | sed 's/.*: *//')
  echo "fold $fold  $accuracy"
done |
  awk '
    { print; sum += $3; squares += $3 * $3 }
    END {
      mean = sum / NR
      variance = NR > 1 ? (squares - NR * mean * mean) / (NR - 1) : 0
      printf "mean %.4f, standard deviation %.4f over %d folds\n", mean, sqrt(variance > 0 ? variance : 0), NR
    }'

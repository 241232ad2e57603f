#!/usr/bin/env bash
# From the data set's files to a judged model, in one folder that is thrown away at the end.
#
#   examples/pipeline.sh                      Fashion-MNIST, where scripts/find-data finds it
#   ARCH=ffnn EPOCHS=10 examples/pipeline.sh  another network, trained longer
#
# TRAIN and TEST name other data: each IMAGES-FILE,LABELS-FILE. The commands have to be in PATH:
# after `make build`, PATH=$PWD/.build/release:$PATH.
set -euo pipefail

if [ -z "${TRAIN:-}" ]; then
  data=$("$(dirname "$0")/../scripts/find-data")
  TRAIN=$data/train-images-idx3-ubyte.gz,$data/train-labels-idx1-ubyte.gz
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
classes=${CLASSES:-fashion-mnist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An image in five is held out. The training never learns from it, but picks its best epoch by it.
idx2raw "${TRAIN%,*}" "${TRAIN#*,}" --classes "$classes" |
  fm-split --validation 0.2 --train "$work/train.raw" --held-out "$work/valid.raw"

fm-train --arch "${ARCH:-cnn}" --epochs "${EPOCHS:-3}" \
  --validation "$work/valid.raw" --output "$work/model.safetensors" < "$work/train.raw"

# The test images have had no part in any of that.
idx2raw "${TEST%,*}" "${TEST#*,}" --classes "$classes" |
  fm-predict --model "$work/model.safetensors" |
  fm-eval --classes "$classes"

#!/usr/bin/env bash
# Runs the pipeline from a data set's files to an evaluated model, in a folder that is removed at the end.
#
#   examples/pipeline.sh                      Fashion-MNIST, in the folder that scripts/find-data prints
#   ARCH=ffnn EPOCHS=10 examples/pipeline.sh  another network, trained longer
#
# TRAIN and TEST name other data, each as IMAGES-FILE,LABELS-FILE. The commands must be in PATH: after `make build`,
# PATH=$PWD/.build/release:$PATH.
set -euo pipefail

if [ -z "${TRAIN:-}" ]; then
  data=$("$(dirname "$0")/../scripts/find-data")
  TRAIN=$data/train-images-idx3-ubyte.gz,$data/train-labels-idx1-ubyte.gz
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
classes=${CLASSES:-fashion-mnist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One image in five is held out. The network does not learn from these images; they only select the best epoch.
idx2raw "${TRAIN%,*}" "${TRAIN#*,}" --classes "$classes" |
  fm-split --validation 0.2 --train "$work/train.raw" --held-out "$work/valid.raw"

fm-train --arch "${ARCH:-cnn}" --epochs "${EPOCHS:-3}" \
  --validation "$work/valid.raw" --output "$work/model.safetensors" < "$work/train.raw"

# The test images were not used in any of the steps above.
idx2raw "${TEST%,*}" "${TEST#*,}" --classes "$classes" |
  fm-predict --model "$work/model.safetensors" |
  fm-eval --classes "$classes"

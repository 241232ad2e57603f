#!/usr/bin/env bash
# Finds problems in labelled images: duplicates, leaks between streams, contradictions, and suspect labels.
#
#   examples/audit.sh train.raw test.raw > findings.tsv
#   PREDICTIONS=folds.tsv FOLDS=3 examples/audit.sh train.raw test.raw > findings.tsv
#
# Finding suspect labels requires predictions of models that have not seen the record. So the script trains a model for
# each fold of the first stream, without that fold, and predicts the fold. PREDICTIONS names a file in which these
# predictions are kept, in the order of the stream. If it exists, it is read, and nothing is trained. All arguments are
# passed on to fm-audit. Python with NumPy names each record after its number, by which the folds are sorted into one
# table. The commands must be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.
set -euo pipefail

stream=${1:?usage: examples/audit.sh STREAM [STREAM ...] [OPTION of fm-audit ...]}
folds=${FOLDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
predictions=${PREDICTIONS:-$work/predictions.tsv}

if [ ! -e "$predictions" ]; then
  "${FM_TOOLS_PYTHON:-python3}" "$(dirname "$0")/numpy_stream.py" name "$stream" > "$work/named.raw"
  for fold in $(seq "$folds"); do
    fm-split --fold "$fold/$folds" --train "$work/train.raw" --held-out "$work/held-out.raw" "$work/named.raw"
    # The best epoch is selected on a part of the training images, because the fold must have no influence on it.
    fm-train --quiet --arch "${ARCH:-cnn}" --epochs "${EPOCHS:-5}" --validation 0.1 \
      --output "$work/model.safetensors" "$work/train.raw"
    fm-predict --model "$work/model.safetensors" --probabilities "$work/held-out.raw"
  done > "$work/folds.tsv"
  # One header, then the rows sorted by name. The names are replaced with the record numbers.
  {
    head -n 1 "$work/folds.tsv"
    grep -v '^name	' "$work/folds.tsv" | LC_ALL=C sort -t '	' -k 1,1
  } | awk -F '\t' -v OFS='\t' '{ $1 = NR == 1 ? "record" : NR - 2; print }' > "$work/ordered.tsv"
  mv "$work/ordered.tsv" "$predictions"
fi
fm-audit "$@" --predictions "$predictions"

#!/usr/bin/env bash
# A gate for a build server: is this model good enough, and no worse than the one in use?
#
#   examples/ci-gate.sh NEW-MODEL [OLD-MODEL]
#
# Exit status 0: yes; 1: no; any other: it could not be found out. The report goes to standard output.
# TEST names the data to judge by, IMAGES-FILE,LABELS-FILE (default: Fashion-MNIST's test images), ACCURACY what is
# asked for (default: 0.90). The commands have to be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.
set -euo pipefail

new=${1:?usage: examples/ci-gate.sh NEW-MODEL [OLD-MODEL]}
old=${2:-}
if [ -z "${TEST:-}" ]; then
  data=$("$(dirname "$0")/../scripts/find-data")
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

idx2raw "${TEST%,*}" "${TEST#*,}" > "$work/test.raw"
fm-predict --model "$new" "$work/test.raw" > "$work/new.tsv"

gates=(--min "accuracy=${ACCURACY:-0.90}")
if [ -n "$old" ]; then
  # Half a point of 10,000 images is about what another seed changes.
  fm-predict --model "$old" "$work/test.raw" > "$work/old.tsv"
  gates+=(--baseline "$work/old.tsv" --max-drop accuracy=0.005)
fi
fm-eval --format markdown "${gates[@]}" "$work/new.tsv"

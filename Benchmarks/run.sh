#!/usr/bin/env bash
# Times fm-tools and their peers on this machine, and prints a report in Markdown.
#
#     Benchmarks/run.sh [--pairs N] [--only WORK] [--quick]        (make bench)
#     Benchmarks/run.sh scaling [--quick] FOLDER                   (plots and CSV files)
#     Benchmarks/run.sh png [--pairs N] [--folder FOLDER] [--quick]  (PNG files to labels, beside Pillow and PyTorch)
#
# It installs the peers into a virtual environment outside the repository, $FM_TOOLS_VENV or ~/.cache/fm-tools/venv.
# Streams and models go to a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

packages='torch numpy onnx onnxscript onnxruntime matplotlib pillow'
venv=${FM_TOOLS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/fm-tools/venv}
if ! "$venv/bin/python" -c "import $(tr ' ' , <<< "${packages/pillow/PIL}")" 2> /dev/null; then
  echo "installing $packages into $venv" >&2
  python3 -m venv "$venv"
  # shellcheck disable=SC2086  # a list of words
  "$venv/bin/pip" install --quiet $packages >&2
fi

make build >&2
bin=$PWD/.build/release
data=$(scripts/find-data)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
images=$data/train-images-idx3-ubyte.gz
labels=$data/train-labels-idx1-ubyte.gz
"$bin/idx2raw" "$images" "$labels" --classes fashion-mnist > "$work/train.raw"
"$bin/idx2raw" "$data/t10k-images-idx3-ubyte.gz" "$data/t10k-labels-idx1-ubyte.gz" --classes fashion-mnist \
  > "$work/test.raw"

script=compare.py
case "${1:-}" in
  scaling | png)
    script=$1.py
    shift ;;
esac
"$venv/bin/python" "Benchmarks/$script" --bin "$bin" --stream "$work/train.raw" --test-stream "$work/test.raw" \
  --idx "$images" "$labels" --work "$work" "$@"

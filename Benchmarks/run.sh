#!/usr/bin/env bash
# Times fm-tools beside PyTorch on this machine and prints the ratios.
#
#     Benchmarks/run.sh [--pairs N] [--only WORK]        (make bench)
#
# PyTorch is installed into a virtual environment outside the repository: $FM_TOOLS_VENV, or
# ~/.cache/fm-tools/venv. Streams and models go to a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${FM_TOOLS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/fm-tools/venv}
if ! "$venv/bin/python" -c 'import numpy, torch' 2>/dev/null; then
  echo "installing PyTorch into $venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet numpy torch
fi

swift build -c release
data=$(scripts/find-data)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$(swift build -c release --show-bin-path)
"$bin/idx2raw" "$data/train-images-idx3-ubyte.gz" "$data/train-labels-idx1-ubyte.gz" --classes fashion-mnist \
  > "$work/train.raw"
"$venv/bin/python" Benchmarks/compare.py --bin "$bin" --stream "$work/train.raw" --work "$work" "$@"

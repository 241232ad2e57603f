# shellcheck shell=bash
# Every part of Tests/check-scale begins with `. "$(dirname "$0")/common.sh"`. This file sets $root, the project's
# folder, and $work, a temporary folder, which becomes the working folder and is removed at the end. It puts the
# commands in PATH.
set -euo pipefail
part=$(basename "$0")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$(cd "${FM_TOOLS_BIN:-$root/.build/release}" && pwd):$PATH
export PATH
unset FM_MODELS
work=$(mktemp -d)
cleanup() { :; }  # a part redefines it to stop the processes that it has started
leave() { cleanup; cd / && rm -rf "$work"; }
trap leave EXIT
cd "$work"

fail() { echo "check-scale: $part: $*" >&2; exit 1; }

# get TASK: installs what the task needs with scripts/install-packages, or exits with 77.
get() { "$root/scripts/install-packages" "$@" > "$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 77; }; }

# test_stream: makes test.raw from Fashion-MNIST's 10,000 test images and labels. $data is the data set's folder.
test_stream() {
  get demo
  data=$("$root/scripts/find-data" --download 2> "$work/data.log") || { cat "$work/data.log" >&2; exit 77; }
  case "$data" in /*) ;; *) data=$root/$data ;; esac  # a downloaded data set is in the project's folder
  idx2raw --classes fashion-mnist "$data"/t10k-images-idx3-ubyte.gz "$data"/t10k-labels-idx1-ubyte.gz > test.raw
}

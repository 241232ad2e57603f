#!/usr/bin/env bash
# Which output each shard of a list gets from `fm-predict --output-directory DIR`: a path a line, in the list's order.
#
#   shard-outputs.sh DIR LIST > outputs.txt
#
# LIST is a file with the path of a shard a line. The scripts of this folder call this one before they start anything: an
# fm-predict refuses two shards that would become one output, but only where it gets both, and an engine starts several.
#
# Exit status: 65 if two shards would become one output, or LIST is empty; 66 if LIST cannot be read.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: $0 DIR LIST" >&2
  exit 64
fi
dir=${1%/}
list=$2
if ! [ -f "$list" ] || ! [ -r "$list" ]; then
  echo "${0##*/}: $list: cannot read; expected a file with the path of a shard a line" >&2
  exit 66
fi
if ! [ -s "$list" ]; then
  echo "${0##*/}: $list: names no shards" >&2
  exit 65
fi

# Bytes, since paths need not be UTF-8. The endings are those that fm-predict takes away, in letters of either case.
# (They come by the environment: -v would read a backslash in them as an escape.)
LC_ALL=C SHARD_DIR=$dir SHARD_LIST=$list SHARD_SCRIPT=${0##*/} awk '
  BEGIN {
    dir = ENVIRON["SHARD_DIR"]; list = ENVIRON["SHARD_LIST"]; script = ENVIRON["SHARD_SCRIPT"]
  }
  {
    name = $0
    sub(/\/+$/, "", name)
    sub(/.*\//, "", name)
    if (name == "") {
      print script ": " list ": line " NR " is empty; each names a shard" > "/dev/stderr"
      exit 65
    }
    lower = tolower(name)
    if (match(lower, /\.(tar\.gz|tar\.zst|tar|tgz|tzst|raw|npy)$/) && RSTART > 1) name = substr(name, 1, RSTART - 1)
    if (name in first) {
      printf "%s: %s: %s and %s would both become %s/%s.tsv; rename one\n", script, list, first[name], $0, dir, name \
        > "/dev/stderr"
      exit 65
    }
    first[name] = $0
    print dir "/" name ".tsv"
  }' "$list"

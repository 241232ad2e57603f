#!/usr/bin/env bash
# Prints the path of the output that `fm-predict --output-directory DIR` makes from each shard of a list: one path per
# line, in the order of the list.
#
#   shard-outputs.sh DIR LIST > outputs.txt
#
# LIST is a file with one shard's path per line. The other scripts in this folder call this one before they start
# anything: fm-predict rejects two shards with the same output only if one process gets both, but an engine starts
# several processes.
#
# Exit status: 65 if two shards have the same output, or LIST is empty; 66 if LIST cannot be read.
set -euo pipefail

if [ $# -ne 2 ]; then
  echo "usage: $0 DIR LIST" >&2
  exit 64
fi
dir=${1%/}
list=$2
if ! [ -f "$list" ] || ! [ -r "$list" ]; then
  echo "${0##*/}: $list: cannot read; expected a file with one shard's path per line" >&2
  exit 66
fi
if ! [ -s "$list" ]; then
  echo "${0##*/}: $list: names no shards" >&2
  exit 65
fi

# In the C locale, because paths need not be UTF-8. The extensions are those that fm-predict removes, in either case.
# (Values are passed through the environment, because -v would treat a backslash in them as an escape.)
LC_ALL=C SHARD_DIR=$dir SHARD_LIST=$list SHARD_SCRIPT=${0##*/} awk '
  BEGIN {
    dir = ENVIRON["SHARD_DIR"]; list = ENVIRON["SHARD_LIST"]; script = ENVIRON["SHARD_SCRIPT"]
  }
  {
    name = $0
    sub(/\/+$/, "", name)
    sub(/.*\//, "", name)
    if (name == "") {
      print script ": " list ": line " NR " is empty; expected the path of a shard" > "/dev/stderr"
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

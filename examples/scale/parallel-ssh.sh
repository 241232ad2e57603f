#!/usr/bin/env bash
# Predicts shards on several machines with GNU parallel and ssh: sends each shard to one of them, and gets its output.
#
#   parallel-ssh.sh HOSTS DIR LIST MODEL [OPTION of fm-predict ...]
#   parallel-ssh.sh hosts.txt predictions shards.txt cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# HOSTS is a file with one host per line, as ssh accepts them, optionally with the number of its cores: 16/user@node7. A
# host needs fm-predict in the PATH of a non-login shell, rsync, and an ssh key without a passphrase. MODEL is a file,
# which is sent to each host once. LIST is a file with one shard's path per line. DIR is the folder for the outputs and
# for fm-predict's records about them, so that a local fm-predict skips these outputs.
#
# Each host has JOBS shards (by default 2) at a time: one is sent while all cores predict another. The folder on the
# host is fm-predict.NAME.PID in the home directory, or REMOTE. It is removed at the end.
#
# Run again after any kind of stop, the script sends the shards whose outputs have not come back (parallel's
# --resume-failed). As parallel compares only DIR/joblog, the script rejects another model, other options, or another
# LIST than the first time. Shards that were replaced are sent again.
#
# A shard that fails is tried twice more, on another host if there is one. Exit status: 1 if shards cannot be used or
# hosts cannot be reached; all others are done.
set -euo pipefail

if [ $# -lt 4 ]; then
  echo "usage: $0 HOSTS DIR LIST MODEL [OPTION of fm-predict ...]" >&2
  exit 64
fi
# (moreutils has another command of that name.)
parallel --version 2> /dev/null | grep -q '^GNU parallel' || { echo "${0##*/}: GNU parallel is not installed" >&2; exit 64; }
for command in rsync ssh; do
  command -v "$command" > /dev/null || { echo "${0##*/}: $command is not installed" >&2; exit 64; }
done
dir=$(realpath -ms -- "$2")
for file in "$1" "$4"; do
  if ! [ -f "$file" ] || ! [ -r "$file" ]; then echo "${0##*/}: $file: cannot open for reading" >&2; exit 66; fi
done
hosts=$(realpath -- "$1")
model=$(realpath -- "$4")
list=$3
shift 4
here=$(cd "$(dirname "$0")" && pwd)
outputs=$("$here/shard-outputs.sh" "$dir" "$list")
mkdir -p -- "$dir/.fm-predict"
xargs --arg-file="$list" --delimiter='\n' realpath -ms -- > "$dir/.paths.$$"
# parallel sends the part of a path after /./, and puts it into the host's folder.
sed 's:\(.*\)/:\1/./:' "$dir/.paths.$$" > "$dir/.shards.$$"

# A shard takes eight ssh connections. They share one connection per host, which takes a fraction of the time.
control=$(mktemp -d)
# shellcheck disable=SC2317  # the trap calls it
leave() {
  rm -f "$dir"/.{paths,shards,run,times,log}.$$
  # The shared connections would end by themselves ten seconds later, but keep standard error open until then.
  for socket in "$control"/*; do
    if [ -S "$socket" ]; then ssh -o ControlPath="$socket" -O exit host 2> /dev/null || true; fi
  done
  rm -rf "$control"
}
trap leave EXIT
export PARALLEL_SSH="${PARALLEL_SSH:-ssh} -o ControlMaster=auto -o ControlPersist=10 -o ControlPath=$control/%C"

# Records the model, the options and the shards of the job log, of which parallel compares only line numbers.
{
  printf 'option\t%q\n' "$@"
  echo "model	$(cksum < "$model")"
  sed 's/^/shard\t/' "$dir/.paths.$$"
} > "$dir/.run.$$"
xargs --arg-file="$dir/.paths.$$" --delimiter='\n' stat --dereference --printf '%s\t%y\n' -- > "$dir/.times.$$" || exit 66
if [ -e "$dir/joblog" ]; then
  if ! cmp -s "$dir/.run.$$" "$dir/run"; then
    echo "${0##*/}: $dir: is of another model, other options or shards (see $dir/run); name another folder or remove it" >&2
    exit 65
  fi
  # If a shard was replaced, for example because it was damaged, remove its output and its line in the log.
  changed=$(diff --old-line-format= --unchanged-line-format= --new-line-format='%dn ' "$dir/times" "$dir/.times.$$" || true)
  for number in $changed; do rm -f -- "$(sed -n "${number}p" <<< "$outputs")"; done
  awk -v changed=" $changed" '!index(changed, " " $1 " ")' "$dir/joblog" > "$dir/.log.$$"
  mv "$dir/.log.$$" "$dir/joblog"
fi
mv "$dir/.run.$$" "$dir/run"
mv "$dir/.times.$$" "$dir/times"

cd "$dir"
# parallel quotes names for a remote shell. rsync 3.2.4 and newer uses one only with this setting.
export RSYNC_OLD_ARGS=1
status=0
# {output} removes the extension as shard-outputs.sh does.
# shellcheck disable=SC2016  # $_ is Perl's
parallel --quote --sshloginfile "$hosts" --arg-file ".shards.$$" --jobs "${JOBS:-2}" --retries 3 \
  --joblog joblog --resume-failed --workdir "${REMOTE:-fm-predict.$HOSTNAME.$$}" --cleanup \
  --rpl '{output} s:.*/::; s:(?<=.)\.(tar\.gz|tar\.zst|tar|tgz|tzst|raw|npy)$::i; $_ .= ".tsv"' \
  --rsync-opts='-rLtDzR --protocol=31' --basefile "${model%/*}/./${model##*/}" --transferfile '{}' \
  --return '.fm-predict/{output}' --return '{output}' \
  fm-predict --model "${model##*/}" "$@" --quiet --output-directory . -- '{/}' || status=$?
if [ "$status" -ge 1 ] && [ "$status" -le 101 ]; then
  echo "${0##*/}: $status of $(wc -l < ".shards.$$") shards have no output, see $dir/joblog; the others are done" >&2
  exit 1
fi
exit "$status"

#!/usr/bin/env bash
# Predicts shards on several machines by GNU parallel over ssh: each shard is sent to one of them, its output comes back.
#
#   parallel-ssh.sh HOSTS DIR LIST MODEL [OPTION of fm-predict ...]
#   parallel-ssh.sh hosts.txt predictions shards.txt cnn.safetensors --tar
#   merge-shards.sh predictions shards.txt predictions.tsv
#
# HOSTS is a file with a host a line, as ssh takes them, perhaps with the number of its cores: 16/user@node7. They need
# fm-predict in the PATH of a shell that does not log in, rsync, and a key that asks for no passphrase. MODEL is a file and
# is sent to each host once. LIST is a file with the path of a shard a line. DIR gets the outputs, with what fm-predict keeps
# about them, so that fm-predict typed here passes over them.
#
# JOBS shards (by default 2) are at a host at a time: one is sent while another is predicted, by all cores. The folder on the
# host is fm-predict.NAME.PID in its home, or REMOTE, and is gone at the end.
#
# Typed again after a stop of any kind, it sends those shards whose outputs have not come back (parallel's --resume-failed).
# That goes by DIR/joblog alone, so another model, other options or another LIST than the first time are refused; shards that
# were replaced are sent again.
#
# A shard that fails is tried twice more, at another host if there is one. Exit status: 1 if shards could not be used or
# hosts not be reached; all others are done.
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
# parallel sends what is after /./ in a path, and puts it into the host's folder.
sed 's:\(.*\)/:\1/./:' "$dir/.paths.$$" > "$dir/.shards.$$"

# A shard takes eight connections; they share one to each host, which takes a fraction of the time.
control=$(mktemp -d)
# shellcheck disable=SC2317  # the trap calls it
leave() {
  rm -f "$dir"/.{paths,shards,run,times,log}.$$
  # They would end ten seconds later by themselves, and hold standard error open until then.
  for socket in "$control"/*; do
    if [ -S "$socket" ]; then ssh -o ControlPath="$socket" -O exit host 2> /dev/null || true; fi
  done
  rm -rf "$control"
}
trap leave EXIT
export PARALLEL_SSH="${PARALLEL_SSH:-ssh} -o ControlMaster=auto -o ControlPersist=10 -o ControlPath=$control/%C"

# What the job log is of: parallel compares nothing but the numbers of lines.
{
  printf 'option\t%q\n' "$@"
  echo "model	$(cksum < "$model")"
  sed 's/^/shard\t/' "$dir/.paths.$$"
} > "$dir/.run.$$"
xargs --arg-file="$dir/.paths.$$" --delimiter='\n' stat --dereference --printf '%s\t%y\n' -- > "$dir/.times.$$" || exit 66
if [ -e "$dir/joblog" ]; then
  if ! cmp -s "$dir/.run.$$" "$dir/run"; then
    echo "${0##*/}: $dir: is of another model, other options or other shards ($dir/run); name another folder or remove it" >&2
    exit 65
  fi
  # A shard that was replaced, as a damaged one is, has no output and no line in the log from now on.
  changed=$(diff --old-line-format= --unchanged-line-format= --new-line-format='%dn ' "$dir/times" "$dir/.times.$$" || true)
  for number in $changed; do rm -f -- "$(sed -n "${number}p" <<< "$outputs")"; done
  awk -v changed=" $changed" '!index(changed, " " $1 " ")' "$dir/joblog" > "$dir/.log.$$"
  mv "$dir/.log.$$" "$dir/joblog"
fi
mv "$dir/.run.$$" "$dir/run"
mv "$dir/.times.$$" "$dir/times"

cd "$dir"
# parallel quotes names for a shell at the other end, which rsync 3.2.4 and newer have only if told so.
export RSYNC_OLD_ARGS=1
status=0
# The ending is taken away as shard-outputs.sh does.
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

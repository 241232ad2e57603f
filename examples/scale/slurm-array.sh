#!/usr/bin/env bash
# Predicts shards as an array of Slurm jobs: task K of N takes every Nth shard, beginning with the Kth.
#
#   sbatch --array=1-N slurm-array.sh N DIR LIST OPTION of fm-predict ...
#   sbatch --array=1-20 slurm-array.sh 20 predictions shards.txt --model cnn.safetensors --tar
#   sbatch --array=7 slurm-array.sh 20 predictions shards.txt --model cnn.safetensors --tar    # the 7th task once more
#
# slurm-submit.sh submits it with a job that merges the outputs. LIST is a file with the path of a shard a line, and DIR gets
# the outputs; both, the shards and the model have to be on a file system that all nodes see. N is an argument, since Slurm's
# own count of tasks is another one where only some tasks are submitted.
#
# A task that was killed, preempted or requeued makes what is missing when it runs again. It fails if a shard could not be
# used, or pictures in it, after all others of the task are done.
#
#SBATCH --job-name=fm-predict
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

if [ $# -lt 4 ] || [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  echo "usage: sbatch --array=1-N slurm-array.sh N DIR LIST OPTION of fm-predict ..." >&2
  exit 64
fi
tasks=$1
dir=$2
list=$3
shift 3
mine=$(split --number="r/$SLURM_ARRAY_TASK_ID/$tasks" -- "$list")
if [ -z "$mine" ]; then
  echo "no shards for task $SLURM_ARRAY_TASK_ID of $tasks"
  exit 0
fi
mapfile -t shards <<< "$mine"
# By exec, so that Slurm's signals reach it and its status is the task's.
exec fm-predict "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" --output-directory "$dir" -- "${shards[@]}"

#!/usr/bin/env bash
# Predicts shards in an array of Slurm jobs: task K of N takes every Nth shard, beginning with the Kth.
#
#   sbatch --array=1-N slurm-array.sh N DIR LIST OPTION of fm-predict ...
#   sbatch --array=1-20 slurm-array.sh 20 predictions shards.txt --model cnn.safetensors --tar
#   sbatch --array=7 slurm-array.sh 20 predictions shards.txt --model cnn.safetensors --tar    # the 7th task once more
#
# slurm-submit.sh submits this script together with a job that merges the outputs. LIST is a file with one shard's path
# per line, and DIR is the folder for the outputs. Both, the shards and the model must be on a file system that all
# nodes share. N is an argument, because Slurm's own count of tasks is different if only some tasks are submitted.
#
# A task that was killed, preempted or requeued makes the missing outputs when it runs again. If a shard, or a picture
# in it, cannot be used, the task completes all others before it fails.
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
# exec, so that Slurm's signals reach fm-predict, and its status becomes the task's.
exec fm-predict "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" --output-directory "$dir" -- "${shards[@]}"

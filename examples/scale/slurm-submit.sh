#!/usr/bin/env bash
# Submits to Slurm an array of N tasks that predict shards, and a job that then makes one table and one report.
#
#   slurm-submit.sh N DIR LIST OPTION of fm-predict ...
#   slurm-submit.sh 20 predictions shards.txt --model cnn.safetensors --tar
#
# LIST is a file with one shard's path per line, and DIR is the folder for the outputs. The table is DIR.tsv, the report
# is DIR.txt. The merge runs if every task succeeds, and is cancelled if one fails. Submitted again, the tasks make the
# missing outputs. The script prints the numbers of both jobs. Options of sbatch for both jobs, such as the partition,
# can be set in sbatch's environment variables: SBATCH_PARTITION, SBATCH_ACCOUNT.
set -euo pipefail

if [ $# -lt 4 ] || ! [[ $1 =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: $0 N DIR LIST OPTION of fm-predict ..." >&2
  exit 64
fi
here=$(cd "$(dirname "$0")" && pwd)
tasks=$1
dir=${2%/}
list=$3
"$here/shard-outputs.sh" "$dir" "$list" > /dev/null
mkdir -p -- "$dir"  # also for the tasks' logs, because Slurm does not create their folder

array=$(sbatch --parsable --array="1-$tasks" --output="$dir/task-%a.log" "$here/slurm-array.sh" "$@")
array=${array%%;*}  # with several clusters, the cluster's name follows
printf -v merge '%q ' "$here/merge-shards.sh" "$dir" "$list" "$dir.tsv" --output "$dir.txt"
merged=$(sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --job-name=fm-merge \
  --output="$dir/merge.log" <<< "#!/usr/bin/env bash
exec $merge")
echo "array $array, merge ${merged%%;*}"

#!/usr/bin/env bash
# Measures fm-train-mpi on this machine: one process and two, with shared memory and over a network of two hosts, which
# are network namespaces joined by a link of limited speed. Prints a table in Markdown.
#
#   Benchmarks/mpi.sh STREAM [SPEED...]     each SPEED in tc's notation; default: 10gbit 1gbit 100mbit
#
# STREAM has labelled images, such as Fashion-MNIST's 60,000. The script needs `make build mpi`, and root for the
# namespaces. "bytes a step" are those that one host sends to the other, as its network device counts them.
set -euo pipefail
stream=$(realpath "$1")
shift
speeds=("${@:-10gbit}")
[ $# -gt 0 ] || speeds=(10gbit 1gbit 100mbit)
bin=$(cd "$(dirname "$0")/../.build/release" && pwd)
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_base_warn_component_unused=0
folder=$(mktemp -d)
hosts=(fmtools1 fmtools2)
leave() {
  for host in "${hosts[@]}"; do ip netns delete "$host" 2> /dev/null || true; done
  rm -rf "$folder"
}
trap leave EXIT

# Makes two hosts, a link between them, and a command with which mpirun starts a process on the second one.
for host in "${hosts[@]}"; do ip netns add "$host"; done
ip link add fmt1 netns fmtools1 type veth peer name fmt2 netns fmtools2
for number in 1 2; do
  ip -n "fmtools$number" address add "10.87.0.$number/24" dev "fmt$number"
  ip -n "fmtools$number" link set "fmt$number" up
  ip -n "fmtools$number" link set lo up
done
cat > "$folder/agent" << 'AGENT'
#!/bin/sh
# agent HOST COMMAND...: runs a command on a host, as ssh would.
shift
exec ip netns exec fmtools2 unshare --uts sh -c "hostname fmtools2; $*"
AGENT
chmod +x "$folder/agent"

limit() {  # limit SPEED: limits the link in both directions
  for number in 1 2; do
    ip netns exec "fmtools$number" tc qdisc replace dev "fmt$number" root tbf rate "$1" burst 256kb latency 400ms
  done
}

sent() { ip netns exec fmtools1 cat "/sys/class/net/fmt1/statistics/tx_bytes"; }

# speed LOG: prints the images/s of the last epoch.
speed() { sed -n 's/.*"images_per_second":\([0-9.]*\).*/\1/p' "$1" | tail -n 1; }

measure() {  # measure NAME BATCH EPOCHS IMAGES OPTION...
  local name=$1 batch=$2 epochs=$3 images=$4 one
  shift 4
  local train=(--quiet --validation 0 --epochs "$epochs" --batch-size "$batch" --seed 1 "$@")
  local steps=$((epochs * ((images + batch - 1) / batch)))
  row() {  # row WAY BYTES
    local rate
    rate=$(speed "$folder/log")
    [ -n "${one:-}" ] || one=$rate
    echo "| \`$name\` | $batch | $1 | $(printf %.0f "$rate") | $(awk "BEGIN { printf \"%.2f\", $rate / $one }") | $2 |"
    rm -f "$folder/log"
  }
  "$bin/fm-train" "${train[@]}" --jobs 1 --log "$folder/log" -o "$folder/m" "$folder/data.raw"
  row "fm-train, one thread" ""
  "$bin/fm-train" "${train[@]}" --jobs 2 --log "$folder/log" -o "$folder/m" "$folder/data.raw"
  row "fm-train, two threads" ""
  mpirun --mca btl self,vader -n 2 "$bin/fm-train-mpi" "${train[@]}" --jobs 1 --log "$folder/log" -o "$folder/n" "$folder/data.raw"
  row "two processes, shared memory" ""
  cmp "$folder/m" "$folder/n"
  for rate in "${speeds[@]}"; do
    limit "$rate"
    local before
    before=$(sent)
    ip netns exec fmtools1 unshare --uts sh -c 'hostname fmtools1; exec "$@"' sh \
      mpirun --host 10.87.0.1,10.87.0.2 --mca plm_rsh_agent "$folder/agent" --mca btl self,tcp \
      --mca btl_tcp_if_include 10.87.0.0/24 --mca oob_tcp_if_include 10.87.0.0/24 --bind-to none -n 2 \
      "$bin/fm-train-mpi" "${train[@]}" --jobs 1 --log "$folder/log" -o "$folder/n" "$folder/data.raw"
    row "two hosts, $rate" "$((($(sent) - before) / steps))"
    cmp "$folder/m" "$folder/n"
  done
}

"$bin/fm-split" --quiet "$stream" --validation 12800 --train /dev/null --force --held-out "$folder/data.raw"
echo "| network | batch | way | images/s | to one thread | bytes a step |"
echo "| --- | --- | --- | --- | --- | --- |"
measure cnn 128 2 12800 --arch cnn
measure cnn 1024 2 12800 --arch cnn
measure ffnn 128 4 12800 --arch ffnn
"$bin/fm-split" --quiet "$folder/data.raw" --validation 2560 --train /dev/null --force --held-out "$folder/less.raw"
mv "$folder/less.raw" "$folder/data.raw"
measure vgg 256 1 2560 --arch vgg

# shellcheck shell=bash disable=SC2016,SC2154  # wrappers expand variables later; common.sh sets root and work
# Read after common.sh by the parts that predict shards: shards with names that break careless scripts, the results of
# one plain fm-predict for all of them, and comparisons with these. The scripts under test are in $scale.
scale=$root/examples/scale
export FM_MODELS=$root/models

# make_shards: makes 20 streams of about 500 images in shards/, the list shards.txt, and the expected results, whole.tsv
# and whole.json.
make_shards() {
  local fold
  test_stream
  mkdir shards
  for ((fold = 1; fold <= 20; fold++)); do
    fm-split --quiet --by hash --fold "$fold/20" --held-out "shards/part $fold.raw" test.raw
  done
  mv 'shards/part 3.raw' $'shards/\xff\\n"\'$(x) {}.raw'
  mv 'shards/part 4.raw' shards/-m.raw
  mv 'shards/part 5.raw' shards/lr=3.RAW
  find shards -type f | LC_ALL=C sort > shards.txt
  xargs --arg-file=shards.txt --delimiter='\n' cat -- | fm-predict --quiet --model ffnn > whole.tsv
  fm-eval --format json --output whole.json whole.tsv
}

# check_whole DIR: fails unless merge-shards.sh turns DIR into the expected results, byte by byte.
check_whole() {
  rm -f merged.tsv merged.json
  "$scale/merge-shards.sh" "$1" shards.txt merged.tsv --format json --output merged.json || fail "$1: does not merge"
  cmp merged.tsv whole.tsv || fail "$1: the table differs from that of one fm-predict"
  cmp merged.json whole.json || fail "$1: the report differs from that of one fm-predict"
  [ -z "$(find "$1" . -maxdepth 1 -name '*.part.*')" ] || fail "$1: temporary files are left"
}

# expect STATUS COMMAND…: fails unless the command exits with STATUS. Its output and messages are in the file said.
expect() {
  local status=0
  "${@:2}" > said 2>&1 || status=$?
  [ "$status" = "$1" ] || { cat said >&2; fail "status $status, expected $1: ${*:2}"; }
}
says() { grep -qF -- "$1" said || { cat said >&2; fail "expected a message with: $1"; }; }

# answers PORT: succeeds if something listens on this port of the loopback interface.
answers() { (: < "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && answers "$port"; do :; done
  echo "$port"
}

# wait_until SECONDS COMMAND…: repeats the command until it succeeds; returns 1 if it does not within this time.
wait_until() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

damage() { cp -p shards/-m.raw intact.raw && head -c 100000 intact.raw > shards/-m.raw; }
repair() { mv intact.raw shards/-m.raw; }

# times DIR: lists the outputs, and when each was made.
times() { (cd "$1" && find . -maxdepth 1 -name '*.tsv' -printf '%p\t%i\t%T@\n' | LC_ALL=C sort); }

# check_kept TIMES DIR: fails if an output of that list was made again.
check_kept() { [ -z "$(times "$2" | LC_ALL=C comm -23 "$1" -)" ] || fail "$2: outputs were made again"; }

# wrap_predict BODY: puts another fm-predict first in PATH, which adds a line to the file calls, then runs BODY, in
# which $real is the real command, and then the real command.
wrap_predict() {
  local real
  real=$(command -v fm-predict)
  mkdir "$work/wrapped"
  {
    printf '#!/usr/bin/env bash\nreal=%q\nwork=%q\n' "$real" "$work"
    printf '%s\n' 'echo >> "$work/calls"' "$1" 'exec "$real" "$@"'
  } > "$work/wrapped/fm-predict"
  chmod +x "$work/wrapped/fm-predict"
  : > "$work/calls"
  PATH=$work/wrapped:$PATH
}
unwrap_predict() { rm -r "$work/wrapped"; hash -r; }

# kill_at CALL COMMAND…: runs the command in a process group of its own, which the CALLth start of fm-predict kills.
kill_at() {
  local pid
  wrap_predict 'if [ "$(wc -l < "$work/calls")" -ge '"$1"' ]; then kill -KILL -- "-$(cat "$work/group")"; exit 1; fi'
  setsid bash -c 'echo $$ > "$0/group"; exec "$@"' "$work" "${@:2}" > said 2>&1 &
  pid=$!
  if { wait "$pid"; } 2> /dev/null; then fail "was not killed: ${*:2}"; fi
  unwrap_predict
}

# check_engine STATUS SCRIPT: fails unless the script predicts all shards, exits with STATUS if a shard is damaged but
# predicts the others, continues after SIGKILL, and refuses shards that would become one output.
check_engine() {
  export JOBS=2 BATCH=2
  expect 0 "$2" out shards.txt --model ffnn
  check_whole out
  times out > before
  expect 0 "$2" out shards.txt --model ffnn
  check_kept before out

  damage
  expect "$1" "$2" damaged shards.txt --model ffnn
  says 'shards/-m.raw: chunk 1'
  [ "$(times damaged | wc -l)" = 19 ] || fail "a damaged shard: expected the outputs of the 19 others"
  expect 66 "$scale/merge-shards.sh" damaged shards.txt none.tsv
  says 'damaged/-m.tsv'
  [ ! -e none.tsv ] || fail "made a table although an output is missing"
  repair
  times damaged > before
  expect 0 "$2" damaged shards.txt --model ffnn
  check_kept before damaged
  check_whole damaged

  kill_at 5 "$2" killed shards.txt --model ffnn
  times killed > before
  [ "$(wc -l < before)" -lt 20 ] || fail "was killed after the last shard, so this shows nothing"
  expect 0 "$2" killed shards.txt --model ffnn
  check_kept before killed
  check_whole killed

  mkdir other
  cp 'shards/part 1.raw' 'other/part 1.tar'
  { cat shards.txt; echo 'other/part 1.tar'; } > twice.txt
  expect 65 "$2" twice twice.txt --model ffnn
  says 'would both become twice/part 1.tsv'
  [ ! -e twice ] || fail "began although two shards would become one output"
  expect 66 "$2" none absent.txt --model ffnn
  says 'absent.txt'
}

# shellcheck shell=bash disable=SC2016,SC2154  # wrappers expand variables later; common.sh sets root and work
# What the parts that predict shards have in common, to be read after common.sh: shards with names that break careless
# scripts, what one plain fm-predict makes of all of them, and comparisons with that. The scripts are in $scale.
scale=$root/examples/scale
export FM_MODELS=$root/models

# make_shards: 20 streams of about 500 images in shards/, the list shards.txt, and what is expected: whole.tsv, whole.json.
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

# check_whole DIR: what merge-shards.sh makes of DIR is, byte by byte, what is expected.
check_whole() {
  rm -f merged.tsv merged.json
  "$scale/merge-shards.sh" "$1" shards.txt merged.tsv --format json --output merged.json || fail "$1: does not merge"
  cmp merged.tsv whole.tsv || fail "$1: another table than that of one fm-predict"
  cmp merged.json whole.json || fail "$1: another report than that of one fm-predict"
  [ -z "$(find "$1" . -maxdepth 1 -name '*.part.*')" ] || fail "$1: temporary files are left"
}

# expect STATUS COMMAND…: the command ends with this status; what it says is in the file said.
expect() {
  local status=0
  "${@:2}" > said 2>&1 || status=$?
  [ "$status" = "$1" ] || { cat said >&2; fail "status $status, expected $1: ${*:2}"; }
}
says() { grep -qF -- "$1" said || { cat said >&2; fail "expected a message with: $1"; }; }

# answers PORT: whether something listens there, on the loopback interface.
answers() { (: < "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && answers "$port"; do :; done
  echo "$port"
}

# wait_until SECONDS COMMAND…: 1 if the command does not succeed within this time.
wait_until() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

damage() { cp -p shards/-m.raw intact.raw && head -c 100000 intact.raw > shards/-m.raw; }
repair() { mv intact.raw shards/-m.raw; }

# times DIR: which outputs there are, and when each was made.
times() { (cd "$1" && find . -maxdepth 1 -name '*.tsv' -printf '%p\t%i\t%T@\n' | LC_ALL=C sort); }

# check_kept TIMES DIR: no output of that list was made anew.
check_kept() { [ -z "$(times "$2" | LC_ALL=C comm -23 "$1" -)" ] || fail "$2: made outputs anew"; }

# wrap_predict BODY: puts a command fm-predict before the real one in PATH, which adds a line to the file calls, then runs
# BODY, where $real is the real one, then that.
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

# check_engine STATUS SCRIPT: the script predicts all; fails with this status where a shard is damaged, the others being
# done; goes on after SIGKILL; and refuses shards that would become one output.
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
  [ ! -e none.tsv ] || fail "a table of outputs that are not all there"
  repair
  times damaged > before
  expect 0 "$2" damaged shards.txt --model ffnn
  check_kept before damaged
  check_whole damaged

  kill_at 5 "$2" killed shards.txt --model ffnn
  times killed > before
  [ "$(wc -l < before)" -lt 20 ] || fail "was killed after the last shard: this shows nothing"
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

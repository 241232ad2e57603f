#!/bin/sh
# A gate for a build server: is this model good enough, and no worse than the one in use?
#
#   examples/ci/evaluate.sh NEW-MODEL [OLD-MODEL]
#
# Exit status 0: yes; 1: no; any other: it could not be found out, and a line on standard error says why. The folder
# that REPORTS names (default: reports) gets what a build server keeps and shows:
#
#   report.md      the report for people; also goes to standard output, and to the job's page on GitHub
#   report.json    all figures; the reports of several jobs become one by `fm-eval --merge`
#   junit.xml      a test case for each gate, for Jenkins, GitLab and others
#   confusion.png  what was taken for what, as a picture
#   report.html    all of it as a page for browsers, with the worst mistakes as pictures
#   wrong.tsv      the wrong records, the most probable mistakes first
#
# What may be set in the environment:
#
#   ACCURACY  the least accuracy that is good enough (default: 0.90)
#   DROP      how much worse than the old model the new one may be (default: 0.005)
#   TEST      the data to judge by, IMAGES-FILE,LABELS-FILE (default: Fashion-MNIST's test images)
#   CLASSES   the names of the classes: fashion-mnist, mnist, or a file with a name a line (default: fashion-mnist)
#
# The commands have to be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.

# -e: a command that fails ends the script, with its status. -u: so does a variable that was never set.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: $0 NEW-MODEL [OLD-MODEL]" >&2
  exit 64
fi
new=$1
old=${2:-}
reports=${REPORTS:-reports}
classes=${CLASSES:-fashion-mnist}
if [ -z "${TEST:-}" ]; then
  repository=$(dirname "$0")/../..
  data=$("$repository/scripts/find-data")
  # What was downloaded lies in the repository.
  case "$data" in /*) ;; *) data=$repository/$data ;; esac
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
mkdir -p "$reports"
# A report of the build before must not pass for one of this build.
rm -f "$reports/report.md" "$reports/report.json" "$reports/junit.xml" "$reports/confusion.png" "$reports/report.html" \
  "$reports/wrong.tsv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is before the comma is the file of images, what is behind it the file of labels.
idx2raw "${TEST%,*}" "${TEST#*,}" --classes "$classes" > "$work/test.raw"
fm-predict --model "$new" --format raw "$work/test.raw" > "$work/new.raw"

# The gates, as the arguments of this script from here on: "$@" is the list that a POSIX shell has.
set -- --min "accuracy=${ACCURACY:-0.90}"
if [ -n "$old" ]; then
  # Both models judge the same records, so that fm-eval also says how many were fixed and broken, and whether that is
  # more than chance. Half a point of 10,000 images is about what another seed changes.
  fm-predict --model "$old" --format raw "$work/test.raw" > "$work/old.raw"
  set -- "$@" --baseline "$work/old.raw" --max-drop "accuracy=${DROP:-0.005}"
fi

# The same predictions in three forms. A gate that failed is status 1, which must not end the script here: the other
# reports are wanted most when the answer is no.
status=0
fm-eval "$@" --format markdown --output "$reports/report.md" \
  --png "$reports/confusion.png" --wrong "$reports/wrong.tsv" --html "$reports/report.html" \
  --images "$work/test.raw" "$work/new.raw" || status=$?
# Any other status than 0 and 1 means that there is no answer.
if [ "$status" -gt 1 ]; then exit "$status"; fi
# The same gates give the same answer again, and the same line on standard error, which once is enough. What goes wrong
# all the same, such as a full disk, is told, and ends the script.
for form in report.json:json junit.xml:junit; do
  again=0
  fm-eval "$@" --format "${form#*:}" --output "$reports/${form%:*}" "$work/new.raw" 2> "$work/messages" || again=$?
  if [ "$again" -ne "$status" ]; then
    cat "$work/messages" >&2
    exit "$again"
  fi
done

cat "$reports/report.md"
# GitHub shows on the job's page what is appended to this file. It is shared with other steps.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$reports/report.md" >> "$GITHUB_STEP_SUMMARY"; fi
exit "$status"

#!/bin/sh
# A gate for a build server: checks that a model is good enough, and no worse than the one in use.
#
#   examples/ci/evaluate.sh NEW-MODEL [OLD-MODEL]
#
# Exit status 0: yes; 1: no; any other: the question could not be answered, and a line on standard error says why. The
# script writes the files that a build server keeps and shows to the folder REPORTS (default: reports):
#
#   report.md      the report for people; also written to standard output, and to the job's page on GitHub
#   report.json    all figures; `fm-eval --merge` merges the reports of several jobs
#   junit.xml      a test case for each gate, for Jenkins, GitLab and others
#   confusion.png  the confusion matrix as a picture
#   report.html    everything on one page for browsers, with pictures of the worst mistakes
#   wrong.tsv      the misclassified records, the most confident mistakes first
#
# Environment variables:
#
#   ACCURACY  the minimum accuracy (default: 0.90)
#   DROP      how much worse than the old model the new one may be (default: 0.005)
#   TEST      the test data, IMAGES-FILE,LABELS-FILE (default: Fashion-MNIST's test images)
#   CLASSES   the names of the classes: fashion-mnist, mnist, or a file with one name per line (default: fashion-mnist)
#
# The commands must be in PATH: after `make build`, PATH=$PWD/.build/release:$PATH.

# -e: a command that fails ends the script with its status. -u: so does the use of an unset variable.
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
  # Downloaded data is in the repository.
  case "$data" in /*) ;; *) data=$repository/$data ;; esac
  TEST=$data/t10k-images-idx3-ubyte.gz,$data/t10k-labels-idx1-ubyte.gz
fi
mkdir -p "$reports"
# A report of the previous build must not be mistaken for one of this build.
rm -f "$reports/report.md" "$reports/report.json" "$reports/junit.xml" "$reports/confusion.png" "$reports/report.html" \
  "$reports/wrong.tsv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The part before the comma is the file of images, the part after it the file of labels.
idx2raw "${TEST%,*}" "${TEST#*,}" --classes "$classes" > "$work/test.raw"
fm-predict --model "$new" --format raw "$work/test.raw" > "$work/new.raw"

# Store the gates as the arguments of this script: "$@" is the only list in a POSIX shell.
set -- --min "accuracy=${ACCURACY:-0.90}"
if [ -n "$old" ]; then
  # Both models predict the same records, so fm-eval also reports how many were fixed and broken, and whether that is
  # more than chance. On 10,000 images, another seed changes the accuracy by about half a percentage point.
  fm-predict --model "$old" --format raw "$work/test.raw" > "$work/old.raw"
  set -- "$@" --baseline "$work/old.raw" --max-drop "accuracy=${DROP:-0.005}"
fi

# Report the same predictions in three formats. A failed gate is status 1, which must not end the script here: the other
# reports matter most when the answer is no.
status=0
fm-eval "$@" --format markdown --output "$reports/report.md" \
  --png "$reports/confusion.png" --wrong "$reports/wrong.tsv" --html "$reports/report.html" \
  --images "$work/test.raw" "$work/new.raw" || status=$?
# Any status other than 0 and 1 means that there is no answer.
if [ "$status" -gt 1 ]; then exit "$status"; fi
# The same gates give the same status again, and the same line on standard error, which is not repeated. If anything
# else goes wrong, such as a full disk, the script prints the message and exits.
for form in report.json:json junit.xml:junit; do
  again=0
  fm-eval "$@" --format "${form#*:}" --output "$reports/${form%:*}" "$work/new.raw" 2> "$work/messages" || again=$?
  if [ "$again" -ne "$status" ]; then
    cat "$work/messages" >&2
    exit "$again"
  fi
done

cat "$reports/report.md"
# GitHub shows the contents of this file on the job's page. The file is shared with other steps, so append to it.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$reports/report.md" >> "$GITHUB_STEP_SUMMARY"; fi
exit "$status"

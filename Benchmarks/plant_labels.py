#!/usr/bin/env python3
"""Change some labels of a stream at random, to see whether fm-audit finds them.

    Benchmarks/plant_labels.py train.raw --count 600 --changed changed.txt > noisy.raw
    PREDICTIONS=noisy.tsv examples/audit.sh noisy.raw --only suspect > suspects.tsv
    head -n 101 suspects.tsv | cut -f 3 | sort | comm -12 - <(sort changed.txt) | wc -l    # among the first 100

Each record that is drawn gets one of the other labels, all with the same probability. docs/audit.md has the result for
Fashion-MNIST.
"""

import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "examples"))
from numpy_stream import read_stream, write_stream  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="Change some labels of a stream at random.")
    parser.add_argument("stream", help="a stream of labelled images")
    parser.add_argument("--count", type=int, default=600, metavar="N", help="change N labels (default: 600)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="use N as the random seed (default: 7)")
    parser.add_argument("--changed", required=True, metavar="FILE", help="write the changed records' numbers to FILE")
    options = parser.parse_args()
    ends = []
    with open(options.stream, "rb") as file:
        chunks = [records.copy() for records in read_stream(file, ends)]
    labels = np.concatenate([records["label"] for records in chunks])
    classes = next((end["classes"] for end in ends if "classes" in end), None)
    class_count = len(classes) if classes else int(labels.max()) + 1
    random = np.random.default_rng(options.seed)
    changed = random.choice(len(labels), options.count, replace=False)
    labels[changed] = (labels[changed] + random.integers(1, class_count, options.count)) % class_count
    first = 0
    for records in chunks:
        records["label"] = labels[first:first + len(records)]
        first += len(records)
    with open(options.changed, "w", encoding="utf-8") as file:
        file.writelines(f"{record}\n" for record in sorted(changed))
    write_stream(sys.stdout.buffer, chunks, classes)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Make the classes of a tensor stream increasingly rare, with NumPy, to see how training copes with imbalance.

    examples/long_tail.py train.raw --factor 0.01 > tail.raw

Of C classes, class c keeps the first n · factor^(c / (C − 1)) of its n records, rounded to nearest, and at least one. So
class 0 keeps all records, and with the factor 0.01 the last class keeps one in a hundred. Records keep their order. This is
the exponential profile of Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples".
"""

import argparse
import shlex
import signal
import sys

import numpy as np

from numpy_stream import read_stream, write_stream


def kept(labels, classes, factor):
    """Return for each record whether it is kept."""
    keep = np.zeros(len(labels), bool)
    for label in range(classes):
        own = np.flatnonzero(labels == label)
        share = factor ** (label / max(1, classes - 1))
        keep[own[:max(1, round(len(own) * share))]] = True
    return keep


def main():
    parser = argparse.ArgumentParser(description="Make the classes of a tensor stream increasingly rare.")
    parser.add_argument("stream", nargs="?", default="-", help="a stream with labels (default: standard input)")
    parser.add_argument("--factor", type=float, default=0.01,
                        help="the fraction that the last class keeps, more than 0 and up to 1 (default: 0.01)")
    options = parser.parse_args()
    # Like all filters, end quietly if the reader of the output leaves.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        if not 0 < options.factor <= 1:
            raise ValueError(f"--factor: expected more than 0 and up to 1, got {options.factor}")
        ends = []
        with open(options.stream, "rb") if options.stream != "-" else sys.stdin.buffer as file:
            chunks = list(read_stream(file, ends))
        if not chunks or "label" not in chunks[0].dtype.names:
            raise ValueError(f"{options.stream}: expected records with labels, found none")
        records = np.concatenate(chunks)
        classes = next((end["classes"] for end in ends if "classes" in end), None)
        count = len(classes) if classes else int(records["label"].max()) + 1
        records = records[kept(records["label"], count, options.factor)]
        history = [line for end in ends for line in end["history"]] + [shlex.join(sys.argv)]
        parts = (records[start:start + 1024] for start in range(0, len(records), 1024))
        write_stream(sys.stdout.buffer, parts, classes, history)
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as error:
        sys.exit(f"long_tail.py: {error}")


if __name__ == "__main__":
    main()

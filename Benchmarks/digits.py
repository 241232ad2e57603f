#!/usr/bin/env python3
"""Write scikit-learn's digits, 1,797 images of 8 × 8, as a tensor stream.

    Benchmarks/digits.py | fm-split --validation 0.3 --train digits-train.raw --held-out digits-test.raw
"""

import pathlib
import shlex
import sys

import numpy
from sklearn.datasets import load_digits

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "examples"))
from numpy_stream import make_records, write_stream  # noqa: E402


def main():
    digits = load_digits()
    # The values are 0 to 16, and 16 becomes 255.
    images = numpy.minimum(16 * digits.images, 255).astype(numpy.uint8)
    records = make_records(images, digits.target.astype(numpy.uint8))
    write_stream(sys.stdout.buffer, [records], [str(digit) for digit in range(10)], [shlex.join(sys.argv)])
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

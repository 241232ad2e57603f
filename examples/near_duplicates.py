#!/usr/bin/env python3
"""Find images of one tensor stream that another one contains exactly or nearly, with NumPy.

    examples/near_duplicates.py train.raw test.raw --within 12 > near.tsv

For each image of the second stream the script finds the nearest image of the first: the one with the smallest root mean
square difference of pixels, which are 0 to 255. It writes the pairs within the limit, the nearest first. `record` and
`neighbour` count from 0 in their streams. A distance of 0 is an exact duplicate. To evaluate predictions without them:

    awk -F '\\t' 'NR == FNR { near[$1]; next } FNR == 1 || !($1 in near)' near.tsv predictions.tsv | fm-eval

The time grows with the product of both streams' lengths: 60,000 by 10,000 images of 28 × 28 take about twenty seconds.
"""

import argparse
import signal
import sys

import numpy as np

from numpy_stream import read_stream


def read_images(path):
    """Return the images of a stream as rows of bytes, and their shape."""
    with open(path, "rb") if path != "-" else sys.stdin.buffer as file:
        try:
            chunks = [records["image"] for records in read_stream(file)]
        except ValueError as error:
            raise ValueError(f"{path}: {error}")
    if not chunks:
        raise ValueError(f"{path}: the stream has no images")
    images = np.concatenate(chunks)
    return images.reshape(len(images), -1), images.shape[1:]


def nearest(images, others, block=500):
    """Return for each row of `images` the index of the nearest row of `others`, and the distance.

    |a − b|² = |a|² − 2 ab + |b|² finds the neighbour with a matrix product, whose rounding cannot distinguish neighbours at
    almost equal distances. The distance to the neighbour found is then computed exactly.
    """
    others32 = others.astype(np.float32)
    squares = (others32 * others32).sum(1)
    found = np.empty(len(images), np.int64)
    for start in range(0, len(images), block):
        rows = images[start:start + block].astype(np.float32)
        found[start:start + block] = (squares - 2 * (rows @ others32.T)).argmin(1)
    differences = images.astype(np.int32) - others[found]
    return found, np.sqrt((differences ** 2).mean(1))


def main():
    parser = argparse.ArgumentParser(description="Find images of one stream that another one contains exactly or nearly.")
    parser.add_argument("known", help="a stream of images, such as training images")
    parser.add_argument("images", help="the stream whose images are searched for among the known ones")
    parser.add_argument("--within", type=float, default=12, metavar="DISTANCE",
                        help="the largest root mean square difference of pixels to report (default: 12)")
    options = parser.parse_args()
    # Like all filters, end quietly if the reader of the output leaves.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        (known, known_shape), (images, shape) = read_images(options.known), read_images(options.images)
        if known_shape != shape:
            raise ValueError(f"{options.images}: expected images of {known_shape}, as in {options.known}, found {shape}")
    except (OSError, ValueError) as error:
        sys.exit(f"near_duplicates.py: {error}")
    neighbours, distances = nearest(images, known)
    print("record\tneighbour\tdistance")
    for record in np.argsort(distances, kind="stable"):
        if distances[record] <= options.within:
            print(f"{record}\t{neighbours[record]}\t{distances[record]:.3f}")


if __name__ == "__main__":
    main()

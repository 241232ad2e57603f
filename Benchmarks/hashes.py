#!/usr/bin/env python3
"""Compare perceptual hashes: how many near-duplicates each one finds, and how many pairs it lets through.

    examples/near_duplicates.py train.raw test.raw --within 12 > near.tsv
    Benchmarks/hashes.py train.raw test.raw near.tsv

`near.tsv` has the nearest image of the first stream for images of the second, found by comparing all with all. For each
hash, and each number of bits in which hashes may differ, a line says how many of these pairs are found, what share of all
pairs of a sample passes, and what share an index by pieces would have to examine: if two hashes differ in at most N bits,
they have one of N + 1 pieces in common. docs/audit.md has the result for Fashion-MNIST.
"""

import argparse
import csv
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "examples"))
from numpy_stream import read_stream  # noqa: E402

SAMPLE = 300


def read_images(path):
    """Return the images of a stream of grey images, [count, height, width]."""
    with open(path, "rb") as file:
        return np.concatenate([records["image"] for records in read_stream(file)])


def shrunk(images, height, width):
    """Return the sums over cells of equal size, [count, height, width]. They are exact, since overlaps are integers."""
    def overlaps(size, count):
        return np.array([[max(0, min((pixel + 1) * count, (cell + 1) * size) - max(pixel * count, cell * size))
                          for pixel in range(size)] for cell in range(count)], np.float64)
    rows, columns = overlaps(images.shape[1], height), overlaps(images.shape[2], width)
    return rows @ images.astype(np.float64) @ columns.T


def difference_hash(images):
    """dHash (Krawetz 2013): is the right neighbour brighter, in 8 rows of 9 cells?"""
    cells = shrunk(images, 8, 9)
    return cells[:, :, 1:] > cells[:, :, :-1]


def mean_hash(images):
    """aHash (Krawetz 2011): is the cell brighter than the mean, in 8 rows of 8 cells?"""
    cells = shrunk(images, 8, 8)
    return cells > cells.mean((1, 2), keepdims=True)


def cosine_hash(images):
    """pHash (Zauner 2010): is the coefficient above the median, of frequencies 1 to 8 of the cosine transform?"""
    def cosines(size):
        places, frequencies = np.arange(size), np.arange(1, 9)[:, None]
        return np.cos(np.pi * (2 * places + 1) * frequencies / (2 * size))
    coefficients = cosines(images.shape[1]) @ images.astype(np.float64) @ cosines(images.shape[2]).T
    return coefficients > np.median(coefficients, (1, 2), keepdims=True)


def share_with_common_piece(hashes, others, count):
    """Return the share of pairs with at least one of `count` pieces of 64 bits in common. hashes: [n, 64] of bits."""
    edges = [64 * piece // count for piece in range(count + 1)]
    is_common = np.zeros((len(others), len(hashes)), bool)
    for start, end in zip(edges, edges[1:]):
        values, wanted = (np.packbits(bits[:, start:end], axis=1) for bits in (hashes, others))
        values, wanted = (np.ascontiguousarray(bits).view(f"V{bits.shape[1]}")[:, 0] for bits in (values, wanted))
        _, numbers = np.unique(np.concatenate([values, wanted]), return_inverse=True)
        is_common |= numbers[:len(hashes)] == numbers[len(hashes):, None]
    return is_common.mean()


def main():
    parser = argparse.ArgumentParser(description="Compare perceptual hashes.")
    parser.add_argument("known", help="a stream of grey images")
    parser.add_argument("images", help="another one")
    parser.add_argument("near", help="what examples/near_duplicates.py writes of both")
    options = parser.parse_args()
    known, images = read_images(options.known), read_images(options.images)
    with open(options.near, encoding="utf-8") as file:
        pairs = [(int(row["record"]), int(row["neighbour"])) for row in csv.DictReader(file, delimiter="\t")]
    sample = np.random.default_rng(0).choice(len(images), min(SAMPLE, len(images)), replace=False)
    print("hash\tbits\tfound\tof\tshare\tshare_by_pieces")
    for function in (difference_hash, cosine_hash, mean_hash):
        known_bits, bits_of_images = (function(each).reshape(len(each), 64) for each in (known, images))
        hashes, others = (np.packbits(each, axis=1).view(np.uint64)[:, 0] for each in (known_bits, bits_of_images))
        near = np.bitwise_count(others[[image for image, _ in pairs]] ^ hashes[[neighbour for _, neighbour in pairs]])
        counts = np.zeros(65, np.int64)
        for image in sample:
            counts += np.bincount(np.bitwise_count(hashes ^ others[image]), minlength=65)
        shares = counts.cumsum() / counts.sum()
        for bits in (0, 2, 4, 6, 8, 12, 16):
            by_pieces = share_with_common_piece(known_bits, bits_of_images[sample], bits + 1)
            print(f"{function.__name__}\t{bits}\t{(near <= bits).sum()}\t{len(pairs)}\t{shares[bits]:.5f}\t{by_pieces:.5f}")


if __name__ == "__main__":
    main()

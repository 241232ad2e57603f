"""Writes NumPy's headers for chunks and ends to standard output, for comparison in HeaderTests.swift.

The stored headers.bin is this program's output with NumPy 2.4. The test has the cases in the same order.
"""

import itertools
import sys

import numpy as np

out = sys.stdout.buffer


def header(dtype, shape):
    np.lib.format.write_array_header_1_0(
        out, {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape})


# Texts of every length, so that every padding occurs: sides of one to four digits, all sets of fields.
images = [(h, w) + c for h, w, c in itertools.product((1, 28, 100, 4096), (7, 28, 640, 1024), ((), (3,)))]
labels = ([], [("label", "u1")])
names = ([], [("name", "S1")], [("name", "S37")], [("name", "S4096")])
for image, label, name in itertools.product(images, labels, names):
    header([("image", "u1", image)] + label + name, (1024,))
for label, name, classes in itertools.product(labels, names, (1, 10, 256)):
    header(label + name + [("predicted", "u1"), ("probability", "<f4", (classes,))], (1,))
for count in (1, 9, 10, 999, 1000, 10**6, 10**12):
    header([("image", "u1", (28, 28)), ("label", "u1")], (count,))
for size in (1, 9, 10, 99, 100, 1000, 2**20, 2**24):
    header(f"S{size}", ())

"""Writes a stream to standard output with examples/numpy_stream.py: `streams.py EXAMPLES images|predictions`.

The stored images.bin and predictions.bin are this program's output with NumPy 2.4. NumPyStreamTests.swift makes the
same records.
"""

import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from numpy_stream import make_records, write_stream

index = np.arange(1500)
names = np.array([b"%d.png" % i for i in index])
labels = (index % 3).astype("u1")
if sys.argv[2] == "images":
    pixels = (index[:, None, None, None] + np.arange(18).reshape(2, 3, 3)).astype("u1")
    records = make_records(pixels, labels, names)
else:
    records = np.empty(1500, [("label", "u1"), ("name", names.dtype), ("predicted", "u1"), ("probability", "<f4", (3,))])
    records["label"] = labels
    records["name"] = names
    records["predicted"] = (index // 500).astype("u1")
    records["probability"] = (index[:, None] + np.arange(3)) / np.float32(2048)
# Our writer makes names as wide as the longest of their chunk: "1023.png" and "1499.png", both 8 bytes, as in `names`.
write_stream(sys.stdout.buffer, [records[:1024], records[1024:]], ["ä", "b\t", "c\""], ["streams.py 'é'"])

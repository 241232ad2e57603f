"""Writes the images of a tensor stream as PNG files, as other programs would."""

import os
import sys

from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
from numpy_stream import read_stream  # noqa: E402  (the path is set above)


def write(stream, folder, count):
    """Writes the first `count` images into `folder`, and returns the path of the first file."""
    os.makedirs(folder, exist_ok=True)
    paths = []
    with open(stream, "rb") as file:
        for records in read_stream(file):
            for image in records["image"][: count - len(paths)]:
                paths.append(os.path.join(folder, f"{len(paths):05}.png"))
                Image.fromarray(image).save(paths[-1])
            if len(paths) == count:
                break
    return paths[0]

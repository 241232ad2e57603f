"""Decodes the PNG files of a folder with Pillow, in one thread, and prints their number and the time in seconds.

    pillow_decoding.py FOLDER

Links are followed, also to folders, as in png2raw. The time excludes the start of Python and the import of Pillow. The
pixels are not used. Files that Pillow cannot read are skipped.
"""

import os
import sys
import time

from PIL import Image


def main():
    paths = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(sys.argv[1], followlinks=True) for name in sorted(names) if name.lower().endswith(".png")]
    started, count = time.perf_counter(), 0
    for path in paths:
        try:
            with Image.open(path) as image:
                image.load()
            count += 1
        except (OSError, SyntaxError, ValueError):
            pass
    print(count, time.perf_counter() - started)


if __name__ == "__main__":
    main()

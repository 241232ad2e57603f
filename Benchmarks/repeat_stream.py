"""Writes a stream of any length to standard output, by repeating the records of another stream.

    repeat_stream.py test.raw 10000000 | fm-predict …
    repeat_stream.py test.raw 1000000 --name | raw2png --tar pictures.tar

With --name, records have their numbers as names, in folders of a thousand: 000/000.png.
"""

import itertools
import os
import signal
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
import numpy_stream  # noqa: E402  (found in the folder of examples)


def chunks(path, count):
    """Yields arrays of at most 1,024 records, with `count` records in all."""
    with open(path, "rb") as file:
        arrays = [array.copy() for array in numpy_stream.read_stream(file)]
    for array in itertools.cycle(arrays):
        yield array[:count]
        count -= len(array[:count])
        if count == 0:
            return


def named(arrays):
    """Yields the same records with their numbers as names."""
    start = 0
    for array in arrays:
        names = np.array([b"%03d/%03d.png" % divmod(start + place, 1000) for place in range(len(array))], "S64")
        yield numpy_stream.make_records(array["image"], array["label"], names)
        start += len(array)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    records = chunks(sys.argv[1], int(sys.argv[2]))
    if sys.argv[3:] == ["--name"]:
        records = named(records)
    numpy_stream.write_stream(sys.stdout.buffer, records, history=["repeat_stream.py"])
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

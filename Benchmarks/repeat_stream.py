"""Writes a stream of any length to standard output: the records of another stream, again and again.

    repeat_stream.py test.raw 10000000 | fm-predict …
"""

import itertools
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
import numpy_stream  # noqa: E402  (found in the folder of examples)


def chunks(path, count):
    """Arrays of at most 1,024 records, `count` records in all."""
    with open(path, "rb") as file:
        arrays = [array.copy() for array in numpy_stream.read_stream(file)]
    for array in itertools.cycle(arrays):
        yield array[:count]
        count -= len(array[:count])
        if count == 0:
            return


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    numpy_stream.write_stream(sys.stdout.buffer, chunks(sys.argv[1], int(sys.argv[2])), history=["repeat_stream.py"])
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

"""The common part of the peers' processes: the data, and the protocol.

A peer runs in a separate process, so that it controls its own threads. It reads one JSON request on each line, and answers
with a line: {"result": …}, or {"error": …} if a setting does not work on this machine.
"""

import json
import sys

import numpy


def read_stream(path):
    """Returns the images of a tensor stream as floats 0…1, [N, 1, 28, 28], and the labels."""
    images, labels = [], []
    with open(path, "rb") as file:
        while (array := numpy.lib.format.read_array(file)).ndim == 1:
            images.append(array["image"])
            labels.append(array["label"])
    pixels = numpy.concatenate(images)[:, None].astype(numpy.float32) / 255
    return pixels, numpy.concatenate(labels).astype(numpy.int64)


def serve(works):
    """Answers requests with the functions in `works` until the input ends."""
    # Libraries may print to standard output at any time, so answers need a separate descriptor.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": works[request.pop("work")](**request)}
        except Exception as error:  # whatever a library throws: the setting is "n/a", and the comparison continues
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)

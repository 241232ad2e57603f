"""What the peers' processes share: the data, and the conversation.

A peer runs in a process of its own, so that its threads are as it sets them. It reads a JSON request a line and
answers with a line: {"result": …}, or {"error": …} where a setting does not work on this machine.
"""

import json
import sys

import numpy


def read_stream(path):
    """Images as floats 0…1, [N, 1, 28, 28], and labels, of a tensor stream."""
    images, labels = [], []
    with open(path, "rb") as file:
        while (array := numpy.lib.format.read_array(file)).ndim == 1:
            images.append(array["image"])
            labels.append(array["label"])
    pixels = numpy.concatenate(images)[:, None].astype(numpy.float32) / 255
    return pixels, numpy.concatenate(labels).astype(numpy.int64)


def serve(works):
    """Answers requests by the functions of `works`, until the input ends."""
    # Libraries print to standard output when they like; answers need a descriptor of their own.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": works[request.pop("work")](**request)}
        except Exception as error:  # whatever a library throws: the setting is "n/a", the comparison goes on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)

"""onnxruntime's side of the comparison: forward passes of a network that PyTorch exported. See peer_process.py.

    onnxruntime_peer.py STREAM THREADS
"""

import functools
import sys
import time

import numpy
import onnxruntime

import peer_process


@functools.cache
def session(path, threads):
    """Returns a session of the CPU provider with this many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Peer:
    """The images, and the work that can be timed with them."""

    def __init__(self, stream, threads):
        self.images, _ = peer_process.read_stream(stream)
        self.threads = threads

    def predict(self, path, batch, count, setting):
        """Returns the images/s of forward passes with softmax and argmax. "one thread" is a setting for small batches."""
        network = session(path, 1 if "one thread" in setting else self.threads)
        for start in range(0, 10 * batch, batch):
            network.run(None, {"image": self.images[start : start + batch]})
        started = time.perf_counter()
        for start in range(0, count - batch + 1, batch):
            numpy.argmax(network.run(None, {"image": self.images[start : start + batch]})[0], 1)
        return count // batch * batch / (time.perf_counter() - started)


def main():
    peer = Peer(sys.argv[1], int(sys.argv[2]))
    peer_process.serve({"predict": peer.predict})


if __name__ == "__main__":
    main()

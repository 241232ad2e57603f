#!/usr/bin/env python3
"""Runs a model of fm-export in onnxruntime, and compares it with fm-predict.

    fm-export cnn.safetensors --to onnx > cnn.onnx
    fm-predict -m cnn.safetensors --format raw --log-probabilities test.raw > predictions.raw
    python3 examples/onnx_model.py cnn.onnx test.raw predictions.raw

It classifies a tensor stream, and exits with 1 if a logit differs by more than 1e-4 from what fm-predict computed, or by
more than 1e-4 of it where it is larger than 1: of logits of a thousand, single precision keeps no more.

Needs onnxruntime (pip install onnxruntime).
"""

import sys

import numpy
import onnxruntime
from numpy_stream import read_stream


def classify(session, images):
    """Logits [N, classes] of images as a stream has them: bytes [N, H, W] or [N, H, W, 3]."""
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return session.run(["logits"], {"images": images})[0]


def log_softmax(logits):
    """In double precision: the logarithms of the probabilities."""
    logits = logits.astype(numpy.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))


def main():
    model, images_path, predictions_path = sys.argv[1:]
    session = onnxruntime.InferenceSession(model)
    with open(images_path, "rb") as stream:
        theirs = log_softmax(numpy.concatenate([classify(session, part["image"]) for part in read_stream(stream)]))
    with open(predictions_path, "rb") as stream:
        ours = numpy.concatenate([part["log_probability"] for part in read_stream(stream)])
    # Logarithms of probabilities are logits, but for what all logits of an image have in common.
    worst = (numpy.abs(ours - theirs) / numpy.maximum(1, numpy.abs(theirs))).max()
    same = (ours.argmax(axis=1) == theirs.argmax(axis=1)).sum()
    print(f"{len(ours)} images: {same} times the same class, logits differ by {worst:.2g} at most")
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())

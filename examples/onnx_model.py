#!/usr/bin/env python3
"""Run a model from fm-export in onnxruntime, and compare it with fm-predict.

    fm-export cnn.safetensors --to onnx > cnn.onnx
    fm-predict -m cnn.safetensors --format raw --log-probabilities test.raw > predictions.raw
    python3 examples/onnx_model.py cnn.onnx test.raw predictions.raw

The script classifies a tensor stream, and exits with status 1 if a logit differs from fm-predict's by more than 1e-4. For
logits larger than 1 the limit is relative, because single precision keeps no more digits of a logit of a thousand. If
fm-predict averages over views of an image, the exported network does so, too, unless it was exported with --average none.

Needs onnxruntime (pip install onnxruntime).
"""

import argparse
import sys

import numpy
import onnxruntime
from numpy_stream import read_stream


def classify(session, images):
    """Return the logits [N, classes] of images from a stream: bytes [N, H, W] or [N, H, W, 3]."""
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return session.run(["logits"], {"images": images})[0]


def log_softmax(logits):
    """Return the logarithms of the probabilities, in double precision."""
    logits = logits.astype(numpy.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))


def column(path, name):
    """Return a whole column of a tensor stream."""
    with open(path, "rb") as stream:
        parts = list(read_stream(stream))
    if not parts or name not in parts[0].dtype.names:
        hint = ", which fm-predict --format raw --log-probabilities writes" if name == "log_probability" else ""
        raise ValueError(f"{path}: has no column {name}{hint}")
    return numpy.concatenate([part[name] for part in parts])


def load(path):
    """Return an inference session for a model."""
    try:
        return onnxruntime.InferenceSession(path)
    # onnxruntime's exceptions have no other common base class.
    except Exception as error:
        raise ValueError(f"{path}: {error}") from error


def compare(options):
    session = load(options.model)
    images, ours = column(options.images, "image"), column(options.predictions, "log_probability")
    if len(images) != len(ours):
        raise ValueError(f"{options.predictions}: {len(ours)} predictions for {len(images)} images of {options.images}")
    theirs = log_softmax(numpy.concatenate(
        [classify(session, images[start:start + 1024]) for start in range(0, len(images), 1024)]))
    # Logarithms of probabilities are logits, up to a term that all logits of an image share.
    worst = (numpy.abs(ours - theirs) / numpy.maximum(1, numpy.abs(theirs))).max()
    same = (ours.argmax(axis=1) == theirs.argmax(axis=1)).sum()
    print(f"{len(ours)} images: the same class for {same}; logits differ by at most {worst:.2g}")
    return 0 if worst <= 1e-4 else 1


def main():
    parser = argparse.ArgumentParser(
        description="Run a model from fm-export in onnxruntime, and compare its predictions with those of fm-predict.",
        epilog="Exit status: 0 if they agree within 1e-4; 1 if they do not, or if a file cannot be read.")
    parser.add_argument("model", help="the model: fm-export cnn.safetensors --output cnn.onnx")
    parser.add_argument("images", help="a stream of images: idx2raw images.gz > test.raw")
    parser.add_argument(
        "predictions",
        help="their predictions: fm-predict -m cnn.safetensors --format raw --log-probabilities test.raw > predictions.raw")
    options = parser.parse_args()
    try:
        return compare(options)
    except (OSError, ValueError) as error:
        sys.exit(f"onnx_model.py: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    sys.exit(main())

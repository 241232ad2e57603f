#!/usr/bin/env python3
"""Runs a model of fm-train in PyTorch.

    import pytorch_model
    network = pytorch_model.load("cnn.safetensors")        # a torch.nn.Module in eval mode
    logits = network(images)                               # images: [N, C, H, W] floats, bytes / 255

As a program it classifies a tensor stream with PyTorch, compares the outcome with fm-predict's, and exits with 1 if a
logit differs by more than 1e-4, or by more than 1e-4 of it where it is larger than 1. A model that was trained for it is
averaged over each image and its mirror image, as fm-predict does:

    fm-predict -m cnn.safetensors --format raw test.raw > predictions.raw
    python3 examples/pytorch_model.py cnn.safetensors test.raw predictions.raw

Needs torch and safetensors (pip install torch safetensors).
"""

import argparse
import json
import sys

import numpy
import safetensors
import safetensors.torch
import torch
from numpy_stream import read_stream
from torch import nn


class Network(nn.Module):
    """The network of an architecture, in its full form: layers named as in the model file."""

    def __init__(self, architecture, image, class_count):
        super().__init__()
        channels, height, width = image
        shape = torch.zeros(1, channels, height, width)
        self.steps = []
        counts = {"conv": 0, "fc": 0}
        for word in architecture.split():
            kind, value, options = parse(word)
            step = None
            if kind == "conv":
                kernel = options.get("kernel", 3)
                padding = options.get("padding", (kernel - 1) // 2)
                layer = nn.Conv2d(shape.shape[1], int(value), kernel, options.get("stride", 1), padding)
                step = self.named("conv", counts, layer)
            elif kind == "linear":
                step = self.named("fc", counts, nn.Sequential(nn.Flatten(), nn.Linear(shape[0].numel(), int(value))))
            elif kind == "pool":
                size = int(value or 2)
                step = nn.MaxPool2d(size, options.get("stride", size))
            elif kind == "relu":
                step = nn.ReLU()
            elif kind == "dropout":
                step = nn.Dropout(float(value))
            self.steps.append(step)
            with torch.no_grad():
                shape = step(shape)
        self.out = nn.Linear(shape[0].numel(), class_count)

    def named(self, kind, counts, layer):
        """Registers a layer as conv1, fc2, … and returns what runs it."""
        counts[kind] += 1
        flatten = isinstance(layer, nn.Sequential)
        setattr(self, f"{kind}{counts[kind]}", layer[1] if flatten else layer)
        return layer

    def forward(self, images):
        for step in self.steps:
            images = step(images)
        return self.out(images.flatten(1))

    def train(self, mode=True):
        # The steps are a plain list, so that the parameters have the model file's names and no others.
        for step in self.steps:
            step.train(mode)
        return super().train(mode)


def parse(word):
    """`conv:16,kernel=5` → ("conv", "16", {"kernel": 5})"""
    head, *options = word.split(",")
    kind, _, value = head.partition(":")
    return kind, value, {key: int(number) for key, number in (option.split("=") for option in options)}


def load(path):
    """The network of a model file, ready to classify."""
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    if "fm-tools.architecture" not in metadata:
        raise ValueError(f"{path}: is no model file of fm-train: the metadata have no layers")
    network = Network(
        metadata["fm-tools.architecture"],
        json.loads(metadata["fm-tools.input"]),
        int(metadata["fm-tools.class-count"]),
    )
    network.load_state_dict(safetensors.torch.load_file(path))
    return network.eval()


def averaging(path):
    """How fm-predict averages the answers of a model file: "none", or "flip"."""
    with safetensors.safe_open(path, "pt") as file:
        training = json.loads(file.metadata().get("fm-tools.training", "{}"))
    return training.get("settings", {}).get("average", "none")


def classify(network, images, average="none"):
    """Logits of images [N, C, H, W]; with "flip", the mean of those of the image and of its mirror image."""
    with torch.inference_mode():
        logits = network(images)
        return (logits + network(images.flip(3))) / 2 if average == "flip" else logits


def column(path, name):
    """The column of a tensor stream, whole."""
    with open(path, "rb") as stream:
        parts = list(read_stream(stream))
    if not parts or name not in parts[0].dtype.names:
        hint = ", which fm-predict --format raw writes" if name == "probability" else ""
        raise ValueError(f"{path}: has no column {name}{hint}")
    return numpy.concatenate([part[name] for part in parts])


def compare(options):
    network = load(options.model)
    average = options.average or averaging(options.model)
    images, probabilities = column(options.images, "image"), column(options.predictions, "probability")
    if len(images) != len(probabilities):
        raise ValueError(
            f"{options.predictions}: {len(probabilities)} predictions for {len(images)} images of {options.images}")
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    pieces = [torch.from_numpy(images[start:start + 512].astype(numpy.float32) / 255)
              for start in range(0, len(images), 512)]
    theirs = torch.cat([classify(network, piece, average) for piece in pieces])
    theirs = torch.log_softmax(theirs.double(), 1).numpy()
    with numpy.errstate(divide="ignore"):
        ours = numpy.log(probabilities.astype(numpy.float64))
    # Softmax cancels what all logits have in common, and below e⁻⁶⁰ nothing is left of a probability to compare.
    worst = (numpy.abs(ours - theirs) / numpy.maximum(1, numpy.abs(theirs)))[theirs > -60].max()
    same = (ours.argmax(1) == theirs.argmax(1)).sum()
    print(f"{len(images)} images: {same} times the same class, logits differ by {worst:.2g} at most")
    return 0 if worst <= 1e-4 else 1


def main():
    parser = argparse.ArgumentParser(
        description="Run a model of fm-train in PyTorch, and compare its answers with those of fm-predict.",
        epilog="Exit status: 0 if they agree within 1e-4, 1 if they do not, or something cannot be read.")
    parser.add_argument("model", help="a model file of fm-train")
    parser.add_argument("images", help="a stream of images: idx2raw images.gz > test.raw")
    parser.add_argument(
        "predictions", help="their predictions: fm-predict -m cnn.safetensors --format raw test.raw > predictions.raw")
    parser.add_argument(
        "--average", choices=["none", "flip"],
        help="views whose mean the answers are, as fm-predict's option (default: as the model says)")
    options = parser.parse_args()
    try:
        return compare(options)
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
        sys.exit(f"pytorch_model.py: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    sys.exit(main())

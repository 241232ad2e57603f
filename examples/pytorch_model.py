#!/usr/bin/env python3
"""Runs a model of fm-train in PyTorch.

    import pytorch_model
    network = pytorch_model.load("cnn.safetensors")        # a torch.nn.Module in eval mode
    logits = network(images)                               # images: [N, C, H, W] floats, bytes / 255

As a program it classifies a tensor stream with PyTorch, compares the outcome with fm-predict's, and exits with 1 if a
logit differs by more than 1e-4:

    fm-predict -m cnn.safetensors --format raw test.raw > predictions.raw
    python3 examples/pytorch_model.py cnn.safetensors test.raw predictions.raw

Needs torch and safetensors (pip install torch safetensors).
"""

import json
import sys

import numpy
import safetensors
import safetensors.torch
import torch
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
        metadata = file.metadata()
    network = Network(
        metadata["fm-tools.architecture"],
        json.loads(metadata["fm-tools.input"]),
        int(metadata["fm-tools.class-count"]),
    )
    network.load_state_dict(safetensors.torch.load_file(path))
    return network.eval()


def read_stream(path):
    """All records of a tensor stream as one array."""
    chunks = []
    with open(path, "rb") as file:
        while (array := numpy.lib.format.read_array(file)).ndim == 1:
            chunks.append(array)
    return numpy.concatenate(chunks)


def main():
    model, images_path, predictions_path = sys.argv[1:]
    network = load(model)
    images = read_stream(images_path)["image"].astype(numpy.float32) / 255
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    with torch.inference_mode():
        theirs = torch.cat([network(torch.from_numpy(part)) for part in numpy.array_split(images, 1 + len(images) // 512)])
    theirs = torch.log_softmax(theirs.double(), 1).numpy()
    ours = numpy.log(read_stream(predictions_path)["probability"].astype(numpy.float64))
    # Softmax cancels what all logits have in common, and below e⁻⁶⁰ nothing is left of a probability to compare.
    worst = numpy.abs(ours - theirs)[theirs > -60].max()
    same = (ours.argmax(1) == theirs.argmax(1)).sum()
    print(f"{len(images)} images: {same} times the same class, logits differ by {worst:.2g} at most")
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())

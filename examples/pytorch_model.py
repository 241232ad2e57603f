#!/usr/bin/env python3
"""Run a model from fm-train in PyTorch.

    import pytorch_model
    network = pytorch_model.load("cnn.safetensors")        # a torch.nn.Module in eval mode
    logits = network(images)                               # images: [N, C, H, W] floats, bytes / 255; the network
                                                           # normalises pixels itself if the model requires it, and
                                                           # divides by the temperature if the model is calibrated

As a program it classifies a tensor stream with PyTorch and compares the result with fm-predict's. It exits with status 1 if
a logit differs by more than 1e-4; for logits larger than 1 the limit is relative. If the model was trained for averaging,
it averages over views of each image, as fm-predict does:

    fm-predict -m cnn.safetensors --format raw test.raw > predictions.raw
    python3 examples/pytorch_model.py cnn.safetensors test.raw predictions.raw

Needs torch and safetensors (pip install torch safetensors).
"""

import argparse
import collections
import json
import re
import sys

import numpy
import safetensors
import safetensors.torch
import torch
from numpy_stream import read_stream
from torch import nn


class Residual(nn.Sequential):
    """The sum of the output of its layers and the output of its shortcut."""

    def forward(self, images):
        result = images
        for name, layer in self.named_children():
            if name != "shortcut":
                result = layer(result)
        return result + self.shortcut(images)


class Concat(nn.Sequential):
    """The concatenated channels of all branches."""

    def forward(self, images):
        return torch.cat([branch(images) for branch in self], 1)


class Scale(nn.Module):
    """Multiplication by a fixed factor."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, images):
        return images * self.factor


class LayerNorm(nn.LayerNorm):
    """Normalisation of each pixel of a map over its channels, as in ConvNeXt, or of the values of a vector."""

    def forward(self, images):
        return super().forward(images.movedim(1, -1)).movedim(-1, 1)


class Divide(nn.Module):
    """Division by the temperature of a calibrated model."""

    def __init__(self, divisor):
        super().__init__()
        self.divisor = divisor

    def forward(self, logits):
        return logits / self.divisor


class Normalize(nn.Module):
    """Pixels minus a mean, divided by a standard deviation: one number for all channels, or one for each."""

    def __init__(self, mean, deviation):
        super().__init__()
        for name, text in (("mean", mean), ("deviation", deviation)):
            numbers = torch.tensor([float(number) for number in text.split(",")])
            self.register_buffer(name, numbers.view(-1, 1, 1), persistent=False)

    def forward(self, images):
        return (images - self.mean) / self.deviation


ACTIVATIONS = {
    "relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "hardswish": nn.Hardswish, "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class Builder:
    """Build the modules of a specification, named as in the model file. Running each on zeros determines its shape."""

    def __init__(self, specification):
        self.words = re.findall(r"[()|*]|[^\s()|*]+", specification)

    def fill(self, sequence, shape, counts=None):
        """Add the layers up to the next `)`, `|` or the end to a module, and return zeros of their output's shape."""
        counts = collections.Counter() if counts is None else counts
        while self.words and self.words[0] not in ")|":
            word = self.words.pop(0)
            if self.words[:1] == ["*"]:
                del self.words[:2]
                body = list(self.words)
                for _ in range(int(word)):
                    self.words = list(body)
                    shape = self.fill(sequence, shape, counts)
                self.words.pop(0)
                continue
            if word in ("residual", "concat"):
                stem, layer = "block", self.block(word, shape)
            else:
                stem, layer = build(word, shape)
                if stem == "fc" and shape.ndim > 2:
                    counts["flatten"] += 1
                    sequence.add_module(f"flatten{counts['flatten']}", nn.Flatten())
                    shape = shape.flatten(1)
            counts[stem] += 1
            sequence.add_module(f"{stem}{counts[stem]}", layer)
            with torch.no_grad():
                shape = layer.eval()(shape)
        return shape

    def block(self, word, shape):
        """Build `residual( main | shortcut )` or `concat( a | b | … )`. An empty branch is the identity."""
        block = Residual() if word == "residual" else Concat()
        branch = block if word == "residual" else nn.Sequential()
        branches = [branch]
        self.words.pop(0)
        self.fill(branch, shape)
        while self.words.pop(0) == "|":
            branches.append(nn.Sequential())
            self.fill(branches[-1], shape)
        if word == "residual":
            block.shortcut = branches[1] if len(branches) > 1 else nn.Sequential()
        else:
            for number, branch in enumerate(branches, 1):
                block.add_module(f"branch{number}", branch)
        return block


def build(word, shape):
    """Return the stem of a layer's name, and its module: `conv:16,kernel=5`, for inputs with the shape of `shape`."""
    head, *rest = word.split(",")
    kind, _, value = head.partition(":")
    options = dict(part.split("=") for part in rest if "=" in part)
    flags = [part for part in [value, *rest] if part and "=" not in part]

    def number(key, default):
        return int(options.get(key, default))

    if kind == "conv":
        kernel, dilation = pair(options.get("kernel", "3")), number("dilation", 1)
        padding = pair(options["padding"]) if "padding" in options else [dilation * (k - 1) // 2 for k in kernel]
        layer = nn.Conv2d(
            shape.shape[1], int(value), kernel, number("stride", 1), padding, dilation, number("groups", 1),
            bias=options.get("bias") != "no")
        layer.weight.requires_grad = options.get("whiten") != "yes"
        return kind, layer
    if kind == "norm":
        layer = (nn.BatchNorm2d if shape.ndim == 4 else nn.BatchNorm1d)(
            shape.shape[1], float(options.get("epsilon", 1e-5)), float(options.get("momentum", 0.1)))
        layer.weight.requires_grad = options.get("scale") != "no"
        return kind, layer
    if kind == "layernorm":
        layer = LayerNorm(shape.shape[1], float(options.get("epsilon", 1e-5)))
        layer.weight.requires_grad = options.get("scale") != "no"
        return kind, layer
    if kind == "pool":
        average = "average" in flags
        if "global" in flags:
            return kind, nn.Sequential((nn.AdaptiveAvgPool2d if average else nn.AdaptiveMaxPool2d)(1), nn.Flatten())
        size = int(next((flag for flag in flags if flag.isdigit()), options.get("size", 2)))
        layer = nn.AvgPool2d if average else nn.MaxPool2d
        return kind, layer(size, number("stride", size), number("padding", 0))
    if kind == "linear":
        return "fc", nn.Linear(shape[0].numel(), int(value), bias=options.get("bias") != "no")
    if kind == "leaky":
        return kind, nn.LeakyReLU(float(value or 0.01))
    if kind == "dropout":
        return kind, nn.Dropout(float(value))
    if kind == "scale":
        return kind, Scale(float(value))
    return kind, ACTIVATIONS[kind]()


def pair(text):
    """Return the rows and columns of `3` or `3x5`."""
    lengths = [int(length) for length in text.split("x")]
    return lengths * 2 if len(lengths) == 1 else lengths


class Network(nn.Sequential):
    """The network of a specification, in its full form, for images of [channels, height, width].

    `pixels` is the scaling of bytes, as in model files: `1/255`, or `1/255 mean 0.286 std 0.353`. Logits are divided by
    `temperature` if there is one.
    """

    def __init__(self, specification, image, class_count, pixels="1/255", temperature=None):
        super().__init__()
        scale, *scaling = pixels.split()
        if scale != "1/255" or scaling and scaling[::2] != ["mean", "std"]:
            raise ValueError(f"expected the pixel scaling 1/255, with or without mean and std, found {pixels}")
        if scaling:
            self.normalize = Normalize(*scaling[1::2])
        *layers, last = specification.split() or [""]
        # A specification contains the output layer only if it has no bias.
        is_written = last.startswith("linear:classes")
        builder = Builder(" ".join(layers) if is_written else specification)
        shape = builder.fill(self, torch.zeros(1, *image))
        self.flatten = nn.Flatten()
        self.out = nn.Linear(shape[0].numel(), class_count, bias=not (is_written and last.endswith("bias=no")))
        if temperature is not None:
            self.calibrate = Divide(float(temperature))
        self.train()


def load(path):
    """Return the network of a model file in eval mode."""
    with safetensors.safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
    if "fm-tools.architecture" not in metadata:
        raise ValueError(f"{path}: expected a model file from fm-train, found no layers in the metadata")
    network = Network(
        metadata["fm-tools.architecture"],
        json.loads(metadata["fm-tools.input"]),
        int(metadata["fm-tools.class-count"]),
        metadata["fm-tools.pixels"],
        metadata.get("fm-tools.temperature"),
    )
    network.load_state_dict(safetensors.torch.load_file(path), strict=True)
    return network.eval()


def averaging(path):
    """Return the views over which fm-predict averages for a model: "none", "flip", "shift=1", "flip,shift=1"."""
    with safetensors.safe_open(path, "pt") as file:
        training = json.loads(file.metadata().get("fm-tools.training", "{}"))
    return training.get("settings", {}).get("average", "none")


def views(images, average):
    """Yield views of images [N, C, H, W] and their weights: mirror images, and each shifted both ways, padded with 0."""
    words = re.fullmatch(r"none|flip|(?:flip,)?shift=(\d+)", average)
    if not words:
        raise ValueError(f"--average {average}: expected none, flip, shift=PIXELS, or flip,shift=PIXELS")
    found = [images, images.flip(3)] if "flip" in average else [images]
    shift = int(words[1] or 0)
    for view in found:
        if not shift:
            yield view, 1 / len(found)
            continue
        yield view, 0.5 / len(found)
        height, width = view.shape[2:]
        padded = nn.functional.pad(view, [shift] * 4)
        for start in (2 * shift, 0):
            yield padded[:, :, start:start + height, start:start + width], 0.25 / len(found)


def classify(network, images, average="none"):
    """Return the logits of images [N, C, H, W], averaged over their views."""
    with torch.inference_mode():
        return sum(weight * network(view) for view, weight in views(images, average))


def column(path, name):
    """Return a whole column of a tensor stream."""
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
    # Softmax cancels a term that all logits share. Probabilities below e⁻⁶⁰ are too small to compare.
    worst = (numpy.abs(ours - theirs) / numpy.maximum(1, numpy.abs(theirs)))[theirs > -60].max()
    same = (ours.argmax(1) == theirs.argmax(1)).sum()
    print(f"{len(images)} images: the same class for {same}; logits differ by at most {worst:.2g}")
    return 0 if worst <= 1e-4 else 1


def main():
    parser = argparse.ArgumentParser(
        description="Run a model from fm-train in PyTorch, and compare its predictions with those of fm-predict.",
        epilog="Exit status: 0 if they agree within 1e-4; 1 if they do not, or if a file cannot be read.")
    parser.add_argument("model", help="a model file from fm-train")
    parser.add_argument("images", help="a stream of images: idx2raw images.gz > test.raw")
    parser.add_argument(
        "predictions", help="their predictions: fm-predict -m cnn.safetensors --format raw test.raw > predictions.raw")
    parser.add_argument(
        "--average", metavar="VIEWS",
        help="the views to average over, like the option of fm-predict (default: those of the model)")
    options = parser.parse_args()
    try:
        return compare(options)
    except (OSError, ValueError, KeyError, RuntimeError, safetensors.SafetensorError) as error:
        sys.exit(f"pytorch_model.py: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Writes the PyTorch files that the tests of ModelFiles read.

    python3 -m venv venv && venv/bin/pip install numpy torch     # outside the repository
    venv/bin/python Tests/ModelFilesTests/Fixtures/make_pytorch_fixtures.py

Made with PyTorch 2.15. Values are small multiples of 1/8, exact in every type: value(i) = (i - 7) / 8. Storages that
tensors are views of have these values; each file's tensors are listed in PyTorchFixtureTests.swift.

Two files are whole networks with random weights, torch-convolutional.pth and torch-certain.pth. Beside each, a JSON file
has PyTorch's results for a few images, computed in double precision: the layers (architecture), the shape of the images,
[N, H, W], and probabilities and log_probabilities, [N, classes]. Byte i of the images is
(167 i + 29 floor(i / 13)) mod 256.
"""

import json
import pathlib
import warnings

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent
warnings.filterwarnings("ignore")


def values(*shape, dtype=torch.float32):
    count = 1
    for length in shape:
        count *= length
    return ((torch.arange(count) - 7) / 8).reshape(shape).to(dtype)


class Network(nn.Module):
    """A far smaller network with our names."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.out = nn.Linear(4, 3)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(values(*parameter.shape))

    def forward(self, images):
        return self.out(self.conv1(images).flatten(1))


def views():
    matrix = values(3, 4)
    return {
        "transposed": matrix.t(),
        "rows": matrix[1:],
        "columns": matrix[:, 1:3],
        "element": matrix[2, 3],
        "every-other": values(4, 5)[1::2, ::2],
        "permuted": values(2, 3, 4).permute(2, 0, 1),
        "channels-last": values(2, 3, 2, 2).to(memory_format=torch.channels_last),
        "scalar": values(),
        "empty": values(0, 3),
        "parameter": nn.Parameter(values(2, 2)),
        "frozen": nn.Parameter(values(2), requires_grad=False),
    }


def types():
    return {
        "half": values(5, dtype=torch.float16), "brain": values(2, 3, dtype=torch.bfloat16),
        "double": values(4, dtype=torch.float64), "single": values(3),
        "half-transposed": values(2, 3, dtype=torch.float16).t(),
    }


def checkpoint():
    network = Network()
    optimizer = torch.optim.Adam(network.parameters())
    network(values(1, 1, 3, 4)).sum().backward()
    optimizer.step()
    network.load_state_dict(Network().state_dict())
    return {
        "epoch": 3, "loss": 0.25, "model_state_dict": network.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
    }


class Convolutional(nn.Module):
    """The reference's convolutional network with fewer channels."""

    architecture = "conv:4 relu pool conv:8 relu pool dropout:0.2 linear:16 relu"
    shape = (6, 28, 28)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, padding=1)
        self.fc1 = nn.Linear(8 * 7 * 7, 16)
        self.out = nn.Linear(16, 10)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(3)

    def forward(self, images):
        values = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        values = torch.max_pool2d(torch.relu(self.conv2(values)), 2)
        return self.out(torch.relu(self.fc1(values.flatten(1))))


class Certain(nn.Module):
    """A network so certain that most probabilities are 0 in single precision."""

    architecture = "linear:6 relu"
    shape = (5, 8, 8)

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 6)
        self.out = nn.Linear(6, 3)
        with torch.no_grad():
            self.fc1.weight.mul_(8)
            self.out.weight.mul_(256)

    def forward(self, images):
        return self.out(torch.relu(self.fc1(images.flatten(1))))


def save_network(network, name):
    save(network.state_dict(), name)
    count, height, width = network.shape
    place = torch.arange(count * height * width)
    images = ((167 * place + 29 * (place // 13)) % 256).reshape(count, 1, height, width) / 255
    with torch.no_grad():
        logits = network.double()(images.double())
    expected = {
        "architecture": network.architecture, "shape": network.shape,
        "probabilities": torch.softmax(logits, 1).tolist(),
        "log_probabilities": torch.log_softmax(logits, 1).tolist(),
    }
    (FOLDER / f"torch-{name}.json").write_text(json.dumps(expected) + "\n")


def save(thing, name, **options):
    torch.save(thing, FOLDER / f"torch-{name}.pth", **options)


def save_legacy_module():
    """Saves a module without the source of its classes. PyTorch would write the source with its path if it found it."""
    def without_source(module):
        raise OSError

    find_source = torch.serialization.get_source_lines_and_file
    torch.serialization.get_source_lines_and_file = without_source
    save(Network(), "legacy-module", _use_new_zipfile_serialization=False)
    torch.serialization.get_source_lines_and_file = find_source


def main():
    legacy = {"_use_new_zipfile_serialization": False}
    state = Network().state_dict()
    save(state, "state")
    save(dict(state), "plain-dict")
    for version in (3, 4, 5):
        save(state, f"protocol-{version}", pickle_protocol=version)
    save(state, "legacy", **legacy)
    save(state, "legacy-protocol-4", pickle_protocol=4, **legacy)
    save(views(), "views")
    save(views(), "legacy-views", **legacy)
    save(types(), "types")
    save(types(), "legacy-types", **legacy)
    save({"weight": values(2, 2), "steps": torch.tensor(3)}, "integers")

    torch.manual_seed(1)
    save_network(Convolutional(), "convolutional")
    save_network(Certain(), "certain")

    # Tensors on a CUDA device are written like others, except for the device's name.
    location_tag = torch.serialization.location_tag
    torch.serialization.location_tag = lambda storage: "cuda:0"
    save(state, "cuda")
    save(state, "legacy-cuda", **legacy)
    torch.serialization.location_tag = location_tag

    # Files that are refused.
    save(Network(), "module")
    save_legacy_module()
    save(values(3), "tensor")
    save({"weight": values(1).expand(5)}, "expanded")
    torch.jit.save(torch.jit.script(Network()), FOLDER / "torch-script.pt")
    torch.serialization.set_crc32_options(False)
    save(state, "without-checksums")
    torch.serialization.set_crc32_options(True)

    save(checkpoint(), "checkpoint")


if __name__ == "__main__":
    main()

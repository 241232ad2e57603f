"""PyTorch's side of the comparison: the same networks, data, optimiser and arithmetic, at its best settings.

A process of its own, so that its threads are as it sets them; one JSON request a line in, one number a line out.
"""

import json
import sys
import time

import numpy
import torch
from torch import nn


def network(name):
    """The presets as PyTorch users write them."""
    head = [nn.Linear(1568 if name == "cnn" else 784, 512), nn.ReLU(), nn.Dropout(0.2)]
    head += [nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10)]
    if name == "ffnn":
        return nn.Sequential(nn.Flatten(), *head)
    convolutions = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    convolutions += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*convolutions, *head)


def read_stream(path):
    """Images as floats 0…1, [N, 1, 28, 28], and labels, of a tensor stream."""
    images, labels = [], []
    with open(path, "rb") as file:
        while (array := numpy.lib.format.read_array(file)).ndim == 1:
            images.append(array["image"])
            labels.append(array["label"])
    pixels = numpy.concatenate(images)[:, None].astype(numpy.float32) / 255
    return torch.from_numpy(pixels), torch.from_numpy(numpy.concatenate(labels).astype(numpy.int64))


def train(images, labels, arch, batch, count, setting):
    """Images a second of training steps over `count` images, after a warm-up that is not timed."""
    torch.manual_seed(0)
    model = network(arch)
    if "channels_last" in setting:
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused="fused" in setting)
    order = torch.randperm(len(images))
    model.train()

    def step(start):
        chosen = order[start : start + batch]
        loss = nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for start in range(0, 10 * batch, batch):
        step(start)
    started = time.perf_counter()
    for start in range(0, count - batch + 1, batch):
        step(start)
    return count // batch * batch / (time.perf_counter() - started)


@torch.inference_mode()
def predict(images, arch, batch, count, setting):
    """Images a second of forward passes with softmax and argmax."""
    model = network(arch).eval()
    if "channels_last" in setting:
        model = model.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    for start in range(0, 10 * batch, batch):
        model(images[start : start + batch])
    started = time.perf_counter()
    for start in range(0, count, batch):
        torch.softmax(model(images[start : start + batch]), 1).argmax(1)
    return count / (time.perf_counter() - started)


def main():
    torch.set_num_threads(int(sys.argv[2]))
    images, labels = read_stream(sys.argv[1])
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        work = request.pop("work")
        speed = train(images, labels, **request) if work == "train" else predict(images, **request)
        print(json.dumps(speed), flush=True)


if __name__ == "__main__":
    main()

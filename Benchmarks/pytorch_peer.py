"""PyTorch's side of the comparison: the same networks, data, optimiser and arithmetic. See peer_process.py.

    pytorch_peer.py STREAM THREADS
"""

import logging
import sys
import time

import torch
from torch import nn

import networks
import peer_process
import pytorch_kernels


def network(name):
    """Returns a network as PyTorch users write it."""
    if name in networks.MODULES:
        return networks.MODULES[name]()
    head = [nn.Linear(1568 if name == "cnn" else 784, 512), nn.ReLU(), nn.Dropout(0.2)]
    head += [nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10)]
    if name == "ffnn":
        return nn.Sequential(nn.Flatten(), *head)
    convolutions = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    convolutions += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*convolutions, *head)


class Peer:
    """The data, and the work that can be timed with it."""

    def __init__(self, stream):
        images, labels = peer_process.read_stream(stream)
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)

    def prepared(self, arch, setting):
        """Returns the network and the images for a setting: some of bfloat16, channels_last, compiled, fused."""
        torch.manual_seed(0)
        model, images = network(arch), self.images
        if "channels_last" in setting:
            model = model.to(memory_format=torch.channels_last)
            images = images.to(memory_format=torch.channels_last)
        if "compiled" in setting:
            torch.compiler.reset()
            model = torch.compile(model)
        return model, images

    def train(self, arch, batch, count, setting):
        """Returns the images/s of training steps over `count` images, after a warm-up that is not timed."""
        model, images = self.prepared(arch, setting)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused="fused" in setting)
        order = torch.randperm(len(images))
        model.train()

        def step(start):
            chosen = order[start : start + batch]
            with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in setting):
                loss = nn.functional.cross_entropy(model(images[chosen]), self.labels[chosen])
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
    def predict(self, arch, batch, count, setting):
        """Returns the images/s of forward passes with softmax and argmax."""
        model, images = self.prepared(arch, setting)
        model.eval()
        if "bfloat16" in setting:
            model, images = model.bfloat16(), images.bfloat16()
        for start in range(0, 10 * batch, batch):
            model(images[start : start + batch])
        started = time.perf_counter()
        for start in range(0, count - batch + 1, batch):
            torch.softmax(model(images[start : start + batch]), 1).argmax(1)
        return count // batch * batch / (time.perf_counter() - started)


def export(arch, path):
    """Writes the network with its softmax as ONNX, for any batch size."""
    model = nn.Sequential(network(arch), nn.Softmax(1)).eval()
    example = torch.zeros(2, 1, 28, 28)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    batch = torch.export.Dim("batch")
    torch.onnx.export(
        model, (example,), path, input_names=["image"], output_names=["probability"], dynamic_shapes=({0: batch},),
        dynamo=True, verbose=False)


def main():
    torch.set_num_threads(int(sys.argv[2]))
    # Subnormal moments make Adam slow (see WorkerPool.swift). PyTorch's threads inherit this mode, so it comes first.
    torch.set_flush_denormal(True)
    peer = Peer(sys.argv[1])
    works = {"train": peer.train, "predict": peer.predict, "export": export, "kernel": pytorch_kernels.seconds}
    peer_process.serve(works)


if __name__ == "__main__":
    main()

"""Does the work of `png2raw PATH | fm-predict` in Python: Pillow decodes, PyTorch classifies.

    pillow_peer.py WEIGHTS PATH BATCH THREADS PROCESSES

PATH is a file or a folder of PNG files. Writes a line for each: its path, a tab, the class. If PROCESSES is above 0, that
many processes of torch's DataLoader decode beside this one; otherwise, this one does everything.
"""

import os
import sys

import numpy
import torch
from PIL import Image
from torch import nn


def network(weights):
    """Returns the preset cnn, with tensors named as in its files."""
    model = nn.ModuleDict({
        "conv1": nn.Conv2d(1, 16, 3, padding=1), "conv2": nn.Conv2d(16, 32, 3, padding=1),
        "fc1": nn.Linear(1568, 512), "fc2": nn.Linear(512, 256), "out": nn.Linear(256, 10)})
    model.load_state_dict(torch.load(weights, weights_only=True))
    pool = nn.MaxPool2d(2)
    return nn.Sequential(
        model["conv1"], nn.ReLU(), pool, model["conv2"], nn.ReLU(), pool, nn.Flatten(), model["fc1"], nn.ReLU(),
        model["fc2"], nn.ReLU(), model["out"]).eval()


class Pictures(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return numpy.asarray(image.convert("L"))


def together(images):
    return torch.from_numpy(numpy.stack(images))


@torch.inference_mode()
def main():
    weights, path, batch, threads, processes = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
    torch.set_num_threads(threads)
    paths = [path]
    if os.path.isdir(path):
        paths = [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(".png")]
    model = network(weights).to(memory_format=torch.channels_last)
    loader = torch.utils.data.DataLoader(
        Pictures(paths), batch_size=batch, collate_fn=together, num_workers=processes)
    start = 0
    for images in loader:
        pixels = (images[:, None].float() / 255).contiguous(memory_format=torch.channels_last)
        labels = torch.softmax(model(pixels), 1).argmax(1).tolist()
        for name, label in zip(paths[start:], labels):
            sys.stdout.write(f"{name}\t{label}\n")
        start += len(labels)


if __name__ == "__main__":
    main()

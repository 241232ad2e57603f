"""The networks of specifications.py as PyTorch users write them."""

from torch import nn


class GlobalMaximum(nn.Module):
    def forward(self, maps):
        return maps.amax((2, 3))


class Residual(nn.Module):
    """Two convolutions and a connection around them, with a 1 × 1 convolution if shapes differ."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, maps):
        return nn.functional.relu(self.main(maps) + self.shortcut(maps))


def plain():
    layers = [nn.Conv2d(1, 18, 3, padding=1), nn.GELU()]
    inputs = 18
    for channels in (64, 128, 256):
        layers += [nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        layers += [nn.BatchNorm2d(channels), nn.GELU()]
        layers += [nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.GELU()]
        inputs = channels
    return nn.Sequential(*layers, GlobalMaximum(), nn.Linear(256, 10, bias=False))


def residual():
    stem = [nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    blocks = [Residual(32, 32), Residual(32, 32), Residual(32, 64, 2), Residual(64, 64)]
    blocks += [Residual(64, 128, 2), Residual(128, 128)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


MODULES = {"plain": plain, "residual": residual}

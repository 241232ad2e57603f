#!/usr/bin/env python3
"""Writes PyTorch's results for small networks of common kinds, with branches and normalisations.

    venv/bin/python Tests/ExecutionTests/Fixtures/make_graph_reference.py     # set up as in make_reference.py

Each case is a safetensors file `Graphs/CASE.safetensors`, computed in double precision from parameters that are exact in
single precision, and stored rounded to F32. Metadata and tensors are those of make_reference.py, with these sets. NAME
runs over the whole state, including running statistics:

    logits              [N, classes]   with the running statistics of the start (`eval`)
    loss, grad.NAME                    with the batch's statistics (`train`); learned parameters only
    sgd1.NAME, sgd5.NAME               after 1 and 5 steps of SGD with momentum on this same batch
    judged.logits       [N, classes]   of sgd5, with its running statistics
    groups3.NAME                       after 3 steps of SGD with Nesterov's momentum, in which only weights of convolutions
                                       and linear layers decay, and normalisations have their own learning rate
"""

import math
import pathlib
import re

import numpy
import torch

import make_reference

FOLDER = pathlib.Path(__file__).resolve().parent / "Graphs"
SGD = dict(lr=0.05, momentum=0.9)
WEIGHT_DECAY = 0.01
NORM_RATE = 4

# name, specification, (channels, height, width), classes, batch
CASES = [
    ("lenet",
     "conv:4,kernel=5 tanh pool:average conv:6,kernel=5,padding=0 tanh pool:average linear:10 tanh linear:8 sigmoid",
     (1, 12, 12), 5, 4),
    ("vgg",
     "conv:6,bias=no norm relu conv:6,bias=no pool norm,epsilon=0.001,momentum=0.3 gelu conv:17 norm relu pool"
     " linear:10 norm,scale=no relu", (1, 8, 9), 4, 5),
    ("resnet",
     "conv:6,bias=no norm relu residual( conv:6,bias=no norm relu conv:6,bias=no norm ) relu"
     " residual( conv:10,stride=2,bias=no norm relu conv:10,bias=no norm | conv:10,kernel=1,stride=2,bias=no norm )"
     " relu pool:average,global", (3, 7, 8), 4, 4),
    ("mobilenet",
     "conv:6,stride=2,bias=no norm hardswish residual( conv:12,kernel=1,bias=no norm hardswish"
     " conv:12,groups=12,bias=no norm hardswish conv:6,kernel=1,bias=no norm ) conv:12,kernel=1 norm silu"
     " conv:18,groups=6,stride=2,kernel=5 norm silu pool:average,global scale:0.5 linear:classes,bias=no",
     (1, 9, 9), 4, 4),
    ("convnext",
     "conv:17,kernel=2,stride=2,padding=0 layernorm residual( conv:17,kernel=7,groups=17 layernorm,epsilon=1e-6"
     " conv:24,kernel=1 gelu conv:17,kernel=1 ) layernorm,scale=no conv:18,kernel=2,stride=2,padding=0 gelu"
     " pool:average,global layernorm linear:9 layernorm,epsilon=0.01 relu", (3, 8, 6), 4, 5),
    ("densenet",
     "conv:4,bias=no concat( | norm relu conv:3,bias=no ) concat( | norm relu conv:3,bias=no ) norm leaky:0.1"
     " pool:average concat( pool:3,stride=1,padding=1 | conv:4,kernel=1x3,padding=0x1 sigmoid |"
     " conv:4,dilation=2,padding=2 ) pool:3,stride=2,padding=1 pool:global linear:6 norm relu", (1, 10, 8), 3, 4),
]


# MARK: The network

class Scale(torch.nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


class LayerNorm(torch.nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Watched(torch.nn.Module):
    """A function with kinks, which records how close its inputs come to one."""

    nearest = math.inf

    @staticmethod
    def note(distances):
        if distances.numel():
            Watched.nearest = min(Watched.nearest, distances.min().item())


class Rectifier(Watched):
    def __init__(self, slope=0.0, kinks=(0.0,), function=None):
        super().__init__()
        self.slope, self.kinks, self.function = slope, kinks, function

    def forward(self, x):
        for kink in self.kinks:
            self.note((x.detach() - kink).abs()[x.detach() != kink])
        return self.function(x) if self.function else torch.nn.functional.leaky_relu(x, self.slope)


class Maximum(Watched):
    def __init__(self, size, stride, padding):
        super().__init__()
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x):
        size = self.size or x.shape[2:]
        padded = torch.nn.functional.pad(x.detach(), [self.padding] * 4, value=-math.inf)
        rows, columns = (size, size) if isinstance(size, int) else size
        stride = self.stride or 1
        windows = padded.unfold(2, rows, stride).unfold(3, columns, stride).flatten(4)
        best = windows.topk(2, dim=-1).values
        gaps = best[..., 0] - best[..., 1]
        self.note(gaps[gaps > 0])  # exact ties are zeros of a ReLU
        y = torch.nn.functional.max_pool2d(x, size, stride, self.padding)
        return y if self.size else y.flatten(1)


class Sequence(torch.nn.Module):
    """A sequence of layers and blocks, named as ours are."""

    def __init__(self):
        super().__init__()
        self.order, self.counts = [], {}

    def place(self, stem, module):
        self.counts[stem] = self.counts.get(stem, 0) + 1
        name = f"{stem}{self.counts[stem]}"
        self.add_module(name, module)
        self.order.append(name)

    def forward(self, x):
        for name in self.order:
            module = getattr(self, name)
            x = module(x.flatten(1) if isinstance(module, torch.nn.Linear) else x)
        return x


class Residual(Sequence):
    def forward(self, x):
        return super().forward(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Concatenation(torch.nn.Module):
    def __init__(self, branches):
        super().__init__()
        self.count = len(branches)
        for number, branch in enumerate(branches):
            self.add_module(f"branch{number + 1}", branch)

    def forward(self, x):
        return torch.cat([getattr(self, f"branch{number + 1}")(x) for number in range(self.count)], dim=1)


def pair(text):
    parts = [int(part) for part in text.split("x")]
    return tuple(parts * 2 if len(parts) == 1 else parts)


def layer(word, x):
    """Returns the stem of a layer's name, and its module for an input like `x`."""
    head, *parts = word.split(",")
    kind, _, value = head.partition(":")
    options = dict(part.split("=") for part in parts if "=" in part)
    flags = [value] + [part for part in parts if "=" not in part]
    channels = x.shape[1]
    if kind == "conv":
        kernel = pair(options.get("kernel", "3"))
        padding = pair(options["padding"]) if "padding" in options else tuple((side - 1) // 2 for side in kernel)
        return "conv", torch.nn.Conv2d(
            channels, int(value), kernel, int(options.get("stride", 1)), padding, int(options.get("dilation", 1)),
            int(options.get("groups", 1)), options.get("bias") != "no")
    if kind == "linear":
        return "fc", torch.nn.Linear(x.flatten(1).shape[1], int(value), options.get("bias") != "no")
    if kind == "norm":
        sort = torch.nn.BatchNorm2d if x.dim() == 4 else torch.nn.BatchNorm1d
        module = sort(channels, float(options.get("epsilon", 1e-5)), float(options.get("momentum", 0.1)))
        if options.get("scale") == "no":
            module.weight.requires_grad_(False)
        return "norm", module
    if kind == "layernorm":
        module = LayerNorm(channels, float(options.get("epsilon", 1e-5)))
        if options.get("scale") == "no":
            module.weight.requires_grad_(False)
        return "layernorm", module
    if kind == "pool":
        sizes = [int(flag) for flag in flags if flag.isdigit()]
        size = sizes[0] if sizes else int(options.get("size", 2))
        stride, padding = int(options.get("stride", size)), int(options.get("padding", 0))
        if "global" in flags:
            average = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
            return "pool", average if "average" in flags else Maximum(None, None, 0)
        return "pool", torch.nn.AvgPool2d(size, stride, padding) if "average" in flags else Maximum(size, stride, padding)
    if kind == "scale":
        return "scale", Scale(float(value))
    hardswish = torch.nn.functional.hardswish
    return kind, {
        "relu": lambda: Rectifier(), "leaky": lambda: Rectifier(float(value or 0.01)),
        "hardswish": lambda: Rectifier(kinks=(-3.0, 3.0), function=hardswish), "gelu": torch.nn.GELU,
        "silu": torch.nn.SiLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}[kind]()


def network_of(specification, shape, classes):
    words = re.findall(r"[|()]|(?:residual|concat)(?=\()|[^\s|()]+", specification)
    bias = True
    if words[-1].startswith("linear:classes"):
        bias = words.pop() == "linear:classes"

    def read(sequence, x):
        """Reads to the end of a branch, and returns its output."""
        while words and words[0] not in ("|", ")"):
            word = words.pop(0)
            if word == "residual":
                words.pop(0)
                block = Residual()
                read(block, x)
                if words[0] == "|":
                    words.pop(0)
                    shortcut = Sequence()
                    read(shortcut, x)
                    block.add_module("shortcut", shortcut)
                stem, module = "block", block
                words.pop(0)
            elif word == "concat":
                branches = []
                while words.pop(0) != ")":
                    branches.append(Sequence())
                    read(branches[-1], x)
                stem, module = "block", Concatenation(branches)
            else:
                stem, module = layer(word, x)
            sequence.place(stem, module)
            x = module(x.flatten(1) if isinstance(module, torch.nn.Linear) else x)
        return x

    network = Sequence()
    x = read(network, torch.rand(2, *shape))
    network.add_module("out", torch.nn.Linear(x.flatten(1).shape[1], classes, bias))
    network.order.append("out")
    return network


# MARK: One case

def run(case, start, images, labels, precision):
    _, specification, shape, classes, _ = case
    images = images.to(precision).permute(0, 3, 1, 2) / 255

    def state(network):
        return {name: value.detach().clone() for name, value in network.state_dict().items()}

    def loss_of(network):
        return torch.nn.functional.cross_entropy(network(images), labels)

    network = network_of(specification, shape, classes).to(precision)
    network.load_state_dict(start)
    results = {"logits": {"": network.eval()(images).detach()}}
    network.train()
    loss = loss_of(network)
    loss.backward()
    results["loss"] = {"": loss.detach()}
    results["grad"] = {
        name: parameter.grad.clone() for name, parameter in network.named_parameters() if parameter.requires_grad}
    network.load_state_dict(start)
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], **SGD)
    for step in range(5):
        optimizer.zero_grad()
        loss_of(network).backward()
        optimizer.step()
        if step in (0, 4):
            results[f"sgd{step + 1}"] = state(network)
    results["judged"] = {"logits": network.eval()(images).detach()}
    network.load_state_dict(start)
    network.train()
    optimizer = torch.optim.SGD(groups_of(network), **SGD, nesterov=True)
    for _ in range(3):
        optimizer.zero_grad()
        loss_of(network).backward()
        optimizer.step()
    results["groups3"] = state(network)
    return results


def is_norm(network, name):
    module = network.get_submodule(name.rpartition(".")[0])
    return isinstance(module, (torch.nn.modules.batchnorm._BatchNorm, LayerNorm))


def groups_of(network):
    """Returns the learned parameters in groups, with the settings of each kind."""
    groups = [dict(params=[], weight_decay=WEIGHT_DECAY), dict(params=[]), dict(params=[], lr=SGD["lr"] * NORM_RATE)]
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            kind = 2 if is_norm(network, name) else 0 if name.endswith("weight") else 1
            groups[kind]["params"].append(parameter)
    return [group for group in groups if group["params"]]


def start_of(network, seed):
    """Returns weights as PyTorch draws them, and random scales, biases and statistics of normalisations."""
    generator = torch.Generator().manual_seed(seed)
    start = {}
    for name, value in network.state_dict().items():
        number = torch.rand(value.shape, generator=generator)
        module = network.get_submodule(name.rpartition(".")[0])
        if name.endswith("num_batches_tracked"):
            value = torch.tensor(7)
        elif is_norm(network, name) and name.endswith("weight"):
            value = 0.5 + number if module.weight.requires_grad else torch.ones_like(number)
        elif is_norm(network, name):
            value = 0.5 + number if name.endswith("running_var") else number - 0.5
        start[name] = value.detach().clone()
    return start


def make(case, run, folder, constants):
    """Writes the file of a case. `run` computes its values in a precision; `constants` are the settings of its steps."""
    name, specification, (channels, height, width), classes, batch = case
    for seed in range(1, 500):
        torch.manual_seed(seed)
        random = numpy.random.default_rng(seed)
        start = start_of(network_of(specification, (channels, height, width), classes), seed)
        images = torch.from_numpy(random.integers(0, 256, (batch, height, width, channels)).astype(numpy.float32))
        labels = torch.from_numpy(random.integers(0, classes, batch))
        Watched.nearest = math.inf
        exact = run(case, start, images, labels, torch.float64)
        nearest = Watched.nearest
        spread = make_reference.spreads(exact, run(case, start, images, labels, torch.float32))
        if nearest > 1e-5 and max(spread.values()) < 5e-6:
            break
    else:
        raise SystemExit(f"{name}: no seed keeps its distance from kinks and ties")
    metadata = {"architecture": specification, "input": f"{channels},{height},{width}", "classes": str(classes)}
    metadata |= {key: str(value) for key, value in constants.items()}
    metadata |= {f"spread.{key}": f"{value:.3g}" for key, value in spread.items()}
    tensors = {"images": images, "labels": labels} | start
    for key, values in exact.items():
        tensors |= {f"{key}.{parameter}" if parameter else key: value for parameter, value in values.items()}
    size = make_reference.write(folder / f"{name}.safetensors", tensors, metadata)
    print(f"{name:20} seed {seed:3}  nearest {nearest:.1e}  spread {max(spread.values()):.1e}  {size:7} bytes")
    return size


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(exist_ok=True)
    constants = {"sgd_learning_rate": SGD["lr"], "sgd_momentum": SGD["momentum"], "groups_weight_decay": WEIGHT_DECAY,
                 "groups_norm_rate": NORM_RATE}
    total = sum(make(case, run, FOLDER, constants) for case in CASES)
    print(f"{len(CASES)} cases, {total} bytes, PyTorch {torch.__version__}")
    assert total < 500_000

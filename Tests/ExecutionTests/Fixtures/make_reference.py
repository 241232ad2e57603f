#!/usr/bin/env python3
"""Writes PyTorch's results for small networks, with which the tests of Execution compare ours.

    python3 -m venv venv && venv/bin/pip install numpy torch     # outside the repository
    venv/bin/python Tests/ExecutionTests/Fixtures/make_reference.py

Each case is a safetensors file `CASE.safetensors` beside this script. Everything is computed in double precision from
parameters that are exact in single precision, and stored rounded to F32.

Metadata (texts):
    architecture    the specification, without implied parts
    input           "C,H,W"
    classes         the number of classes
    adam_learning_rate, adamw_learning_rate, adamw_weight_decay, sgd_learning_rate, sgd_momentum,
    decay_weight_decay, label_smoothing, clip_norm, soft_weight, soft_temperature       if the case has them
    spread.SET      the largest difference between PyTorch's own single precision and the stored values of a set: the
                    effect of rounding alone on this case. SET is logits, loss, grad, adam, ….

Tensors (F32); NAME runs over the parameters, in PyTorch's names and layouts:
    images              [N, H, W, C]   bytes, 0 … 255, as a record holds them; the network sees images / 255
    labels              [N]
    NAME                               the parameters at the start: conv1.weight, out.bias, …
    logits              [N, classes]
    loss                []             mean cross-entropy, nats
    grad.NAME                          the loss's gradient
  after 3 steps on this same batch, from the same start, the optimiser's other options at PyTorch's defaults:
    adam.NAME                          Adam
    adamw.NAME                         AdamW, every parameter decayed, as PyTorch does
    adamw_weights.NAME                 AdamW, weights decayed, biases not
    sgd.NAME                           SGD with momentum, not Nesterov's
  in some cases:
    smoothed_loss, smoothed_grad.NAME  with label smoothing
    soft_targets        [N, classes]   random distributions, as a teacher gives at soft_temperature
    soft_loss, soft_grad.NAME          soft_weight of the loss comes from them, times soft_temperature squared (Hinton et
                                       al. 2015), and the rest from the labels, smoothed
    nesterov.NAME                      SGD with Nesterov's momentum, 3 steps
    gradient_norm       []             the norm of all gradients together
    clipped_grad.NAME                  gradients scaled down to the norm clip_norm (torch.nn.utils.clip_grad_norm_)
    clipped_sgd.NAME                   3 steps of SGD, the gradients clipped in each
    decay_sgd.NAME, decay_adam.NAME    SGD and Adam with L2 weight decay (added to the gradient) on every parameter
    decay_sgd_weights.NAME, decay_adam_weights.NAME     the same on weights only

A gradient is ambiguous if a ReLU's input is 0 or two values of a pooling window tie for the maximum. Seeds are tried
until no pass comes closer to either than `margin`, so that rounding cannot decide the result.
"""

import json
import math
import pathlib
import struct

import numpy
import torch

FOLDER = pathlib.Path(__file__).resolve().parent
STEPS = 3
ADAM = dict(lr=1e-3)
ADAMW = dict(lr=1e-3, weight_decay=0.05)
SGD = dict(lr=0.05, momentum=0.9)
DECAY = 0.02
SMOOTHING = 0.1
SOFT = dict(weight=0.7, temperature=2.5)

# name, specification, (channels, height, width), classes, batch, extras. The extra "forward" leaves out the optimisers.
CASES = [
    ("logistic", "relu", (1, 4, 4), 2, 3, []),
    ("mlp", "linear:13 relu linear:6 relu", (1, 7, 9), 4, 5, ["smoothing", "decay", "nesterov"]),
    ("mlp-linear-pair", "linear:13 relu linear:6", (1, 5, 5), 3, 4, []),
    ("mlp-256-classes", "linear:5 relu", (1, 3, 3), 256, 4, []),
    ("ffnn-topology", "linear:32 relu linear:16 relu", (1, 8, 8), 10, 5, []),
    ("conv-strided", "conv:5 relu pool conv:7,kernel=5,stride=2,padding=1 relu linear:9 relu", (1, 17, 13), 5, 3,
     ["clip"]),
    ("conv-without-relu", "conv:4 conv:6 linear:5 relu", (1, 6, 6), 4, 3, []),
    ("conv-pointwise", "conv:3,kernel=1 relu conv:5,kernel=1 pool", (3, 6, 5), 3, 3, []),
    ("conv-wide-padding", "conv:3,kernel=7,padding=6 relu", (1, 5, 5), 3, 3, []),
    ("conv-stride-3", "conv:4,stride=3,padding=0 relu conv:6,stride=2 relu", (1, 14, 10), 4, 4, []),
    ("conv-past-tiles", "conv:17 relu conv:33 relu pool", (1, 6, 7), 3, 2, []),
    ("pool-overlapping", "conv:4 relu pool:3,stride=2 conv:3 relu", (1, 11, 11), 4, 3, []),
    ("pool-with-gaps", "conv:4 relu pool:2,stride=3 linear:6 relu", (1, 12, 9), 4, 3, []),
    ("pool-first", "pool conv:4 relu", (3, 10, 8), 3, 4, []),
    ("pool-then-relu", "conv:6 pool relu linear:8", (1, 9, 9), 4, 3, []),
    ("pool-odd-sizes", "conv:5 relu pool conv:6 relu pool linear:7 relu", (1, 11, 7), 4, 3, []),
    ("two-classes", "conv:4,kernel=5 relu pool linear:7 relu", (1, 9, 7), 2, 4, []),
    ("one-image", "conv:4 relu pool linear:7 relu", (1, 8, 6), 3, 1, []),
    ("rgb", "conv:8 relu pool conv:12 relu pool linear:10 relu", (3, 12, 12), 6, 2, []),
    ("vgg-topology", "conv:6 relu conv:6 relu pool conv:8 relu conv:8 relu pool linear:10 relu", (3, 8, 8), 5, 3, []),
    ("cnn-topology", "conv:16 relu pool conv:32 relu pool linear:24 relu linear:16 relu", (1, 8, 8), 10, 3,
     ["smoothing", "clip"]),
    ("cnn-full-size", "conv:16 relu pool conv:32 relu pool linear:8 relu", (1, 28, 28), 10, 3, ["forward"]),
]


# MARK: The network


def arguments(word):
    """`conv:5,stride=2` → ("conv", "5", {"stride": 2})."""
    head, *options = word.split(",")
    kind, _, value = head.partition(":")
    return kind, value, {key: int(number) for key, number in (option.split("=") for option in options)}


class Network(torch.nn.Module):
    """A network from one of our specifications; `nearest` is how close its passes came to a kink or a tie."""

    def __init__(self, specification, shape, classes):
        super().__init__()
        self.steps = []
        self.nearest = math.inf
        channels, height, width = shape
        count = {"conv": 0, "fc": 0}
        for word in specification.split():
            kind, value, options = arguments(word)
            if kind == "conv":
                kernel, stride = options.get("kernel", 3), options.get("stride", 1)
                padding = options.get("padding", (kernel - 1) // 2)
                count["conv"] += 1
                layer = torch.nn.Conv2d(channels, int(value), kernel, stride, padding)
                self.place(f"conv{count['conv']}", layer)
                channels = int(value)
                height = (height + 2 * padding - kernel) // stride + 1
                width = (width + 2 * padding - kernel) // stride + 1
            elif kind == "pool":
                size = int(value or 2)
                stride = options.get("stride", size)
                self.steps.append(("pool", (size, stride)))
                height, width = (height - size) // stride + 1, (width - size) // stride + 1
            elif kind == "relu":
                self.steps.append(("relu", None))
            elif kind == "linear":
                count["fc"] += 1
                self.place(f"fc{count['fc']}", torch.nn.Linear(channels * height * width, int(value)))
                channels, height, width = int(value), 1, 1
            else:
                raise ValueError(word)
        self.place("out", torch.nn.Linear(channels * height * width, classes))

    def place(self, name, layer):
        self.add_module(name, layer)
        self.steps.append(("layer", name))

    def forward(self, x):
        learned = False  # before the first parameter, nothing depends on a kink or a tie
        previous = None
        for kind, detail in self.steps:
            if kind == "layer":
                layer = getattr(self, detail)
                x = layer(x.flatten(1) if isinstance(layer, torch.nn.Linear) else x)
                learned = True
            elif kind == "relu":
                if learned:
                    self.note(x.detach().abs())
                x = torch.relu(x)
            else:
                if learned:
                    self.note_ties(x.detach(), *detail, after_relu=previous == "relu")
                x = torch.nn.functional.max_pool2d(x, *detail)
            previous = kind
        return x

    def note(self, distances):
        if distances.numel():
            self.nearest = min(self.nearest, distances.min().item())

    def note_ties(self, x, size, stride, after_relu):
        windows = x.unfold(2, size, stride).unfold(3, size, stride).flatten(4)
        if windows.shape[-1] < 2:
            return
        best = windows.topk(2, dim=-1).values
        gaps = best[..., 0] - best[..., 1]
        # After a ReLU, a window of zeros ties but passes no gradient.
        self.note(gaps[best[..., 0] > 0] if after_relu else gaps)


# MARK: One case


def loss_of(network, images, labels, smoothing=0.0):
    logits = network(images)
    return logits, torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def taught_loss(logits, labels, targets, smoothing, weight, temperature):
    hard = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    soft = torch.nn.functional.cross_entropy(logits / temperature, targets)
    return (1 - weight) * hard + weight * temperature**2 * soft


def gradients(network):
    return {name: parameter.grad.clone() for name, parameter in network.named_parameters()}


def groups(network, decay, weights_only):
    """Returns parameter groups: weights with `decay`, and biases with it unless `weights_only`."""
    named = list(network.named_parameters())
    weights = [parameter for name, parameter in named if name.endswith("weight")]
    biases = [parameter for name, parameter in named if name.endswith("bias")]
    return [{"params": weights, "weight_decay": decay},
            {"params": biases, "weight_decay": 0.0 if weights_only else decay}]


def run(case, start, images, labels, targets, clip_norm, precision):
    """Returns all results of a case as {set: {name: tensor}}, and the smallest distance of a pass from a kink or a tie."""
    _, specification, shape, classes, _, extras = case
    nearest = math.inf
    results = {}
    images = images.to(precision).permute(0, 3, 1, 2) / 255

    def fresh():
        network = Network(specification, shape, classes).to(precision)
        network.load_state_dict({name: value.to(precision) for name, value in start.items()})
        return network

    def once(smoothing):
        nonlocal nearest
        network = fresh()
        logits, loss = loss_of(network, images, labels, smoothing)
        loss.backward()
        nearest = min(nearest, network.nearest)
        return network, logits.detach(), loss.detach()

    def steps(name, optimizer_of, clip=None):
        nonlocal nearest
        network = fresh()
        optimizer = optimizer_of(network)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss_of(network, images, labels)[1].backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
        results[name] = {key: value.detach().clone() for key, value in network.named_parameters()}
        nearest = min(nearest, network.nearest)

    network, logits, loss = once(0.0)
    results["logits"], results["loss"], results["grad"] = {"": logits}, {"": loss}, gradients(network)
    if "smoothing" in extras:
        smoothed, _, loss = once(SMOOTHING)
        results["smoothed_loss"], results["smoothed_grad"] = {"": loss}, gradients(smoothed)
        taught = fresh()
        loss = taught_loss(taught(images), labels, targets.to(precision), SMOOTHING, **SOFT)
        loss.backward()
        results["soft_loss"], results["soft_grad"] = {"": loss.detach()}, gradients(taught)
    if "clip" in extras:
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), clip_norm)
        results["gradient_norm"], results["clipped_grad"] = {"": norm}, gradients(network)
        steps("clipped_sgd", lambda n: torch.optim.SGD(n.parameters(), **SGD), clip=clip_norm)
    if "forward" not in extras:
        steps("adam", lambda n: torch.optim.Adam(n.parameters(), **ADAM))
        steps("adamw", lambda n: torch.optim.AdamW(n.parameters(), **ADAMW))
        steps("adamw_weights",
              lambda n: torch.optim.AdamW(groups(n, ADAMW["weight_decay"], True), lr=ADAMW["lr"]))
        steps("sgd", lambda n: torch.optim.SGD(n.parameters(), **SGD))
    if "nesterov" in extras:
        steps("nesterov", lambda n: torch.optim.SGD(n.parameters(), nesterov=True, **SGD))
    if "decay" in extras:
        for suffix, weights_only in [("", False), ("_weights", True)]:
            steps("decay_sgd" + suffix, lambda n: torch.optim.SGD(groups(n, DECAY, weights_only), **SGD))
            steps("decay_adam" + suffix, lambda n: torch.optim.Adam(groups(n, DECAY, weights_only), **ADAM))
    return results, nearest


def spreads(exact, single):
    """Returns the largest difference between single and double precision, for each set."""
    return {
        name: max(
            ((single[name][key].double() - value).abs().max().item() for key, value in values.items()),
            default=0.0)
        for name, values in exact.items()
    }


def make(case):
    """Writes the file of a case, with the first seed far from kinks and ties on which rounding has little effect."""
    name, specification, (channels, height, width), classes, batch, extras = case
    # A full-size network has 50,000 activations per pass, some of which always come close to 0.
    margin = 2e-6 if "forward" in extras else 1e-5
    for seed in range(1, 2000):
        torch.manual_seed(seed)
        random = numpy.random.default_rng(seed)
        network = Network(specification, (channels, height, width), classes)
        start = {key: value.detach().clone() for key, value in network.named_parameters()}
        images = torch.from_numpy(random.integers(0, 256, (batch, height, width, channels)).astype(numpy.float32))
        labels = torch.from_numpy(random.integers(0, classes, batch))
        targets = torch.from_numpy(random.dirichlet(numpy.ones(classes), batch).astype(numpy.float32))
        clip_norm = 0.25
        exact, nearest = run(case, start, images, labels, targets, clip_norm, torch.float64)
        if nearest < margin:
            continue
        if "clip" in extras and exact["gradient_norm"][""] < 2 * clip_norm:
            continue
        spread = spreads(exact, run(case, start, images, labels, targets, clip_norm, torch.float32)[0])
        # A parameter without a gradient would prove nothing.
        if any(value.abs().max() == 0 for value in exact["grad"].values()):
            continue
        # Adam divides a gradient by its own magnitude, so if one is near 0, rounding decides the step.
        if max(spread.values()) > 5e-6:
            continue
        break
    else:
        raise SystemExit(f"{name}: no seed keeps its distance from kinks and ties")
    metadata = {"architecture": specification, "input": f"{channels},{height},{width}", "classes": str(classes)}
    metadata |= {f"spread.{key}": f"{value:.3g}" for key, value in spread.items()}
    if "forward" not in extras:
        metadata |= {"adam_learning_rate": str(ADAM["lr"]), "adamw_learning_rate": str(ADAMW["lr"]),
                     "adamw_weight_decay": str(ADAMW["weight_decay"]), "sgd_learning_rate": str(SGD["lr"]),
                     "sgd_momentum": str(SGD["momentum"])}
    if "smoothing" in extras:
        metadata |= {"label_smoothing": str(SMOOTHING), "soft_weight": str(SOFT["weight"]),
                     "soft_temperature": str(SOFT["temperature"])}
    if "clip" in extras:
        metadata["clip_norm"] = str(clip_norm)
    if "decay" in extras:
        metadata["decay_weight_decay"] = str(DECAY)
    tensors = {"images": images, "labels": labels} | start
    if "smoothing" in extras:
        tensors["soft_targets"] = targets
    for key, values in exact.items():
        tensors |= {f"{key}.{parameter}" if parameter else key: value for parameter, value in values.items()}
    size = write(FOLDER / f"{name}.safetensors", tensors, metadata)
    print(f"{name:20} seed {seed:3}  nearest {nearest:.1e}  spread {max(spread.values()):.1e}  {size:7} bytes")
    return size


def write(path, tensors, metadata):
    """Writes safetensors with sorted keys, since the official writer's order of metadata changes from run to run."""
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        values = tensors[name].detach().numpy().astype("<f4")
        assert numpy.isfinite(values).all()
        header[name] = {"dtype": "F32", "shape": list(values.shape),
                        "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return 8 + len(text) + len(data)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    total = sum(make(case) for case in CASES)
    print(f"{len(CASES)} cases, {total} bytes, PyTorch {torch.__version__}")
    assert total < 2_000_000

#!/usr/bin/env python3
"""Compare fm-train's accuracy with PyTorch's, for the same network, recipe and images.

    Benchmarks/accuracy.py TRAIN TEST [--seeds 5] -- --arch 'conv:16 norm relu pool' --epochs 20 --optimizer sgd

Both streams have labels. The options after `--` are fm-train's. For each seed, fm-train learns from all images of TRAIN,
and PyTorch does the same with the settings that the model file records: first weights drawn as docs/networks.md says, the
schedule's rate for each step, and images changed as docs/augmentation.md says. Both draw their own random numbers.
The last line has the means, their difference, and the p-value of Welch's test for it.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy
import scipy.stats
import torch
from torch import nn

package = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(package / "examples"))
import pytorch_model  # noqa: E402
from numpy_stream import read_stream  # noqa: E402

COMMANDS = package / ".build/release"
KNOWN = {
    "augment", "average", "batch-size", "decay-scope", "epochs", "init", "label-smoothing", "learning-rate", "momentum",
    "monitor", "nesterov", "norm-rate", "optimizer", "schedule", "warm-up", "weight-decay",
}


def load(path):
    """Return a stream's images [N, C, H, W] as bytes, and its labels."""
    with open(path, "rb") as file:
        parts = list(read_stream(file))
    images, labels = (numpy.concatenate([part[name] for part in parts]) for name in ("image", "label"))
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(numpy.int64))


def rate(settings, step, steps, steps_per_epoch):
    """Return the learning rate of a step, counted from 0, after the table in docs/training.md."""
    peak, schedule = float(settings["learning-rate"]), settings["schedule"]
    share = {"constant": 0, "cosine": 0, "one-cycle": 0.3, "triangular": 0.2}[schedule]
    warm = float(settings["warm-up"]) * steps_per_epoch if "warm-up" in settings else share * steps
    warm = min(round(warm), steps)
    if step < warm:
        first = peak / 25 if schedule == "one-cycle" else 0
        return first + (peak - first) * (step + 1) / warm
    rest = (step - warm) / (steps - warm)
    if schedule == "triangular":
        return peak * (1 - rest)
    end = peak / 10_000 if schedule == "one-cycle" else 0
    return peak if schedule == "constant" else end + (peak - end) * (1 + math.cos(math.pi * rest)) / 2


def optimizer(network, settings):
    """Return the optimiser. Parameter groups have their own weight decay and `scale`, which multiplies the rate."""
    norms = {id(p) for m in network.modules() if isinstance(m, nn.BatchNorm2d | nn.LayerNorm) for p in m.parameters()}
    groups = {}
    for name, parameter in network.named_parameters():
        is_weight = id(parameter) not in norms and name.endswith("weight")
        decays = is_weight or settings.get("decay-scope", "all") == "all"
        scale = float(settings.get("norm-rate", 1)) if id(parameter) in norms else 1
        groups.setdefault((decays, scale), []).append(parameter)
    decay = float(settings["weight-decay"])
    groups = [{"params": group, "weight_decay": decay if decays else 0, "scale": scale}
              for (decays, scale), group in groups.items()]
    if settings["optimizer"] == "sgd":
        return torch.optim.SGD(groups, lr=1, momentum=float(settings["momentum"]), nesterov="nesterov" in settings)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings["optimizer"]](groups, lr=1)


def draw(network):
    """Draw the first weights as `--init kaiming` does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            terms = module.weight[0].numel()
            deviation = 1 / terms if module is network.out else math.sqrt(2 / terms)
            nn.init.normal_(module.weight, std=deviation)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def changed(images, flipped, shift):
    """Return a batch, mirrored where `flipped` is true, with each image then moved by up to `shift` pixels."""
    images = torch.where(flipped[:, None, None, None], images.flip(3), images)
    if not shift:
        return images
    count, _, height, width = images.shape
    padded = nn.functional.pad(images, [shift] * 4)
    down, right = torch.randint(0, 2 * shift + 1, (2, count))
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    return padded[torch.arange(count)[:, None, None, None], torch.arange(images.shape[1])[:, None, None], rows, columns]


def train(model, images, labels, seed):
    """Train the network of a model file from new weights, with the settings that the file records."""
    info = json.loads(run("fm-info", "--format", "json", model))
    settings = info["training"]["settings"]
    words = [] if settings["augment"] == "none" else settings["augment"].split(",")
    unknown = set(settings) - KNOWN | {word for word in words if not word.startswith(("flip", "shift="))}
    unknown |= {settings["init"]} - {"kaiming"} | {settings["optimizer"]} - {"adam", "adamw", "sgd"}
    if unknown:
        sys.exit(f"accuracy.py: PyTorch's side of the comparison does not know {', '.join(sorted(unknown))}")
    shift = next((int(word[6:]) for word in words if word.startswith("shift=")), 0)
    torch.manual_seed(seed)
    network = pytorch_model.load(model).train()
    network.apply(lambda module: module.reset_parameters() if hasattr(module, "reset_parameters") else None)
    draw(network)
    optimiser, batch = optimizer(network, settings), int(settings["batch-size"])
    per_epoch, epochs = math.ceil(len(images) / batch), int(settings["epochs"])
    sides = torch.rand(len(images)) < 0.5
    for epoch in range(epochs):
        for number, chosen in enumerate(torch.randperm(len(images)).split(batch)):
            for group in optimiser.param_groups:
                step = epoch * per_epoch + number
                group["lr"] = group["scale"] * rate(settings, step, epochs * per_epoch, per_epoch)
            flipped = sides[chosen] ^ (epoch % 2 == 1) if "flip" in words else torch.zeros(len(chosen), dtype=torch.bool)
            inputs = changed(images[chosen], flipped, shift).float() / 255
            loss = nn.functional.cross_entropy(
                network(inputs), labels[chosen], label_smoothing=float(settings["label-smoothing"]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return network.eval(), settings["average"]


def run(command, *arguments):
    """Return what a command writes to standard output. Its messages are passed on."""
    return subprocess.run([COMMANDS / command, *arguments], check=True, stdout=subprocess.PIPE).stdout


def compare(options, folder):
    """Yield both accuracies in per cent, seed by seed."""
    images, labels = load(options.train)
    test_images, test_labels = load(options.test)
    for seed in range(options.seeds):
        model = folder / "model.safetensors"
        run("fm-train", "--quiet", "--force", "--validation", "0", "--seed", str(seed), "--output", model,
            *options.options, options.train)
        predictions, report = folder / "predictions.tsv", folder / "report.json"
        run("fm-predict", "--quiet", "--force", "--model", model, "--output", predictions, options.test)
        run("fm-eval", "--format", "json", "--output", report, predictions)
        network, average = train(model, images, labels, seed)
        logits = torch.cat([pytorch_model.classify(network, part.float() / 255, average)
                            for part in test_images.split(500)])
        theirs = (logits.argmax(1) == test_labels).float().mean().item()
        yield 100 * json.loads(report.read_text())["accuracy"], 100 * theirs


def main():
    parser = argparse.ArgumentParser(description="Compare accuracies with PyTorch's, seed by seed.")
    parser.add_argument("train", help="a stream of labelled images to learn from")
    parser.add_argument("test", help="a stream of labelled images to classify")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="train both sides with N seeds (default: 5)")
    parser.add_argument("options", nargs="+", help="options of fm-train, after --")
    options = parser.parse_args()
    print("seed\tfm-train\tpytorch", flush=True)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed, (our, their) in enumerate(compare(options, pathlib.Path(folder))):
            print(f"{seed}\t{our:.2f}\t{their:.2f}", flush=True)
            ours.append(our)
            theirs.append(their)
    means = [statistics.mean(side) for side in (ours, theirs)]
    p = scipy.stats.ttest_ind(ours, theirs, equal_var=False).pvalue if options.seeds > 1 else math.nan
    print(f"mean\t{means[0]:.2f}\t{means[1]:.2f}\tdifference {means[0] - means[1]:+.2f}, p = {p:.2f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Draws the curves of training runs from their logs: loss and accuracy, epoch by epoch.

    fm-train … --log run.jsonl
    plot_training.py run.jsonl [run.jsonl …] -o curves.svg

A line is a run: solid on held-out images, dotted on training images (with dropout, and before each step). A dot marks the
epoch whose weights were kept. Runs whose file names differ only behind the last dash, cnn-0.jsonl and cnn-1.jsonl, share
a colour. Needs matplotlib.
"""

import argparse
import json
import os
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

# Okabe and Ito's colours, which the colour-blind tell apart.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"]
matplotlib.rcParams.update({
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left", "lines.linewidth": 1.3,
    "svg.hashsalt": "fm-tools", "svg.fonttype": "none", "savefig.bbox": "tight", "savefig.facecolor": "white",
})


def epochs(path):
    """The epochs of a log, in their order; of several lines for one, the last counts."""
    with open(path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    found = {event["epoch"]: event for event in events if event["event"] == "epoch"}
    if not found:
        sys.exit(f"{path}: no epoch in this log")
    return [found[epoch] for epoch in sorted(found)]


def family(path):
    """The file's name without its number: `cnn` of `logs/cnn-2.jsonl`."""
    return os.path.splitext(os.path.basename(path))[0].rpartition("-")[0] or os.path.basename(path)


def draw(axes, run, key, scale, color, label):
    """One run's curves of `training_KEY` and, where images were held out, `validation_KEY`."""
    numbers = [event["epoch"] for event in run]
    axes.plot(numbers, [scale * event[f"training_{key}"] for event in run], ":", color=color, alpha=0.6, linewidth=1)
    if f"validation_{key}" not in run[0]:
        return
    held_out = [scale * event[f"validation_{key}"] for event in run]
    axes.plot(numbers, held_out, color=color, label=label)
    best = max(index for index, event in enumerate(run) if event["best"])
    axes.plot(numbers[best], held_out[best], "o", color=color, markersize=4.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", nargs="+", metavar="LOG")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="SVG, or PNG or PDF by the name's ending")
    options = parser.parse_args()
    families = list(dict.fromkeys(family(path) for path in options.logs))
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.2), layout="constrained")
    labelled = set()
    for path in options.logs:
        name = family(path)
        color = COLORS[families.index(name) % len(COLORS)]
        for axes, key, scale in zip(panels, ["loss", "accuracy"], [1, 100]):
            draw(axes, epochs(path), key, scale, color, name if name not in labelled else None)
        labelled.add(name)
    panels[0].set(title="Loss", xlabel="epoch", ylabel="mean cross-entropy, nats", ylim=(0, None))
    panels[1].set(title="Accuracy", xlabel="epoch", ylabel="%")
    panels[1].legend(frameon=False, loc="lower right")
    figure.savefig(options.output, metadata={"Date": None} if options.output.endswith(".svg") else None)


if __name__ == "__main__":
    main()

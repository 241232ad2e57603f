"""Draws the CSV files of scaling.py as SVG.

    plots.py FOLDER
"""

import csv
import os
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

# Okabe and Ito's colours, which colour-blind people can tell apart. The shapes of the marks differ as well.
STYLES = {
    "cnn": ("#0072B2", "o"), "ffnn": ("#D55E00", "s"), "files": ("#0072B2", "o"), "members": ("#D55E00", "s")}
ARCHS = ["cnn", "ffnn"]
TITLES = {"train": "fm-train", "predict": "fm-predict"}
matplotlib.rcParams.update({
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "axes.titlesize": 10, "axes.titleweight": "bold", "axes.titlelocation": "left", "lines.linewidth": 1.8,
    "lines.markersize": 4.5, "svg.hashsalt": "fm-tools", "svg.fonttype": "none",
    "savefig.bbox": "tight", "savefig.facecolor": "white",
})


def draw(folder):
    """Draws the CSV files that exist."""
    for name, plot in [("batches", batches), ("threads", threads), ("records", records), ("pictures", pictures),
                       ("widths", widths)]:
        path = os.path.join(folder, f"{name}.csv")
        if os.path.exists(path):
            figure = plot(read(path))
            figure.savefig(os.path.join(folder, f"{name}.svg"), metadata={"Date": None})
            plt.close(figure)


def read(path):
    """Returns the rows of a CSV file, with numbers as floats."""
    with open(path, newline="", encoding="utf-8") as file:
        return [{k: v if k == "work" else float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def curve(rows, work, x, y):
    """Returns two columns of the rows of some work."""
    chosen = [row for row in rows if row["work"] == work]
    return [row[x] for row in chosen], [row[y] for row in chosen]


def panels(count, width=3.6):
    """Returns a figure with a row of axes."""
    figure, axes = plt.subplots(1, count, figsize=(width * count, 2.9), layout="constrained")
    return figure, axes


def plain(value, _=None):
    """Returns a number as people write it: 0.25, 64, 5,000, 10⁶."""
    if value >= 1e4:
        power = f"{value:.0e}".split("e+")
        exponent = str(int(power[1])).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return ("" if power[0] == "1" else power[0] + "·") + "10" + exponent
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def logarithmic(axis, ticks=None):
    """Makes an axis logarithmic, with readable numbers."""
    axis.axes.set_xscale("log") if axis.axis_name == "x" else axis.axes.set_yscale("log")
    if ticks:
        axis.set_ticks(ticks)
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_locator(NullLocator())


def steps(low, high):
    """Returns 1, 2, 5, 10 … around a range."""
    values = [factor * 10.0**power for power in range(-3, 9) for factor in (1, 2, 5)]
    return [value for value in values if low / 1.6 <= value <= high * 1.6]


def line(axes, points, label, lift=0):
    """Draws a curve with its name at the end, `lift` points above it."""
    color, marker = STYLES[label]
    axes.plot(*points, color=color, marker=marker, clip_on=False)
    axes.annotate(
        label, (points[0][-1], points[1][-1]), xytext=(7, lift), textcoords="offset points", color=color, va="center",
        fontweight="bold")


def by_work(rows, x, y, x_label, y_label, x_ticks):
    """Draws a panel for fm-train and one for fm-predict, with logarithmic axes."""
    figure, both = panels(2)
    for axes, work in zip(both, TITLES):
        values = []
        for arch in ARCHS:
            points = curve(rows, f"{work} {arch}", x, y)
            values += points[1]
            line(axes, points, arch)
        logarithmic(axes.xaxis, x_ticks)
        logarithmic(axes.yaxis, steps(min(values), max(values)))
        axes.set(title=TITLES[work], xlabel=x_label, ylabel=y_label)
    return figure


def batches(rows):
    """Draws the time for an image against the batch size."""
    ticks = [1, 4, 16, 64, 256, 1024]
    return by_work(rows, "batch", "microseconds_an_image", "images a batch", "time an image, µs", ticks)


def widths(rows):
    """Draws the time for an image against the width."""
    label = "width of the hidden layers, × preset"
    return by_work(rows, "width", "microseconds_an_image", label, "time an image, µs", [0.25, 0.5, 1, 2, 4])


def threads(rows):
    """Draws the speed-up over one thread, in a panel for each network."""
    figure, both = panels(2)
    most = max(row["threads"] for row in rows)
    counts = sorted({row["threads"] for row in rows})
    for axes, arch in zip(both, ARCHS):
        works = [(f"predict {arch}", "fm-predict", "-"), (f"train {arch}, batch 128", "fm-train, 128", "--"),
                 (f"train {arch}, batch 20", "fm-train, 20", ":")]
        axes.plot([1, most], [1, most], color="0.75", linewidth=1)
        axes.annotate("ideal", (most, most), xytext=(7, 0), textcoords="offset points", color="0.5", va="center")
        ends = []
        for work, label, style in works:
            x, y = curve(rows, work, "threads", "images_a_second")
            axes.plot(x, [value / y[0] for value in y], style, color=STYLES[arch][0], marker=STYLES[arch][1])
            ends.append((y[-1] / y[0], label, x[-1]))
        apart(axes, ends, STYLES[arch][0], most)
        axes.set(title=arch, xlabel="threads", ylabel="speed, × one thread", xticks=counts)
        axes.set_ylim(0, most * 1.08)
    return figure


def apart(axes, ends, color, most):
    """Writes names at the ends of curves, moved so that they overlap neither each other nor "ideal"."""
    gap, limit = 0.085 * most, most - 0.085 * most
    for value, label, x in sorted(ends, reverse=True):
        place = min(value, limit)
        axes.annotate(
            label, (x, value), xytext=(x + 0.03 * most, place), textcoords="data", color=color, va="center",
            annotation_clip=False)
        limit = place - gap


def records(rows):
    """Draws time and peak memory against the number of records."""
    works = {f"predict {arch}": arch for arch in ARCHS}
    return time_and_memory(rows, works, "records", "records streamed through fm-predict")


def pictures(rows):
    """Draws time and peak memory against the number of classified pictures."""
    works = {work: work for work in ("files", "members")}
    return time_and_memory(rows, works, "pictures", "pictures classified by fm-predict")


def time_and_memory(rows, works, x, x_label):
    """Draws a panel of seconds and one of peak memory; `works` names the curves."""
    figure, (time, memory) = panels(2)
    for axes, y in [(time, "seconds"), (memory, "peak_megabytes")]:
        curves = [(curve(rows, work, x, y), label) for work, label in works.items()]
        # Names at ends that are close together are moved apart.
        for place, (points, label) in enumerate(sorted(curves, key=lambda item: item[0][1][-1])):
            line(axes, points, label, lift=12 * place - 6)
    seconds, megabytes = [row["seconds"] for row in rows], [row["peak_megabytes"] for row in rows]
    ticks = sorted({row[x] for row in rows})
    for axes in (time, memory):
        logarithmic(axes.xaxis, ticks)
        axes.set_xlabel(x_label)
    low, high = min(seconds) / 10, max(seconds) * 10
    logarithmic(time.yaxis, [10.0**power for power in range(-2, 5) if low < 10.0**power < high])
    time.set(title="time", ylabel="wall time, s")
    memory.set(title="memory", ylabel="peak memory, MB", ylim=(0, max(megabytes) * 1.35))
    return figure


if __name__ == "__main__":
    draw(sys.argv[1])

"""Times fm-tools and their peers in turn, and prints a report in Markdown. run.sh calls it.

On our side, it times whole runs as a user makes them: an epoch of fm-train (as its log reports it), and fm-predict from
its start to its last line of text. On the peers' side, it times the steps alone, with the data in memory as floats and
warmed up, at the settings that a trial finds fastest.
"""

import argparse
import os
import statistics
import sys

import machine
import peers
from kernels import kernel_table
from specifications import RECORDS, SPECIFICATIONS
from ours import Commands, peak_megabytes, wall_seconds

HEADER = """\
| work | fm-tools | peer | figure | spread | floor | aim | met |
| --- | ---: | --- | ---: | --- | ---: | ---: | --- |"""


class Goal:
    """The goals of a figure: a floor and an aim. They are lower bounds or, for times and sizes, upper bounds."""

    def __init__(self, floor=None, aim=None, unit="×", at_most=False):
        self.floor, self.aim, self.unit, self.at_most = floor, aim, unit, at_most

    def text(self, value):
        if value is None:
            return ""
        number = f"{value:.2f}" if self.unit == "×" else f"{value:.0f}"
        return number + self.unit

    def bound(self, value):
        return "" if value is None else ("≤ " if self.at_most else "≥ ") + self.text(value)

    def reaches(self, value, bound):
        return bound is not None and (value <= bound if self.at_most else value >= bound)

    def verdict(self, value):
        if self.reaches(value, self.aim):
            return "aim"
        if self.floor is None:
            return ""
        return "floor" if self.reaches(value, self.floor) else "no"


class Comparison:
    """The rows of the first table. Each is measured in its turn."""

    def __init__(self, options):
        self.options = options
        self.commands = Commands(options.bin, options.stream, options.work, options.threads)
        self.trials = peers.Trials(scale=0.1 if options.quick else 1)
        self.pytorch = peers.Peer("PyTorch", "pytorch_peer.py", options.stream, options.threads)
        self.onnxruntime = peers.Peer("onnxruntime", "onnxruntime_peer.py", options.stream, options.threads)

    def rows(self):
        """Yields the name of each row, and a function that measures and prints it."""
        for arch, batch, goal in [
            ("cnn", 128, Goal(3.0, 4.5)), ("cnn", 20, Goal(3.0, 6.0)),
            ("ffnn", 128, Goal(2.5, 4.0)), ("ffnn", 20, Goal(4.0, 8.0)),
        ]:
            yield f"train {arch}, batch {batch}", lambda name, a=arch, b=batch, g=goal: self.training(name, a, b, g)
        for arch, batch in [("plain", 128), ("plain", 500), ("residual", 128)]:
            yield f"train {arch}, batch {batch}", lambda name, a=arch, b=batch: self.training(
                name, a, b, Goal(2.0, 3.0))
        yield from self.bfloat16_rows()
        for arch in SPECIFICATIONS:
            yield f"classify, {arch}, many records", lambda name, a=arch: self.prediction(name, a, Goal(1.2, 2.0))
        for arch, goal in [("cnn", Goal(1.0, 1.5)), ("ffnn", Goal(0.95, 1.1))]:
            yield f"classify, {arch}, many records", lambda name, a=arch, g=goal: self.prediction(name, a, g)
        for arch, goal in [("cnn", Goal(1.0, 1.5)), ("ffnn", Goal())]:
            yield f"classify, {arch}, one at a time", lambda name, a=arch, g=goal: self.single(name, a, g)
        yield "decode the training set, time", self.decoding
        yield "memory: train cnn, 60,000 images", lambda name: self.memory(
            name, self.commands.training("cnn", 128), Goal(250, unit=" MB", at_most=True))
        yield "memory: classify 60,000 images, cnn", lambda name: self.memory(
            name, self.commands.prediction("cnn", self.options.stream), Goal(60, unit=" MB", at_most=True))
        for threads, words, floor in [(1, "1 thread", 85), (2, "2 threads", 80)]:
            yield f"matrix product 1024³, {words}, of peak", lambda name, t=threads, f=floor: self.peak_share(
                name, "matrix product 1024", t, Goal(f, unit=" %"))
        yield "training step cnn, batch 128, of peak", lambda name: self.peak_share(
            name, "training step cnn 128", self.options.threads, Goal(60, unit=" %"))

    def bfloat16_rows(self):
        """Yields rows with bfloat16, if the processor has products of it. Peers may use either precision."""
        has_tiles = machine.has("amx_bf16")
        if not has_tiles and not machine.has("avx512_bf16"):
            return
        training = [("cnn", 128, Goal(6.0, 12.0)), ("ffnn", 128, Goal(3.0, 6.0))]
        training += [("plain", 128, Goal(2.0, 3.5)), ("plain", 500, Goal(2.0, 3.5))]
        classifying = [("cnn", Goal(1.5, 3.0)), ("plain", Goal(2.0, 4.0))]
        if not has_tiles:
            # These goals are for AMD's processors. Intel's without tiles multiply bfloat16 no faster than floats.
            training, classifying = [("cnn", 128, Goal(4.5, 6.0)), ("ffnn", 128, Goal())], []
        for arch, batch, goal in training:
            yield f"train {arch}, batch {batch}, bfloat16", lambda name, a=arch, b=batch, g=goal: self.training(
                name, a, b, g, "bfloat16")
        for arch, goal in classifying:
            yield f"classify, {arch}, many records, bfloat16", lambda name, a=arch, g=goal: self.prediction(
                name, a, g, "bfloat16")

    def training(self, name, arch, batch, goal, precision="float32"):
        theirs = self.trials.finalists(name, peers.training(self.pytorch, arch, batch, precision))
        self.pairs(name, lambda: self.commands.train(arch, batch, precision=precision), theirs, goal)

    def prediction(self, name, arch, goal, precision="float32"):
        contenders = peers.prediction(self.pytorch, self.onnxruntime, arch, self.exported(arch), precision)
        theirs = self.trials.finalists(name, contenders)
        self.commands.model(arch)
        if arch in SPECIFICATIONS:
            part = self.commands.part()
            ours = lambda: self.commands.predict(arch, part, RECORDS, precision=precision)
            return self.pairs(name, ours, theirs, goal)
        stream, records = self.options.stream, self.options.records
        self.pairs(name, lambda: self.commands.predict(arch, stream, records, precision=precision), theirs, goal)
        if precision == "float32":
            self.pairs(f"{name}, forward pass alone", lambda: self.forward_speed(arch), theirs, Goal())

    def forward_speed(self, arch):
        """Returns the images/s of our forward pass at its best batch size, with the images in memory."""
        samples = 3 if self.options.quick else 11
        found = self.commands.kernels(f"predict {arch}", self.options.threads, samples)
        return max(measurement["images_per_second"] for measurement in found)

    def single(self, name, arch, goal):
        contenders = peers.single_prediction(self.pytorch, self.onnxruntime, arch, self.exported(arch))
        theirs = self.trials.finalists(name, contenders)
        self.commands.model(arch)
        ours = lambda: self.commands.predict(arch, self.options.test_stream, self.options.test_records, batch=1)
        self.pairs(name, ours, theirs, goal)

    def exported(self, arch):
        """Returns the path of PyTorch's network as ONNX."""
        path = os.path.join(self.options.work, f"{arch}.onnx")
        if not os.path.exists(path):
            self.pytorch.ask(work="export", arch=arch, path=path)
        return path

    def pairs(self, name, ours, contenders, goal):
        """Runs all sides in turn, and prints the ratio of our speed to that of the fastest contender."""
        rounds = [(ours(), [self.speed(contender) for contender in contenders]) for _ in range(self.options.pairs)]
        medians = [statistics.median(theirs) for theirs in zip(*(theirs for _, theirs in rounds))]
        best = medians.index(max(medians))
        speed = statistics.median(our for our, _ in rounds)
        peer = f"{medians[best]:,.0f} images/s ({contenders[best].name})"
        self.print(name, f"{speed:,.0f} images/s", peer, [our / theirs[best] for our, theirs in rounds], goal)

    def speed(self, contender):
        """Returns the images/s of a contender in the comparison itself."""
        count = contender.request["count"] // (10 if self.options.quick else 1)
        return contender.speed(max(contender.request["batch"], count))

    def decoding(self, name):
        files = self.options.idx
        ours, theirs = [self.commands.path("idx2raw"), *files], ["zcat", *files]
        pairs = [(wall_seconds(ours), wall_seconds(theirs)) for _ in range(self.options.pairs)]
        medians = [statistics.median(side) for side in zip(*pairs)]
        goal = Goal(1.0, 0.5, at_most=True)
        ratios = [our / their for our, their in pairs]
        self.print(name, f"{medians[0] * 1e3:.0f} ms", f"{medians[1] * 1e3:.0f} ms (zcat)", ratios, goal)

    def memory(self, name, command, goal):
        values = [peak_megabytes(command) for _ in range(min(3, self.options.pairs))]
        self.print(name, f"{statistics.median(values):.0f} MB", "", values, goal)

    def peak_share(self, name, filter, threads, goal):
        found = [
            self.commands.kernels(filter, threads, samples=5 if self.options.quick else 21)[0]
            for _ in range(self.options.pairs)
        ]
        speed = statistics.median(measurement["gigaflops"] for measurement in found)
        shares = [100 * measurement["peak_fraction"] for measurement in found]
        self.print(name, f"{speed:,.0f} GFLOP/s", "multiply-adds in registers", shares, goal)

    def print(self, name, ours, theirs, values, goal):
        figure = statistics.median(values)
        spread = f"{goal.text(min(values))}–{goal.text(max(values))}"
        print(
            f"| {name} | {ours} | {theirs} | {goal.text(figure)} | {spread} | {goal.bound(goal.floor)} "
            f"| {goal.bound(goal.aim)} | {goal.verdict(figure)} |",
            flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built commands")
    parser.add_argument("--stream", required=True, help="the 60,000 training images as a tensor stream")
    parser.add_argument("--test-stream", required=True, help="the 10,000 test images as a tensor stream")
    parser.add_argument("--idx", nargs=2, required=True, help="the training set's IDX files")
    parser.add_argument("--work", required=True, help="a folder for models and logs")
    parser.add_argument("--pairs", type=int, default=5, help="run both sides this often (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each side (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="measure only rows whose name contains this")
    parser.add_argument("--quick", action="store_true", help="use small counts, to check that everything runs")
    options = parser.parse_args()
    options.records, options.test_records = 60_000, 10_000
    return options


def main():
    options = parse()
    print(f"{machine.description()}\n- {options.threads} threads each, {options.pairs} pairs\n\n{HEADER}", flush=True)
    comparison = Comparison(options)
    for name, measure in comparison.rows():
        if options.only in name:
            measure(name)
    if options.only in "kernels":
        print(f"\n## Kernels, one thread\n\n{kernel_table(options, comparison.commands)}", flush=True)
    if comparison.trials.rows:
        print(f"\n## The peers' settings, in a short trial\n\n{comparison.trials.table()}")


if __name__ == "__main__":
    sys.exit(main())

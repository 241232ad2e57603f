"""Measures how times grow: with the batch size, threads, the number of records or pictures, and the network's width.

    Benchmarks/run.sh scaling [--quick] Benchmarks/results/DATE

Writes a CSV file and a plot (SVG) for each into the folder. The memory of this process counts in the peaks of its
children, so it is kept small, and plots.py is loaded at the end.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time

import machine
from ours import Commands, peak_megabytes

ARCHS = ["cnn", "ffnn"]


class Study:
    """Runs all measurements, on streams of as many images as each needs."""

    def __init__(self, options):
        self.options = options
        self.commands = Commands(options.bin, options.stream, options.work, options.threads)

    def median(self, run):
        """Returns the median of some runs."""
        return statistics.median(run() for _ in range(self.options.repeats))

    def stream(self, records):
        """Returns the path of a stream of the first training images, and their number."""
        records = min(60_000, max(1000, records // (20 if self.options.quick else 1)))
        path = os.path.join(self.options.work, f"train-{records}.raw")
        if not os.path.exists(path):
            with open(path, "wb") as file:
                command = [self.commands.path("idx2raw"), *self.options.idx, "--limit", str(records)]
                subprocess.run(command, check=True, stdout=file)
        return path, records

    def batches(self):
        """Yields the time for an image against the batch size, for training steps and for whole runs of fm-predict."""
        for batch in [2**power for power in range(11)]:
            for arch in ARCHS:
                stream, _ = self.stream(batch * 600)
                output = os.path.join(self.options.work, "other.safetensors")
                speed = self.median(lambda: self.commands.train(arch, batch, stream=stream, output=output))
                yield {"work": f"train {arch}", "batch": batch, "microseconds_an_image": 1e6 / speed}
                stream, records = self.stream(60_000)
                speed = self.median(lambda: self.commands.predict(arch, stream, records, batch=batch))
                yield {"work": f"predict {arch}", "batch": batch, "microseconds_an_image": 1e6 / speed}

    def threads(self):
        """Yields the images/s against the number of threads."""
        counts = [count for count in [1, 2, 4, 8, 16, 32, 64] if count <= os.cpu_count()]
        for arch in ARCHS:
            stream, records = self.stream(60_000)
            output = os.path.join(self.options.work, "other.safetensors")
            for threads in counts:
                for batch in [20, 128]:
                    speed = self.median(
                        lambda: self.commands.train(arch, batch, stream=stream, threads=threads, output=output))
                    yield {"work": f"train {arch}, batch {batch}", "threads": threads, "images_a_second": speed}
                speed = self.median(lambda: self.commands.predict(arch, stream, records, threads=threads))
                yield {"work": f"predict {arch}", "threads": threads, "images_a_second": speed}

    def records(self):
        """Yields the time and peak memory of fm-predict against the number of records that stream through it."""
        largest = 5 if self.options.quick else self.options.largest
        for power in range(4, largest + 1):
            for arch in ARCHS:
                seconds, megabytes = self.streamed(arch, 10**power)
                yield {"work": f"predict {arch}", "records": 10**power, "seconds": seconds, "peak_megabytes": megabytes}

    def streamed(self, arch, records):
        """Returns the seconds and peak megabytes of fm-predict at the end of a pipe."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "repeat_stream.py")
        command = self.commands.prediction(arch, "-")
        generator = [sys.executable, script, self.options.test_stream, str(records)]
        with subprocess.Popen(generator, stdout=subprocess.PIPE) as source:
            started = time.perf_counter()
            megabytes = peak_megabytes(command, stdin=source.stdout)
            return time.perf_counter() - started, megabytes

    def pictures(self):
        """Yields the time and peak memory of fm-predict against the number of PNG files, and of tar members."""
        largest = 4 if self.options.quick else self.options.largest - 1
        for power in range(3, largest + 1):
            archive = self.archive(10**power)
            command = self.commands.pictures("ffnn", "--tar") + [archive]
            started = time.perf_counter()
            megabytes = peak_megabytes(command)
            seconds = time.perf_counter() - started
            yield {"work": "members", "pictures": 10**power, "seconds": seconds, "peak_megabytes": megabytes}
            seconds, megabytes = self.files(archive)
            yield {"work": "files", "pictures": 10**power, "seconds": seconds, "peak_megabytes": megabytes}
            os.remove(archive)

    def archive(self, count):
        """Returns the path of a tar archive of the test images, repeated, in folders of a thousand."""
        path = os.path.join(self.options.work, "pictures.tar")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "repeat_stream.py")
        generator = [sys.executable, script, self.options.test_stream, str(count), "--name"]
        with subprocess.Popen(generator, stdout=subprocess.PIPE) as source:
            subprocess.run(
                [self.commands.path("raw2png"), "--quiet", "--force", "--tar", path], stdin=source.stdout, check=True)
        return path

    def files(self, archive):
        """Returns the seconds and peak megabytes for an archive's members as files, with names from a pipe."""
        folder = os.path.join(self.options.work, "pictures")
        os.mkdir(folder)
        subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
        with subprocess.Popen(["find", folder, "-type", "f"], stdout=subprocess.PIPE) as source:
            started = time.perf_counter()
            megabytes = peak_megabytes(self.commands.pictures("ffnn", "--paths"), stdin=source.stdout)
            seconds = time.perf_counter() - started
        subprocess.run(["rm", "-rf", folder], check=True)
        return seconds, megabytes

    def widths(self):
        """Yields the time for an image against the width of the hidden layers, and the work if done directly."""
        for width in [0.25, 0.5, 1, 2, 4]:
            for arch in ARCHS:
                specification, operations = layers(arch, width)
                stream, records = self.stream(int(60_000 / max(1, width**2)))
                model = os.path.join(self.options.work, f"{arch}-{width}.safetensors")
                train = self.median(lambda: self.commands.train(specification, 128, stream=stream, output=model))
                stream, records = self.stream(60_000)
                predict = self.median(lambda: self.commands.predict(arch, stream, records, model=model))
                for work, speed in [("train", train), ("predict", predict)]:
                    yield {
                        "work": f"{work} {arch}", "width": width, "forward_megaflop_an_image": operations / 1e6,
                        "microseconds_an_image": 1e6 / speed}


def layers(arch, width):
    """Returns a preset with its layers `width` times as wide, and its floating-point operations for an image."""
    def wide(count):
        return int(count * width)

    hidden = [wide(512), wide(256)]
    head = f"linear:{hidden[0]} relu dropout:0.2 linear:{hidden[1]} relu dropout:0.2"
    if arch == "ffnn":
        return head, 2 * (784 * hidden[0] + hidden[0] * hidden[1] + 10 * hidden[1])
    maps = [wide(16), wide(32)]
    convolutions = 2 * 9 * (28 * 28 * maps[0] + 14 * 14 * maps[0] * maps[1])
    dense = 2 * (49 * maps[1] * hidden[0] + hidden[0] * hidden[1] + 10 * hidden[1])
    return f"conv:{maps[0]} relu pool conv:{maps[1]} relu pool dropout:0.2 {head}", convolutions + dense


def measure(name, rows, folder):
    """Writes the rows of a measurement as they come."""
    path = os.path.join(folder, f"{name}.csv")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = None
        for row in rows:
            row = {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
            writer = writer or csv.DictWriter(file, row.keys())
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built commands")
    parser.add_argument("--stream", required=True, help="the training images as a tensor stream")
    parser.add_argument("--test-stream", required=True, help="the test images as a tensor stream")
    parser.add_argument("--idx", nargs=2, required=True, help="the training set's IDX files")
    parser.add_argument("--work", required=True, help="a folder for models and logs")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each command (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="take the median of this many runs (default: %(default)s)")
    parser.add_argument("--largest", type=int, default=7, help="measure up to 10^LARGEST records (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only batches, threads, records, pictures or widths")
    parser.add_argument("--quick", action="store_true", help="use small counts, to check that everything runs")
    parser.add_argument("folder", help="folder for the CSV files and plots")
    return parser.parse_args()


def main():
    options = parse()
    os.makedirs(options.folder, exist_ok=True)
    study = Study(options)
    for name in ["batches", "threads", "records", "pictures", "widths"]:
        if options.only in name:
            measure(name, getattr(study, name)(), options.folder)
    with open(os.path.join(options.folder, "machine.md"), "w", encoding="utf-8") as file:
        file.write(f"{machine.description()}\n- {options.threads} threads, medians of {options.repeats} runs\n")
    import plots  # after the measurements: see above

    plots.draw(options.folder)


if __name__ == "__main__":
    main()

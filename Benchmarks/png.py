"""Times whole processes that turn PNG files into labels, beside Pillow and PyTorch: png2raw | fm-predict for a folder,
and fm-predict --paths for one file. run.sh png calls it.

    Benchmarks/run.sh png [--pairs N] [--folder FOLDER] [--quick]

The 10,000 files are the test images of Fashion-MNIST; the one file is the first of them. Both sides start a process, load
the same model, find and decode the files, classify them, and write a line for each. Trials find the best batch size for
Python's side, and whether it is faster with as many decoding processes as threads.

With --folder, one thread of each side decodes the PNG files in it, such as a theme of icons: a whole process of png2raw,
which also scales them, beside Pillow's decoding alone.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import machine
import png_files
from ours import Commands

BATCHES = [64, 256, 1000]
AIMS = {"many": (8, 15), "one": (100, 100), "folder": (1, 2)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built commands")
    parser.add_argument("--stream", required=True, help="the 60,000 training images as a tensor stream")
    parser.add_argument("--test-stream", required=True, help="the 10,000 test images as a tensor stream")
    parser.add_argument("--idx", nargs=2, help="not used here")
    parser.add_argument("--work", required=True, help="a folder for files and models")
    parser.add_argument("--pairs", type=int, default=5, help="run both sides this often (default: %(default)s)")
    parser.add_argument("--folder", help="also decode the PNG files in this folder with one thread")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each side (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="use few files, to check that everything runs")
    return parser.parse_args()


class Sides:
    """The two command lines, for the same files and the same weights."""

    def __init__(self, options):
        self.options = options
        commands = Commands(options.bin, options.stream, options.work, options.threads)
        self.png2raw, self.predict = commands.path("png2raw"), commands.path("fm-predict")
        self.model = commands.model("cnn")
        # The same weights for PyTorch, which reads its own format fastest.
        self.weights = os.path.join(options.work, "cnn.pth")
        subprocess.run([commands.path("fm-export"), self.model, "--output", self.weights], check=True)

    def ours(self, path):
        jobs = str(self.options.threads)
        reader = subprocess.Popen([self.png2raw, "--jobs", jobs, path], stdout=subprocess.PIPE)
        command = [self.predict, "--model", self.model, "--labels", "index", "--jobs", jobs]
        output = subprocess.run(command, stdin=reader.stdout, stdout=subprocess.PIPE, check=True).stdout
        if reader.wait() != 0:
            sys.exit("png2raw failed")
        return {name: label for name, label, _ in (line.split(b"\t") for line in output.splitlines()[1:])}

    def ours_of_one(self, path):
        """Returns the label of one file, by name. One process is enough for it."""
        command = [self.predict, "--model", self.model, "--labels", "index", "--no-header", "--paths", path]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        return {name: label for name, label, *_ in (line.split(b"\t") for line in output.splitlines())}

    def theirs(self, path, batch, processes):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pillow_peer.py")
        command = [sys.executable, script, self.weights, path, str(batch), str(self.options.threads), str(processes)]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        return dict(line.split(b"\t") for line in output.splitlines())


    def our_decoding(self, path):
        """Returns the seconds to decode the files of a folder. Unreadable files are no failure if there are others."""
        command = [self.png2raw, "--jobs", "1", "--recipe", "fit", "--keep-going", "--quiet", path]
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started

    def their_decoding(self, path):
        """Returns the number of files and the seconds to decode them."""
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pillow_decoding.py")
        output = subprocess.run([sys.executable, script, path], stdout=subprocess.PIPE, check=True).stdout.split()
        return int(output[0]), float(output[1])


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best_setting(sides, path):
    """Returns the batch size and the number of decoding processes with which Python is fastest."""
    settings = [(batch, processes) for batch in BATCHES for processes in sorted({0, sides.options.threads})]
    times = [min(seconds(lambda s=setting: sides.theirs(path, *s)) for _ in range(2)) for setting in settings]
    for setting, value in zip(settings, times):
        print(f"<!-- Pillow + PyTorch, batch {setting[0]}, {setting[1]} processes: {value:.2f} s -->", flush=True)
    return settings[times.index(min(times))]


def check(ours, theirs):
    """Checks that both sides have the same labels for the same files, except for 0.1 % that rounding may change."""
    same = sum(theirs.get(name) == label for name, label in ours.items())
    if set(ours) != set(theirs) or same < 0.999 * len(ours):
        sys.exit(f"the two sides disagree: {same} labels of {len(ours)} and {len(theirs)} are the same")


def compare(name, pair_count, ours, theirs, goals):
    """Prints a line of the report about two functions, which return labels by name and run in turn."""
    check(ours(), theirs())
    report(name, [(seconds(ours), seconds(theirs)) for _ in range(pair_count)], goals)


def compare_decoding(sides, folder, pair_count, goals):
    """Prints a line of the report about the files of a folder."""
    count, _ = sides.their_decoding(folder)
    sides.our_decoding(folder)
    pairs = [(sides.our_decoding(folder), sides.their_decoding(folder)[1]) for _ in range(pair_count)]
    report(f"{count:,} PNG files decoded, one thread (Pillow alone)", pairs, goals)


def report(name, pairs, goals):
    ratios = [their / our for our, their in pairs]
    our_time, their_time = (statistics.median(side) * 1000 for side in zip(*pairs))
    figure = statistics.median(ratios)
    verdict = "aim" if figure >= goals[1] else "floor" if figure >= goals[0] else "no"
    print(
        f"| {name} | {our_time:,.1f} ms | {their_time:,.0f} ms | {figure:.1f}× | {min(ratios):.1f}×–{max(ratios):.1f}× "
        f"| ≥ {goals[0]}× | ≥ {goals[1]}× | {verdict} |",
        flush=True)


def main():
    options = parse()
    count = 200 if options.quick else 10_000
    folder = os.path.join(options.work, "pictures")
    first = png_files.write(options.test_stream, folder, count)
    sides = Sides(options)
    print(f"{machine.description()}\n- {options.threads} threads each, {options.pairs} pairs\n")
    setting = best_setting(sides, folder)
    print("| work | fm-tools | Pillow + PyTorch | figure | spread | floor | aim | met |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: | --- |", flush=True)
    compare(
        f"{count:,} PNG files to labels", options.pairs, lambda: sides.ours(folder),
        lambda: sides.theirs(folder, *setting), AIMS["many"])
    compare(
        "one PNG file to a label", options.pairs, lambda: sides.ours_of_one(first), lambda: sides.theirs(first, 1, 0),
        AIMS["one"])
    if options.folder:
        compare_decoding(sides, options.folder, options.pairs, AIMS["folder"])


if __name__ == "__main__":
    sys.exit(main())

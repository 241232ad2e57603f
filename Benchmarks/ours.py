"""Our side of the comparison: the commands as users run them, and kernel-bench."""

import json
import os
import resource
import subprocess
import time

from specifications import RECORDS, SPECIFICATIONS


class Commands:
    """The built commands in a folder, with a stream of training images and a folder for their output."""

    def __init__(self, folder, stream, work, threads):
        self.folder, self.stream, self.work, self.threads = folder, stream, work, threads

    def path(self, name):
        return os.path.join(self.folder, name)

    def model(self, arch):
        """Returns the path of a trained model. Trains it if it does not exist."""
        path = self.model_path(arch)
        if not os.path.exists(path):
            self.train(arch, 128)
        return path

    def model_path(self, arch):
        return os.path.join(self.work, f"{arch}.safetensors")

    def training(self, arch, batch, stream=None, threads=None, output=None, precision="float32"):
        """Returns the command line of an epoch over all images, with the peers' optimiser."""
        command = [self.path("fm-train"), "--arch", SPECIFICATIONS.get(arch, arch), "--batch-size", str(batch)]
        command += ["--epochs", "1"]
        command += ["--optimizer", "adam", "--learning-rate", "0.001", "--schedule", "constant"]
        # By default, the presets augment images and average predictions, which the peers do not.
        command += ["--augment", "none", "--average", "none"]
        command += [] if arch in SPECIFICATIONS else ["--dropout", "0.2"]
        command += ["--validation", "0", "--jobs", str(threads or self.threads), "--quiet"]
        command += ["--precision", precision]
        if arch in SPECIFICATIONS:
            stream = stream or self.part()
        return command + ["--output", output or self.model_path(arch), stream or self.stream]

    def part(self):
        """Returns the path of a stream with some of the images, for slow networks."""
        path = os.path.join(self.work, "part.raw")
        if not os.path.exists(path):
            subprocess.run(
                [self.path("fm-split"), "--validation", str(60_000 - RECORDS), "--train", path, "--held-out",
                 "/dev/null", self.stream], check=True, stderr=subprocess.DEVNULL)
        return path

    def train(self, arch, batch, stream=None, threads=None, output=None, precision="float32"):
        """Returns the images/s of an epoch, as the log reports it, without the time to read the stream."""
        log = os.path.join(self.work, "log.jsonl")
        subprocess.run(self.training(arch, batch, stream, threads, output, precision) + ["--log", log], check=True)
        with open(log, encoding="utf-8") as file:
            return next(e for e in map(json.loads, file) if e["event"] == "epoch")["images_per_second"]

    def prediction(self, arch, stream, batch=None, threads=None, model=None, precision="float32"):
        """Returns the command line that classifies a stream, with the default batch size if none is given."""
        command = [self.path("fm-predict"), "--model", model or self.model(arch)]
        command += ["--jobs", str(threads or self.threads), "--output", "/dev/null", "--precision", precision]
        command += [] if precision == "float32" else ["--quiet"]
        return command + (["--batch-size", str(batch)] if batch else []) + [stream]

    def pictures(self, arch, *options):
        """Returns the command line that classifies pictures, whose names or bytes come as the options say."""
        return [self.path("fm-predict"), "--quiet", "--model", self.model(arch), "--output", "/dev/null", *options]

    def predict(self, arch, stream, records, **options):
        """Returns the images/s of a whole process, including its start and its output."""
        return records / wall_seconds(self.prediction(arch, stream, **options))

    def kernels(self, filter, threads, samples):
        """Returns kernel-bench's results for all kernels whose name contains one of the texts in `filter`."""
        command = [self.path("kernel-bench"), "--json", "--threads", str(threads), "--samples", str(samples)]
        output = subprocess.run(
            command + ["--filter", filter, self.stream], check=True, stdout=subprocess.PIPE, text=True).stdout
        return [json.loads(line) for line in output.splitlines()]


def wall_seconds(command):
    """Returns the wall time of a process, whose output is discarded."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def peak_megabytes(command, stdin=None):
    """Returns the peak of a process's resident memory, in 10⁶ bytes.

    The kernel counts from the fork, so that this process must be smaller than the one that it measures.
    """
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 1 if os.uname().sysname == "Darwin" else 1024
    peak, own = usage.ru_maxrss * unit / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    if peak <= own:
        raise RuntimeError(f"this process takes {own:.0f} MB, too much to measure the memory of {command[0]}")
    return peak

"""The peers' processes as the comparison sees them, and the trials that find their best settings."""

import json
import os
import subprocess
import sys


class Peer:
    """A peer's process, which answers requests."""

    def __init__(self, name, script, stream, threads):
        self.name = name
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), script)
        self.process = subprocess.Popen(
            [sys.executable, path, stream, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        """Returns the answer to a request. If the peer cannot do it, prints the reason on standard error; returns None."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: the process ended, with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            print(f"{self.name}, {request}: {answer['error']}", file=sys.stderr)
        return answer.get("result")


class Contender:
    """A peer with a setting, whose speed can be measured."""

    def __init__(self, peer, **request):
        self.peer, self.request = peer, request

    @property
    def name(self):
        setting = self.request["setting"] or "plain"
        return f"{self.peer.name}, {setting}, batch {self.request['batch']}"

    def speed(self, count=None):
        """Returns the images/s, or None if the setting does not work."""
        return self.peer.ask(**{**self.request, "count": count or self.request["count"]})


class Trials:
    """Finds the best of some contenders, and records the speed of each.

    The two fastest reach the comparison, which decides between them: after a trial of a second, their order may be noise.
    """

    # The images of a trial: at least a few hundred batches, or the warm-up of a setting would decide.
    COUNTS = {"train": 6_400, "predict": 20_000}
    # The share of these counts for networks that take a hundred times the presets' work.
    LARGE_SHARE = 0.1
    SINGLE_COUNT = 2_000

    def __init__(self, scale=1):
        self.scale = scale
        self.rows = []

    def finalists(self, work, contenders):
        """Returns the two fastest contenders. Each has two short trials, of which the better counts."""
        rounds = [[contender.speed(self.count(contender)) or 0 for contender in contenders] for _ in range(2)]
        speeds = [max(pair) for pair in zip(*rounds)]
        order = sorted(range(len(contenders)), key=lambda index: -speeds[index])
        for index, contender in enumerate(contenders):
            self.rows.append((work, contender.name, speeds[index], index in order[:2]))
        return [contenders[index] for index in order[:2] if speeds[index]]

    def count(self, contender):
        batch = contender.request["batch"]
        count = self.SINGLE_COUNT if batch == 1 else self.COUNTS[contender.request["work"]]
        if contender.request["count"] < count:
            count = count * self.LARGE_SHARE
        return max(batch, int(count * self.scale))

    def table(self):
        """Returns the trials as Markdown."""
        lines = ["| work | setting | images/s | compared |", "| --- | --- | ---: | --- |"]
        for work, name, speed, is_finalist in self.rows:
            lines.append(f"| {work} | {name} | {f'{speed:,.0f}' if speed else 'n/a'} | {'yes' if is_finalist else ''} |")
        return "\n".join(lines)


def training(pytorch, arch, batch, precision="float32"):
    """Returns PyTorch's settings for training; for bfloat16, those of both precisions."""
    count = {"cnn": 12_800, "ffnn": 38_400}.get(arch, 2_560)
    settings = ["", "fused", "compiled fused"] + (["channels_last fused"] if arch != "ffnn" else [])
    settings += [f"bfloat16 {setting}".strip() for setting in settings] if precision == "bfloat16" else []
    return [Contender(pytorch, work="train", arch=arch, batch=batch, count=count, setting=s) for s in settings]


def prediction(pytorch, onnxruntime, arch, path, precision="float32"):
    """Returns both peers at the batch sizes that suit them; for bfloat16, PyTorch with either precision."""
    batches = [16, 64, 128, 256, 512, 1000]
    request = {"work": "predict", "count": 60_000 if arch in ("cnn", "ffnn") else 6_000}
    layouts = ["", "channels_last"] if arch != "ffnn" else [""]
    # Compilation takes half a minute for each batch size, so there is only one, in the middle.
    layouts += [f"bfloat16 {layout}".strip() for layout in layouts] if precision == "bfloat16" else []
    settings = [(layout, batch) for layout in layouts for batch in batches] + [("compiled", 256)]
    contenders = [Contender(pytorch, **request, arch=arch, batch=batch, setting=layout) for layout, batch in settings]
    return contenders + [Contender(onnxruntime, **request, path=path, batch=batch, setting="") for batch in batches]


def single_prediction(pytorch, onnxruntime, arch, path):
    """Returns both peers with one image at a time; onnxruntime with all threads, and with one."""
    request = {"work": "predict", "count": 10_000, "batch": 1}
    contenders = [Contender(pytorch, **request, arch=arch, setting=setting) for setting in ["", "compiled"]]
    return contenders + [Contender(onnxruntime, **request, path=path, setting=s) for s in ["", "one thread"]]

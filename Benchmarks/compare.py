"""Times fm-train and fm-predict beside PyTorch, in turn, and prints the ratios of their speeds.

Ours are whole runs as a user makes them: an epoch of fm-train (as its log has it), and fm-predict from its start to
its last line of text. PyTorch's are its steps alone, with the data in memory as floats and warmed up, at whichever of
its settings a trial finds fastest.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import time

TRAIN_SETTINGS = {"cnn": ["", "fused", "channels_last fused"], "ffnn": ["", "fused"]}
PREDICT_SETTINGS = {"cnn": ["", "channels_last"], "ffnn": [""]}
PREDICT_BATCHES = [64, 128, 256, 512, 1000]


class Peer:
    """PyTorch in a process of its own."""

    def __init__(self, stream, threads):
        script = os.path.join(os.path.dirname(__file__), "pytorch_peer.py")
        command = [os.sys.executable, script, stream, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = json.loads(self.process.stdout.readline())["torch"]

    def speed(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def our_training(options, arch, batch):
    """Images a second of an epoch over all images."""
    log = os.path.join(options.work, "log.jsonl")
    command = [f"{options.bin}/fm-train", "--arch", arch, "--batch-size", str(batch), "--epochs", "1"]
    command += ["--optimizer", "adam", "--learning-rate", "0.001", "--schedule", "constant", "--validation", "0"]
    command += ["--jobs", str(options.threads), "--quiet", "--log", log, "--output", model_path(options, arch)]
    subprocess.run(command + [options.stream], check=True)
    with open(log) as file:
        return next(e for e in map(json.loads, file) if e["event"] == "epoch")["images_per_second"]


def our_prediction(options, arch):
    """Images a second of a whole process, its start and its text included."""
    command = [f"{options.bin}/fm-predict", "--model", model_path(options, arch)]
    command += ["--jobs", str(options.threads), "--output", "/dev/null", options.stream]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return options.records / (time.perf_counter() - started)


def model_path(options, arch):
    return os.path.join(options.work, f"{arch}.safetensors")


def best_setting(peer, requests):
    """The fastest of some requests, by a short trial of each."""
    return max(requests, key=lambda request: peer.speed(**{**request, "count": min(request["count"], 6400)}))


def compare(name, options, ours, peer, requests):
    """Runs both sides in turn and prints a row."""
    request = best_setting(peer, requests)
    pairs = []
    for _ in range(options.pairs):
        theirs = peer.speed(**request)
        pairs.append((ours(), theirs))
    ratios = [our / their for our, their in pairs]
    setting = " ".join([request["setting"] or "plain", f"batch {request['batch']}"])
    print(
        f"| {name} | {statistics.median(p[0] for p in pairs):,.0f} | {statistics.median(p[1] for p in pairs):,.0f} "
        f"({setting}) | {statistics.median(ratios):.2f} | {min(ratios):.2f}–{max(ratios):.2f} |",
        flush=True,
    )


def works(options, peer):
    """The comparisons: a name and what to do."""
    for arch in ["cnn", "ffnn"]:
        for batch in [128, 20]:
            count = 12_800 if arch == "cnn" else 38_400
            requests = [
                {"work": "train", "arch": arch, "batch": batch, "count": count, "setting": setting}
                for setting in TRAIN_SETTINGS[arch]
            ]
            yield f"train {arch}, batch {batch}", lambda a=arch, b=batch: our_training(options, a, b), requests
    for arch in ["cnn", "ffnn"]:
        requests = [
            {"work": "predict", "arch": arch, "batch": batch, "count": 60_000, "setting": setting}
            for setting in PREDICT_SETTINGS[arch]
            for batch in PREDICT_BATCHES
        ]
        if not os.path.exists(model_path(options, arch)):
            our_training(options, arch, 128)
        yield f"predict {arch}", lambda a=arch: our_prediction(options, a), requests


def cpu_name():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the built commands")
    parser.add_argument("--stream", required=True, help="the training images as a tensor stream")
    parser.add_argument("--work", required=True, help="a folder for models and logs")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    options = parser.parse_args()
    options.records = 60_000
    peer = Peer(options.stream, options.threads)
    print(f"{cpu_name()}, {options.threads} threads; PyTorch {peer.version}; {options.pairs} pairs\n")
    print("| work | fm-tools, images/s | PyTorch, images/s | ratio, median | spread |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for name, ours, requests in works(options, peer):
        if options.only in name:
            compare(name, options, ours, peer, requests)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes the safetensors files that the tests of ModelFiles read.

    python3 -m venv venv && venv/bin/pip install numpy torch safetensors     # outside the repository
    venv/bin/python Tests/ModelFilesTests/Fixtures/make_fixtures.py

`python-*.safetensors` are written by the official safetensors package. `tiny-model.safetensors` is one of our model
files, put together here byte by byte, independently of our writer, and read back by the official package.

Values are small multiples of 1/8, exact in every type: value(i) = (i - 7) / 8.
"""

import json
import pathlib
import struct
import zlib

import torch
from safetensors.torch import load_file, save_file

FOLDER = pathlib.Path(__file__).resolve().parent


def values(*shape, dtype=torch.float32):
    count = 1
    for length in shape:
        count *= length
    return ((torch.arange(count) - 7) / 8).reshape(shape).to(dtype)


def official():
    save_file(
        {"matrix": values(3, 4), "scalar": values(), "empty": values(0, 3), "kernel": values(2, 1, 3, 3),
         "Größe \"\\\n": values(2)},
        FOLDER / "python-float32.safetensors", metadata={"format": "pt", "größe": "a \"b\" \\ \n c"})
    save_file(
        {"half": values(5, dtype=torch.float16), "brain": values(2, 3, dtype=torch.bfloat16),
         "double": values(4, dtype=torch.float64), "single": values(3)},
        FOLDER / "python-mixed.safetensors")
    save_file(
        {"weight": values(2, 2), "steps": torch.tensor([1, 2, 3])}, FOLDER / "python-integers.safetensors")


# conv:2 relu pool linear:3 relu on 4 × 5 grey images, 2 classes.
PARAMETERS = {
    "conv1.weight": (2, 1, 3, 3), "conv1.bias": (2,), "fc1.weight": (3, 8), "fc1.bias": (3,),
    "out.weight": (2, 3), "out.bias": (2,),
}


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def tiny_model():
    training = {
        "seed": 18446744073709551615, "settings": {"batch-size": "128", "optimizer": "adam"},
        "training_records": 48000, "validation_records": 12000, "epochs": 9, "best_epoch": 7,
        "training_loss": 0.25, "training_accuracy": 0.90625, "validation_loss": 0.3125,
        "validation_accuracy": 0.875,
    }
    metadata = {
        "format": "pt", "fm-tools.format": "1", "fm-tools.architecture": "conv:2 relu pool linear:3 relu",
        "fm-tools.input": "[1,4,5]", "fm-tools.class-count": "2", "fm-tools.pixels": "1/255",
        "fm-tools.classes": compact(["Mütze", "a \"b\" \\ c"]),
        "fm-tools.history": compact(["idx2raw a.gz b.gz", "fm-train --output 'm n.safetensors'"]),
        "fm-tools.training": compact(training),
    }
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(PARAMETERS):
        raw = values(*PARAMETERS[name]).numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32", "shape": list(PARAMETERS[name]), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    metadata["fm-tools.data-crc32"] = f"{zlib.crc32(data):08x}"
    text = compact(header).encode()
    text += b" " * (-len(text) % 8)
    path = FOLDER / "tiny-model.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    loaded = load_file(path)
    assert sorted(loaded) == sorted(PARAMETERS)
    for name, shape in PARAMETERS.items():
        assert torch.equal(loaded[name], values(*shape)), name


if __name__ == "__main__":
    official()
    tiny_model()

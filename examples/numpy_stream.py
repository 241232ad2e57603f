#!/usr/bin/env python3
"""Read and write tensor streams, the format of fm-tools, with NumPy.

    idx2raw train-images.gz train-labels.gz | examples/numpy_stream.py info
    examples/numpy_stream.py write images.npy labels.npy --classes names.txt | fm-train ...
    examples/numpy_stream.py name train.raw > named.raw

As a module: `for records in read_stream(sys.stdin.buffer): ...`. docs/stream-format.md describes the format, and has the
same three functions.
"""

import argparse
import json
import shlex
import signal
import sys
import zlib

import numpy as np


def read_stream(file, ends=None):
    """Yield the records of a tensor stream as structured arrays of at most 1,024.

    `file` is binary and buffered, such as sys.stdin.buffer, and can be a pipe. Raises ValueError if the stream is
    truncated or damaged, so trust the records only when the loop is done. `ends` is a list to which the contents of the
    ends are appended: "classes", "history" and more.
    """
    crc = count = 0
    at_end = False
    while magic := file.read(8):
        if magic != b"\x93NUMPY\x01\x00":
            raise ValueError(f"expected a .npy array of format 1.0, found {magic!r}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        at_end = shape == ()
        if dtype.kind != ("S" if at_end else "V") or len(shape) > 1:
            raise ValueError(f"expected records or an end, found an array of {dtype} with shape {shape}")
        left = 1 if at_end else shape[0]
        while left:
            # Read in pieces, because a header can claim any number of records.
            size = min(left, 1024) * dtype.itemsize
            data = file.read(size)
            if len(data) < size:
                raise ValueError(f"the stream ends inside an array, after {count} records")
            left -= min(left, 1024)
            if not at_end:
                crc = zlib.crc32(data, crc)
                count += size // dtype.itemsize
                yield np.frombuffer(data, dtype)
        if at_end:
            end = json.loads(data)
            if (end["records"], end["crc32"]) != (count, f"{crc:08x}"):
                raise ValueError(f"expected {end['records']} records with CRC-32 {end['crc32']}, as the end says, "
                                 f"found {count} with {crc:08x}")
            crc = count = 0
            if ends is not None:
                ends.append(end)
    if not at_end:
        raise ValueError("the stream has no end: the program that wrote it failed or was stopped")


def make_records(images, labels=None, names=None):
    """Join images, bytes (N, H, W) or (N, H, W, 3), with labels, bytes (N,), and names, byte strings, into records."""
    columns = {"image": images, "label": labels, "name": names}
    columns = {name: np.asarray(column) for name, column in columns.items() if column is not None}
    for name, column in columns.items():
        expected = "S" if name == "name" else "u1"
        if not np.issubdtype(column.dtype, expected) or len(column) != len(images):
            raise ValueError(f"{name}: expected {len(images)} of {expected}, found {len(column)} of {column.dtype}")
    fields = [(name, column.dtype, column.shape[1:]) for name, column in columns.items()]
    records = np.empty(len(images), fields)
    for name, column in columns.items():
        records[name] = column
    return records


def write_stream(file, chunks, classes=None, history=()):
    """Write arrays of records, each as a chunk, then the end. If the iterator of arrays raises, no end is written."""
    crc = count = 0
    for records in chunks:
        if len(records):
            np.lib.format.write_array(file, records, version=(1, 0), allow_pickle=False)
            crc = zlib.crc32(records.tobytes(), crc)
            count += len(records)
    end = {"crc32": f"{crc:08x}", "history": list(history), "records": count}
    if classes is not None:
        end["classes"] = list(classes)
    text = json.dumps(end, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    np.lib.format.write_array(file, np.array(text.encode()), version=(1, 0))


def info(options):
    with open(options.file, "rb") if options.file != "-" else sys.stdin.buffer as file:
        ends = []
        count, dtype, labels = 0, None, np.zeros(256, np.int64)
        for records in read_stream(file, ends):
            count, dtype = count + len(records), records.dtype
            if "label" in dtype.names:
                labels += np.bincount(records["label"], minlength=256)
    print(f"records  {count}")
    for name in dtype.names if dtype else ():
        print(f"{name:8} {dtype[name].base.str} {dtype[name].shape or ''}".rstrip())
    classes = next((end["classes"] for end in ends if "classes" in end), None)
    for label in np.flatnonzero(labels):
        known = classes and label < len(classes)
        print(f"label    {label} {classes[label] + ' ' if known else ''}{labels[label]}")
    for end in ends:
        for line in end["history"]:
            print(f"history  {line}")


def write(options):
    images = np.load(options.images, mmap_mode="r")
    labels = np.load(options.labels, mmap_mode="r") if options.labels else None
    classes = open(options.classes, encoding="utf-8").read().splitlines() if options.classes else None
    if labels is not None and len(labels) != len(images):
        raise ValueError(f"{options.labels}: expected {len(images)} labels, one per image, found {len(labels)}")
    chunks = (make_records(images[start:start + 1024], labels if labels is None else labels[start:start + 1024])
              for start in range(0, len(images), 1024))
    write_stream(sys.stdout.buffer, chunks, classes, [shlex.join(sys.argv)])
    sys.stdout.buffer.flush()


def name(options):
    # The end of the stream has the classes, so the stream is read once for them, and once more for the records.
    ends = []
    with open(options.file, "rb") as file:
        count = sum(len(records) for records in read_stream(file, ends))
    width = len(str(count))

    def named():
        first = 0
        with open(options.file, "rb") as file:
            for records in read_stream(file):
                numbers = np.array([b"%0*d" % (width, first + row) for row in range(len(records))])
                first += len(records)
                yield make_records(records["image"], records["label"] if "label" in records.dtype.names else None,
                                   numbers)

    classes = next((end["classes"] for end in ends if "classes" in end), None)
    history = [line for end in ends for line in end["history"]]
    write_stream(sys.stdout.buffer, named(), classes, history + [shlex.join(sys.argv)])
    sys.stdout.buffer.flush()


def main():
    parser = argparse.ArgumentParser(description="Read and write tensor streams with NumPy.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("info", help="check a stream, and describe its contents")
    command.add_argument("file", nargs="?", default="-", help="a stream (default: standard input)")
    command.set_defaults(run=info)
    command = commands.add_parser("write", help="convert .npy files to a stream on standard output")
    command.add_argument("images", help="a .npy file of bytes, (N, H, W) or (N, H, W, 3)")
    command.add_argument("labels", nargs="?", help="a .npy file of bytes, (N,)")
    command.add_argument("--classes", metavar="FILE", help="the names of the classes, one per line")
    command.set_defaults(run=write)
    command = commands.add_parser("name", help="write the stream with each record's number as its name")
    command.add_argument("file", help="a stream of images, which is read twice")
    command.set_defaults(run=name)
    options = parser.parse_args()
    # Like all filters, end quietly if the reader of the output leaves.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        options.run(options)
    except (OSError, ValueError) as error:
        sys.exit(f"numpy_stream.py: {error}")


if __name__ == "__main__":
    main()

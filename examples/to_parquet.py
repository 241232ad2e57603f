#!/usr/bin/env python3
"""Convert predictions to Parquet, with pyarrow.

    fm-predict -m cnn.safetensors --paths --probabilities < names.txt | examples/to_parquet.py -o predictions.parquet
    examples/to_parquet.py out/*.tsv -o predictions.parquet
    parallel examples/to_parquet.py {} -o {.}.parquet ::: out/*.tsv

Reads the TSV that fm-predict writes: one table, or many with the same columns, which become one file. Columns keep their
names. Probabilities are float32, `record` is int64, and everything else is text; with --labels index, classes are int16.
A withheld class is null, and so is a missing error. `name` is the text that fm-predict writes, in which names that are not
UTF-8 are escaped; with --names bytes it is the original bytes of the name.

If a table was truncated, or its last line says that fm-predict failed, it is rejected, and no output is written. Memory
does not grow with the number of rows. As a module: `schema, batches = read_predictions(file, path)`.
"""

import argparse
import contextlib
import os
import re
import signal
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

# The rows of a row group, in which readers find rows. Larger groups take more memory, and files are hardly smaller.
GROUP = 1 << 17
# The bytes of a read, which pyarrow parses at a time. A pipe may return fewer.
BLOCK = 4 << 20
PROBABILITY = re.compile(r"(log_)?(probability\d*|p:.*)")
CLASS = re.compile(r"truth|class\d*")
# This cannot be a row: a row whose first field can be #failed has more than two fields.
FAILURE = re.compile(rb"^#failed\t([^\t\n]*)$", re.MULTILINE)
ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)", re.DOTALL)
LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\"}


def name_bytes(text):
    """Return the original bytes of a name that fm-predict wrote."""
    def plain(found):
        code = found[1]
        if code not in LETTERS and len(code) != 3:
            raise ValueError(f"{text!r} is not a name as fm-predict writes it: \\{code.decode(errors='replace')}")
        return LETTERS.get(code) or bytes([int(code[1:], 16)])
    return ESCAPE.sub(plain, text.encode()) if "\\" in text else text.encode()


def name_text(name):
    """Return the text of a name, from which name_bytes restores the name."""
    text = name.replace(b"\\", b"\\\\").decode(errors="backslashreplace")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def schema_of(header, labels="name"):
    """Return the schema of a table, from the titles in its first line."""
    if not header.startswith((b"name\t", b"record\t")) or not header.endswith(b"\n"):
        raise ValueError(f"expected a line of titles, as fm-predict writes TSV, found {header[:80]!r}")
    titles = header.rstrip(b"\n").decode(errors="backslashreplace").split("\t")
    label = pa.int16() if labels == "index" else pa.string()
    kinds = {"record": pa.int64(), "name": pa.string(), "error": pa.string()}
    fields = []
    for title in titles:
        kind = pa.float32() if PROBABILITY.fullmatch(title) else label if CLASS.fullmatch(title) else kinds.get(title)
        if kind is None:
            raise ValueError(f"fm-predict has no column '{title}'")
        fields.append(pa.field(title, kind))
    return pa.schema(fields)


def read_blocks(file, header):
    """Yield the rows of a table in blocks of whole lines, without titles between them.

    Raises ValueError if the table was truncated or its writer failed: pyarrow would notice neither.
    """
    rest = b""
    while data := file.read(BLOCK):
        data = rest + data
        end = data.rfind(b"\n") + 1
        data, rest = data[:end], data[end:]
        if b"#failed\t" in data and (found := FAILURE.search(data)):
            raise ValueError(f"the command that wrote this failed: {found[1].decode(errors='replace')}")
        if len(rest) > BLOCK:
            raise ValueError(f"expected lines, found one of more than {BLOCK} bytes")
        while data.startswith(header):
            data = data[len(header):]
        while b"\n" + header in data:
            data = data.replace(b"\n" + header, b"\n")
        if data:
            yield data
    if rest:
        raise ValueError("the last line has no newline: the table was truncated")


def read_predictions(file, path, labels="name"):
    """Return the schema of a table in a buffered binary file, and its rows as an iterator over record batches.

    Errors are ValueErrors that name `path`. They can come with any batch, so trust the batches only after the last one.
    """
    with naming(path):
        header = file.readline(BLOCK)
        if not header:
            raise ValueError("expected a table, found nothing; did fm-predict fail?")
        if found := FAILURE.match(header):
            raise ValueError(f"the command that wrote this failed: {found[1].decode(errors='replace')}")
        schema = schema_of(header, labels)
    return schema, read_rows(file, path, header, schema)


def read_rows(file, path, header, schema):
    """Yield the rows of a table as record batches."""
    titles = pa.csv.ReadOptions(column_names=schema.names)
    form = pa.csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False)
    kinds = pa.csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True)
    with naming(path):
        for block in read_blocks(file, header):
            table = pa.csv.read_csv(pa.BufferReader(block), titles, form, kinds)
            if schema.names[0] == "name" and table.column(0).null_count:
                # An empty name is a name.
                table = table.set_column(0, schema.field(0), pc.fill_null(table.column(0), ""))
            yield from table.to_batches()


@contextlib.contextmanager
def naming(path):
    """Prefix errors about a table with its path."""
    try:
        yield
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def with_byte_names(batches):
    """Yield batches whose names are the original bytes of file names."""
    for batch in batches:
        names = batch.column(0)
        # Few names have escapes. Batches without any are cast directly.
        if pc.any(pc.match_substring(names, "\\")).as_py():
            plain = pa.array([name_bytes(name) for name in names.to_pylist()], pa.binary())
        else:
            plain = names.cast(pa.binary())
        yield batch.set_column(0, pa.field("name", pa.binary()), plain)


def read_tables(paths, labels, names):
    """Return the schema of several tables, and an iterator over their batches."""
    def tables():
        for path in paths:
            with open(path, "rb") if path != "-" else contextlib.nullcontext(sys.stdin.buffer) as file:
                schema, batches = read_predictions(file, path, labels)
                if names == "bytes":
                    if schema.names[0] != "name":
                        raise ValueError(f"{path}: --names bytes: the records have numbers, not names")
                    schema = schema.set(0, pa.field("name", pa.binary()))
                    batches = with_byte_names(batches)
                yield path, schema, batches

    opened = tables()
    first, schema, batches = next(opened)

    def rest():
        yield from batches
        for path, other, more in opened:
            if other != schema:
                raise ValueError(f"{path}: expected the columns of {first}, {', '.join(schema.names)}; "
                                 f"found {', '.join(other.names)}")
            yield from more
    return schema, rest()


def write_parquet(path, schema, batches):
    """Write batches to a Parquet file in groups of GROUP rows. The file appears when it is complete."""
    # Probabilities differ from row to row, so dictionaries would make their columns half as large again.
    repeated = [name for name in schema.names if CLASS.fullmatch(name) or name == "error"]
    with whole_file(path) as temporary:
        with pa.parquet.ParquetWriter(temporary, schema, compression="zstd", use_dictionary=repeated) as writer:
            waiting, count = [], 0
            for batch in batches:
                waiting.append(batch)
                count += batch.num_rows
                if count >= GROUP:
                    writer.write_table(pa.Table.from_batches(waiting, schema), row_group_size=count)
                    waiting, count = [], 0
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting, schema), row_group_size=count)


@contextlib.contextmanager
def whole_file(path):
    """Yield the name of a temporary file that is renamed to `path` on success, and removed on failure."""
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def main():
    parser = argparse.ArgumentParser(description="Convert fm-predict's TSV to Parquet.")
    parser.add_argument("tables", nargs="*", default=["-"], metavar="table",
                        help="TSV from fm-predict; - is standard input (default: -)")
    parser.add_argument("-o", "--output", required=True, help="the Parquet file to write")
    parser.add_argument("--labels", choices=["name", "index"], default="name",
                        help="index: classes are numbers, as fm-predict --labels index writes them (default: name)")
    parser.add_argument("--names", choices=["text", "bytes"], default="text",
                        help="text: names as fm-predict writes them; bytes: their original bytes (default: text)")
    options = parser.parse_args()
    # Exit with an exception, so that the unfinished file is removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        write_parquet(options.output, *read_tables(options.tables, options.labels, options.names))
    except (OSError, pa.ArrowException, ValueError) as error:
        sys.exit(f"to_parquet.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

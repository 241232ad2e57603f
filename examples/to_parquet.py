#!/usr/bin/env python3
"""Turn predictions into Parquet, with pyarrow.

    fm-predict -m cnn.safetensors --paths --probabilities < names.txt | examples/to_parquet.py -o predictions.parquet
    examples/to_parquet.py out/*.tsv -o predictions.parquet
    parallel examples/to_parquet.py {} -o {.}.parquet ::: out/*.tsv

Reads what fm-predict writes as TSV: one table or many with the same columns, which become one file. Columns keep their
names. Probabilities are float32, `record` is int64, all else is text; with --labels index, classes are int16. A class
that is withheld and an error that there is not are null. `name` is the text that fm-predict writes, in which names that
are not UTF-8 are escaped; with --names bytes it is the bytes of the name itself.

A table that was cut, or whose last line says that fm-predict failed, is refused, and there is no output then. Memory
does not grow with the number of rows. As a module:
`schema, batches = read_predictions(file, path)`.
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

# Readers find their rows by groups of this many. Larger ones take more memory here, and make files hardly smaller.
GROUP = 1 << 17
PROBABILITY = re.compile(r"(log_)?(probability\d*|p:.*)")
CLASS = re.compile(r"truth|class\d*")
# A row has more fields than two wherever its first may be this.
FAILURE = re.compile(rb"^#failed\t([^\t\n]*)$", re.MULTILINE)
ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)", re.DOTALL)
LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\"}


def name_bytes(text):
    """Return the bytes of a name that fm-predict wrote."""
    def plain(found):
        code = found[1]
        if code not in LETTERS and len(code) != 3:
            raise ValueError(f"{text!r} is no name as fm-predict writes it: \\{code.decode(errors='replace')}")
        return LETTERS.get(code) or bytes([int(code[1:], 16)])
    return ESCAPE.sub(plain, text.encode()) if "\\" in text else text.encode()


def name_text(name):
    """Return the text of a name, of which name_bytes makes the name again."""
    text = name.replace(b"\\", b"\\\\").decode(errors="backslashreplace")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def schema_of(header, labels="name"):
    """Return the schema of a table by the titles in its first line."""
    titles = header.rstrip(b"\n").decode().split("\t")
    if titles[0] not in ("name", "record") or not header.endswith(b"\n"):
        raise ValueError(f"expected a line of titles, as fm-predict writes TSV, found {header[:80]!r}")
    label = pa.int16() if labels == "index" else pa.string()
    kinds = {"record": pa.int64(), "name": pa.string(), "error": pa.string()}
    fields = []
    for title in titles:
        kind = pa.float32() if PROBABILITY.fullmatch(title) else label if CLASS.fullmatch(title) else kinds.get(title)
        if kind is None:
            raise ValueError(f"the column '{title}' is none of fm-predict's")
        fields.append(pa.field(title, kind))
    return pa.schema(fields)


class Rows:
    """The rows of a table as a file for pyarrow: without titles between them, in blocks of whole lines, and an error
    where the table was cut or its writer failed, neither of which pyarrow would notice."""

    closed = False

    def __init__(self, file, header):
        self.file, self.header, self.rest = file, header, b""

    def read(self, size):
        data = self.rest + self.file.read(size - len(self.rest))
        end = data.rfind(b"\n") + 1
        self.rest = data[end:]
        if self.rest and (not end or len(data) < size):
            # A regular file or a pipe gives less only at its end.
            raise ValueError("the last line has no newline: the table was cut, or is no text")
        data = data[:end]
        if b"#failed\t" in data and (found := FAILURE.search(data)):
            raise ValueError(f"the command that wrote this failed: {found[1].decode(errors='replace')}")
        while data.startswith(self.header):
            data = data[len(self.header):]
        while b"\n" + self.header in data:
            data = data.replace(b"\n" + self.header, b"\n")
        # Nothing means the end to pyarrow, and this block may have held titles alone.
        return data or (self.read(size) if end else b"")


def read_predictions(file, path, labels="name", block=1 << 20):
    """Return the schema of a table in a buffered binary file, and its rows as an iterator over record batches.

    An error is a ValueError that names `path`, and may come at any batch: believe them only when the last one is there.
    `block` is how many bytes become a batch.
    """
    with naming(path):
        header = file.readline(1 << 20)
        if not header:
            raise ValueError("expected a table, found nothing: see whether fm-predict failed")
        if found := FAILURE.match(header):
            raise ValueError(f"the command that wrote this failed: {found[1].decode(errors='replace')}")
        schema = schema_of(header, labels)
    return schema, read_rows(Rows(file, header), path, schema, block)


def read_rows(rows, path, schema, block):
    """Yield the rows of a table as record batches."""
    with naming(path):
        # pyarrow refuses a file without rows, and a table may have none.
        first = rows.read(block)
        if not first:
            return
        rows.rest = first + rows.rest
        for batch in pa.csv.open_csv(
                rows,
                pa.csv.ReadOptions(column_names=schema.names, block_size=block),
                pa.csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False),
                pa.csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True)):
            if schema.names[0] == "name" and batch.column(0).null_count:
                # An empty name is a name.
                batch = batch.set_column(0, schema.field(0), pc.fill_null(batch.column(0), ""))
            yield batch


@contextlib.contextmanager
def naming(path):
    """Let errors about a table name it."""
    try:
        yield
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def with_byte_names(batches):
    """Return batches whose names are the bytes of files' names."""
    for batch in batches:
        names = batch.column(0)
        # Few names have escapes; the others are taken as they are.
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
                        raise ValueError(f"{path}: --names bytes: the records have no names, but numbers")
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
    """Write batches into a Parquet file, which appears when it is whole, in groups of GROUP rows."""
    # Probabilities differ from row to row: dictionaries of them are half as large again as themselves.
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
    """Give the name of a file that becomes `path` if all goes well, and is removed if not."""
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def main():
    parser = argparse.ArgumentParser(description="Turn fm-predict's TSV into Parquet.")
    parser.add_argument("tables", nargs="*", default=["-"], metavar="table",
                        help="TSV of fm-predict; - is standard input, and the default")
    parser.add_argument("-o", "--output", required=True, help="the Parquet file to write")
    parser.add_argument("--labels", choices=["name", "index"], default="name",
                        help="index: classes are numbers, as fm-predict --labels index writes them (default: name)")
    parser.add_argument("--names", choices=["text", "bytes"], default="text",
                        help="text: names as fm-predict writes them; bytes: as files have them (default: text)")
    options = parser.parse_args()
    # So that what was begun is removed.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        write_parquet(options.output, *read_tables(options.tables, options.labels, options.names))
    except (OSError, pa.ArrowException, ValueError) as error:
        sys.exit(f"to_parquet.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

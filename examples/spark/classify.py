#!/usr/bin/env python3
"""Classify pictures on a Spark cluster: read a list of names, and write Parquet.

    find /data/pictures -name '*.png' > names.txt
    spark-submit examples/spark/classify.py -m cnn.safetensors names.txt predictions.parquet
    spark-submit examples/spark/classify.py -m cnn.safetensors --tar shards.txt predictions.parquet -- --probabilities

The list has one name per line, of a picture or, with --tar, of an archive. Every worker must see the files under these
names. Each task takes a part of the list and runs one fm-predict for it, or with --tar one for each archive. Options after
`--` are passed on to fm-predict. The table has the columns of fm-predict's TSV, with the same names of pictures, and with
--tar also `shard`, the archive.

If fm-predict fails or is killed, its task fails, and Spark repeats it. If a picture cannot be used, its row has an `error`,
as in fm-predict, and the exit status is 1, or 0 with --keep-going. docs/scale-spark.md has more.
"""

import argparse
import itertools
import os
import shlex
import subprocess
import sys

# The folder of to_parquet.py. In a cluster's driver, --py-files provides both modules.
sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import SparkFiles
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import FloatType, StringType, StructField, StructType

import commands
import to_parquet

# Up to this number, there is a task for each archive. Each task writes a file of the table, and a million files are
# slow to read.
ARCHIVE_TASKS = 10_000


def read_names(spark, options):
    """Return the list as a table with one binary column, so that names keep bytes that are not UTF-8."""
    # Partitions are byte ranges of the list, not made by a shuffle, so a repeated task reads the same names again.
    spark.conf.set("spark.sql.files.maxPartitionBytes", options.split)
    lines = spark.read.option("lineSep", "\0" if options.null else "\n").text(options.names)
    return lines.select(F.col("value").cast("binary").alias("name"))


class Predictor:
    """The work of a task: converts the names in its part of the list to rows, in Arrow batches."""

    def __init__(self, options, fm_predict_options, schema, jobs):
        self.command, self.tar, self.schema = options.fm_predict, options.tar, schema
        self.options = [*fm_predict_options, "--keep-going", "--jobs", jobs]
        self.models = [os.path.basename(model) for model in options.model]

    def prefix(self):
        models = itertools.chain(*(("-m", SparkFiles.get(model)) for model in self.models))
        return [commands.locate(self.command), *models, *self.options]

    def rows(self, output):
        schema, batches = to_parquet.read_predictions(output, "fm-predict")
        if schema != self.schema:
            raise ValueError(f"fm-predict: expected the columns {self.schema.names}, found {schema.names}")
        return batches

    def of_pictures(self, batches):
        """Yield rows from one process that reads all names of the task."""
        sent = 0

        def names(batches):
            nonlocal sent
            for batch in batches:
                sent += batch.num_rows
                yield b"".join(name + b"\0" for name in batch.column(0).to_pylist())

        # A part that is within a single line of the list has no names.
        first = next(batches, None)
        if first is None:
            return
        received = 0
        for batch in commands.run([*self.prefix(), "--paths", "-0"], names(itertools.chain([first], batches)), self.rows):
            received += batch.num_rows
            yield batch
        if received != sent:
            raise RuntimeError(f"fm-predict: {received} rows for {sent} names")

    def of_archives(self, batches):
        """Yield rows from one process for each archive, so that each row can name its archive."""
        for path in itertools.chain(*(batch.column(0).to_pylist() for batch in batches)):
            shard = to_parquet.name_text(path)
            for batch in commands.run([*self.prefix(), "--tar", "--", path], [], self.rows):
                yield batch.append_column("shard", pa.repeat(shard, batch.num_rows))

    def __call__(self, batches):
        batches = (batch for batch in batches if batch.num_rows)
        return self.of_archives(batches) if self.tar else self.of_pictures(batches)

    def with_pandas(self, frames):
        """Do the same work for mapInPandas."""
        for batch in self(pa.RecordBatch.from_pandas(frame, preserve_index=False) for frame in frames):
            yield batch.to_pandas()


def by_pipe(spark, names, predictor, schema):
    """Return the rows from RDD.pipe, whose records are lines of UTF-8."""
    # An exception in a pipe's feeder would only be printed, and the task would wait forever. So check the names first.
    if bad := names.where("not is_valid_utf8(cast(name as string)) or instr(cast(name as string), '\n') > 0").first():
        raise ValueError(f"the name '{to_parquet.name_text(bytes(bad[0]))}' is not a line of UTF-8, as --by pipe needs; "
                         "use --by arrow")
    # The command is the same for every worker. Executors run in the folder where files arrive, a local master does not.
    folder = SparkFiles.getRootDirectory() if spark.sparkContext.master.startswith("local") else "."
    models = itertools.chain(*(("-m", os.path.join(folder, model)) for model in predictor.models))
    command = [predictor.command, *models, *predictor.options, "--paths", "--no-header"]
    # Without checkCode, a dead process would look like a finished one. The environment is empty by default.
    lines = names.select(F.col("name").cast("string")).rdd.map(lambda row: row[0]).pipe(
        shlex.join(command), env={"PATH": os.environ["PATH"]}, checkCode=True)
    rows = spark.read.csv(lines, schema, sep="\t", quote="", escape="", nullValue="", mode="FAILFAST")
    # An empty name is a name.
    return rows.fillna("", "name")


def read_header(options, fm_predict_options):
    """Return the schema of the table from fm-predict's header. This also checks model and options before tasks start."""
    models = itertools.chain(*(("-m", model) for model in options.model))
    command = [commands.locate(options.fm_predict), *models, *fm_predict_options, "--paths"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        raise ValueError(f"--fm-predict: {command[0]}: {error.strerror}") from None
    if done.returncode:
        raise ValueError(done.stderr.decode(errors="replace").strip().splitlines()[0])
    if not done.stdout:
        raise ValueError("the options after -- may not change fm-predict's format, header or output")
    return to_parquet.schema_of(done.stdout)


def spark_schema(schema):
    kinds = {pa.string(): StringType(), pa.float32(): FloatType()}
    return StructType([StructField(field.name, kinds[field.type]) for field in schema])


def classify(spark, options, fm_predict_options):
    """Write the table, and return its number of rows, and the number of rows with an error."""
    context = spark.sparkContext
    for model in options.model:
        context.addFile(os.path.abspath(model))
    for module in (commands, to_parquet):
        context.addPyFile(module.__file__)
    schema = read_header(options, fm_predict_options)
    predictor = Predictor(options, fm_predict_options, schema, context.getConf().get("spark.task.cpus", "1"))
    if options.tar:
        schema = schema.append(pa.field("shard", pa.string()))
    names = read_names(spark, options)
    count = names.count()
    if not count:
        raise ValueError(f"{options.names}: the list is empty")
    if options.tar:
        names = names.repartition(min(count, ARCHIVE_TASKS))
    if options.by == "pipe":
        rows = by_pipe(spark, names, predictor, spark_schema(schema))
    elif options.by == "pandas":
        rows = names.mapInPandas(predictor.with_pandas, spark_schema(schema))
    else:
        rows = names.mapInArrow(predictor, spark_schema(schema))
    try:
        rows.write.parquet(options.output, mode="overwrite" if options.overwrite else "error")
    except AnalysisException as error:
        if error.getCondition() != "PATH_ALREADY_EXISTS":
            raise
        raise ValueError(f"{options.output}: already exists; --overwrite replaces it") from None
    written = spark.read.schema(spark_schema(schema)).parquet(options.output)
    total, failed = written.agg(F.count(F.lit(1)), F.count("error")).first()
    if not options.tar and total != count:
        raise RuntimeError(f"{options.output}: {total} rows for {count} names")
    return total, failed


def main():
    parser = argparse.ArgumentParser(description="Classify pictures on a Spark cluster, and write Parquet.",
                                     epilog="Options after -- are passed on to fm-predict.")
    parser.add_argument("names", help="a list of pictures, or with --tar of archives; Spark reads it (file:, hdfs:, s3a:)")
    parser.add_argument("output", help="the Parquet table to write, a folder")
    parser.add_argument("-m", "--model", action="append", required=True, help="a model file; can be repeated")
    parser.add_argument("--fm-predict", default="fm-predict", metavar="COMMAND",
                        help="the command on the workers: its path, absolute or below the folder of --files and "
                        "--archives (default: the one in PATH)")
    parser.add_argument("--tar", action="store_true", help="the list names tar archives")
    parser.add_argument("-0", "--null", action="store_true", help="names end with NUL, as find -print0 writes them")
    parser.add_argument("--by", choices=["arrow", "pandas", "pipe"], default="arrow",
                        help="mapInArrow, mapInPandas or RDD.pipe (default: arrow)")
    parser.add_argument("--split", type=int, default=1 << 20, metavar="BYTES",
                        help="the part of the list for each task (default: 1048576, about 20,000 names)")
    parser.add_argument("--keep-going", action="store_true", help="exit with status 0 even if rows have errors")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    own, fm_predict_options = commands.split_arguments()
    options = parser.parse_args(own)
    if options.by == "pipe" and options.tar:
        parser.error("--by pipe cannot read archives; use --by arrow")
    if len({os.path.basename(model) for model in options.model}) < len(options.model):
        parser.error("--model: expected files with different names, because Spark puts them into one folder")
    for model in options.model:
        if not os.path.isfile(model):
            sys.exit(f"classify.py: {model}: expected a model's file, which Spark sends to the workers")
    spark = SparkSession.builder.appName("fm-predict").getOrCreate()
    try:
        total, failed = classify(spark, options, fm_predict_options)
    except (ValueError, RuntimeError, PySparkException, Py4JError) as error:
        sys.exit(f"classify.py: {commands.reason(error)}")
    finally:
        spark.stop()
    if failed:
        print(f"classify.py: {failed} of {total} rows have no prediction; the column 'error' says why", file=sys.stderr)
        sys.exit(0 if options.keep_going else 1)


if __name__ == "__main__":
    main()

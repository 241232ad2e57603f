#!/usr/bin/env python3
"""Evaluate predictions on a Spark cluster: read the table of classify.py, and print one report of fm-eval.

    spark-submit examples/spark/evaluate.py predictions.parquet
    spark-submit examples/spark/evaluate.py predictions.parquet --label-from truth.tsv -- --min accuracy=0.9 --format json

Each task passes its rows to one fm-eval, and `fm-eval --merge` merges the reports. The result is the same, to the last bit,
as one report on all rows. Options after `--` are passed on to the merge: format, gates, confidence. The exit status is
fm-eval's.

The true classes are in the column `truth` if it exists; otherwise they are the folders of the pictures. A file of true
classes is TSV with the columns name and truth, and has each name once. A name without a true class is an error, and so is a
true class whose name was not predicted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.compute as pc
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import commands


def with_truth(spark, rows, source):
    """Return predictions with a column `truth`, from the folders in their names or from a file."""
    if source == "directory":
        # The second-to-last part; null if there are no folders.
        return rows.withColumn("truth", F.try_element_at(F.split("name", "/"), F.lit(-2)))
    truth = spark.read.csv(source, sep="\t", header=True, quote="", escape="")
    if not {"name", "truth"} <= set(truth.columns):
        raise ValueError(f"{source}: expected the columns name and truth, found {', '.join(truth.columns)}")
    truth = truth.select("name", "truth")
    # A join would turn a duplicate name into two rows, and we cannot guess which class is right.
    for table, path in (truth, source), (rows, "the predictions"):
        if twice := table.groupBy("name").count().where("count > 1").first():
            raise ValueError(f"{path}: the name '{twice[0]}' appears {twice[1]} times")
    if lost := truth.join(rows, "name", "left_anti").first():
        raise ValueError(f"{source}: '{lost[0]}' was not predicted")
    return rows.join(truth, "name", "left")


class Judge:
    """The work of a task: evaluates its rows, in Arrow batches, and yields one JSON report."""

    def __init__(self, fm_eval, classes):
        self.options = [fm_eval, "--format", "json", *(["--classes", classes] if classes else [])]

    def __call__(self, batches):
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return

        def table():
            yield ("\t".join(first.schema.names) + "\n").encode()
            yield rows(first)
            yield from (rows(batch) for batch in batches if batch.num_rows)

        def rows(batch):
            # Text has no tabs, because fm-predict escapes them. Numbers become the shortest text that round-trips.
            columns = [column.cast(pa.string()) for column in batch.columns]
            lines = pc.binary_join_element_wise(*columns, "\t", null_handling="replace", null_replacement="")
            return ("\n".join(lines.to_pylist()) + "\n").encode()

        command = [commands.locate(self.options[0]), *self.options[1:]]
        report = b"".join(commands.run(command, table(), lambda output: [output.read()]))
        yield pa.record_batch({"report": pa.array([report.decode()])})


def evaluate(spark, options, fm_eval_options):
    """Write the report to standard output, and return fm-eval's exit status."""
    path = spark._jvm.org.apache.hadoop.fs.Path(options.predictions)
    files = path.getFileSystem(spark._jsc.hadoopConfiguration())
    if not files.exists(path):
        raise ValueError(f"{options.predictions}: no such table")
    if not files.exists(spark._jvm.org.apache.hadoop.fs.Path(path, "_SUCCESS")):
        raise ValueError(f"{options.predictions}: has no file _SUCCESS: the job that wrote the table did not finish")
    spark.sparkContext.addPyFile(commands.__file__)
    rows = spark.read.parquet(options.predictions)
    if options.label_from or "truth" not in rows.columns:
        if "truth" in rows.columns:
            raise ValueError(f"{options.predictions}: has true classes; leave --label-from out")
        rows = with_truth(spark, rows, options.label_from or "directory")
    unanswered = 0
    if "error" in rows.columns:
        # A task may have only rows with errors, on which fm-eval makes no report. They affect only their own count.
        unanswered = rows.where("error is not null").count()
        rows = rows.where("error is null").drop("error")
    rows = rows.drop("name", "shard")
    reports = [row[0] for row in rows.mapInArrow(Judge(options.fm_eval, options.classes), "report string").collect()]
    if not reports:
        raise ValueError(f"{options.predictions}: expected at least one prediction, found {unanswered} errors")
    if unanswered:
        reports[0] = json.dumps({**json.loads(reports[0]), "unanswered": unanswered})
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{number}.json") for number in range(len(reports))]
        for path, report in zip(paths, reports):
            with open(path, "w", encoding="utf-8") as file:
                file.write(report)
        classes = ["--classes", options.classes] if options.classes else []
        merge = [commands.locate(options.fm_eval), "--merge", *classes, *fm_eval_options, *paths]
        return subprocess.run(merge).returncode


def main():
    parser = argparse.ArgumentParser(description="Evaluate predictions on a Spark cluster: read Parquet, print a report.",
                                     epilog="Options after -- are passed on to fm-eval --merge.")
    parser.add_argument("predictions", help="the table from classify.py")
    parser.add_argument("--label-from", metavar="SOURCE",
                        help="directory, or a TSV file with the columns name and truth, which Spark reads "
                        "(default: the column truth if it exists, otherwise directory)")
    parser.add_argument("--classes", help="the classes in order: fashion-mnist, mnist, or a file that all workers see")
    parser.add_argument("--fm-eval", default="fm-eval", metavar="COMMAND",
                        help="the command on the workers, like --fm-predict of classify.py (default: the one in PATH)")
    own, fm_eval_options = commands.split_arguments()
    options = parser.parse_args(own)
    spark = SparkSession.builder.appName("fm-eval").getOrCreate()
    try:
        status = evaluate(spark, options, fm_eval_options)
    except (ValueError, RuntimeError, OSError, PySparkException, Py4JError) as error:
        sys.exit(f"evaluate.py: {commands.reason(error)}")
    finally:
        spark.stop()
    sys.exit(status)


if __name__ == "__main__":
    main()

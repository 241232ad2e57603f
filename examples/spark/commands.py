"""Run commands of fm-tools in Spark's tasks: the common parts of classify.py and evaluate.py."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

from pyspark import SparkFiles


def locate(command):
    """Return the path of a command.

    It is looked for below the folder into which Spark puts the files of --files, --archives and addFile. A name with folders
    is first looked for below the working folder, where YARN puts these files. Otherwise the command is found in PATH.
    """
    for folder in (".", SparkFiles.getRootDirectory()) if "/" in command else (SparkFiles.getRootDirectory(),):
        path = os.path.abspath(os.path.join(folder, command))
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return shutil.which(command) or command


def run(command, pieces, read):
    """Run a command, and yield the results of `read` on its output, while a thread writes `pieces` of bytes to its input.

    If the command fails or is killed, raise a RuntimeError with its last message. Spark then fails the task and repeats it,
    and discards everything that was yielded.
    """
    with tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=messages)
        except OSError as error:
            raise RuntimeError(f"{command[0]}: {error.strerror}") from None
        problems = []

        def feed():
            try:
                with process.stdin:
                    for piece in pieces:
                        process.stdin.write(piece)
            except BrokenPipeError:
                pass  # The command ended before its input. Its status says why.
            except BaseException as error:
                # With truncated input, the command would succeed as if nothing had happened.
                problems.append(error)
                process.kill()

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        try:
            try:
                yield from read(process.stdout)
            except ValueError as error:
                problems.append(error)
                process.kill()
            status = process.wait()
            feeder.join()
            messages.seek(0)
            said = messages.read().decode(errors="replace").strip().splitlines()
            if status > 0:
                raise RuntimeError(said[-1] if said else f"{command[0]}: exit status {status}")
            if problems:
                raise RuntimeError(str(problems[0])) from problems[0]
            if status < 0:
                raise RuntimeError(f"{command[0]}: killed by signal {-status}")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def reason(error):
    """Return one line that says why a job failed: the last error of a task, or else the first line of Spark's message."""
    text = str(error)
    raised = re.findall(r"^(?:RuntimeError|ValueError): (.+)$", text, re.MULTILINE)
    return raised[-1] if raised else next((line for line in text.splitlines() if line.strip()), repr(error))


def split_arguments(arguments=None):
    """Return the arguments before `--`, and those after it, which are for another command."""
    arguments = sys.argv[1:] if arguments is None else arguments
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1:]

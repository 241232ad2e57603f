"""Describes the machine that a benchmark ran on, since figures mean nothing without it."""

import datetime
import glob
import importlib.metadata
import os
import platform
import subprocess

PACKAGES = ["torch", "onnxruntime", "numpy"]


def description():
    """Returns lines of Markdown: processor, memory, systems, versions, commit, date."""
    python = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return "\n".join([
        f"- {cpu_name()}, {os.cpu_count()} processors{caches()}, {memory()}",
        f"- {os_name()}, kernel {platform.release()}; {first_line(['swift', '--version'])}",
        f"- Python {platform.python_version()}, {python}",
        f"- fm-tools at {first_line(['git', 'describe', '--always', '--dirty'])}, "
        f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
    ])


def cpu_name():
    """Returns the processor's model, or the platform's name for it."""
    name = field("/proc/cpuinfo", "model name") or first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
    sets = [("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "AVX-512 BF16"), ("amx_bf16", "AMX")]
    found = [text for flag, text in sets if has(flag)]
    return (name or platform.processor() or platform.machine()) + (f" ({', '.join(found)})" if found else "")


def has(flag):
    """Returns whether Linux reports a feature of the processor."""
    return flag in (field("/proc/cpuinfo", "flags") or "").split()


def caches():
    """Returns the sizes of the first processor's caches, if Linux reports them."""
    found = []
    for folder in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        level, kind, size = (read(f"{folder}/{name}") for name in ["level", "type", "size"])
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return ", " + ", ".join(found) if found else ""


def memory():
    """Returns the size of the machine's memory."""
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB of memory"


def os_name():
    """Returns the name of the distribution or system."""
    return (field("/etc/os-release", "PRETTY_NAME", "=") or platform.platform()).strip('"')


def version(package):
    """Returns the version of a Python package, or "none" if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def field(path, name, separator=":"):
    """Returns the value after the first `name` in a file of lines, or None."""
    for line in (read(path) or "").splitlines():
        key, _, value = line.partition(separator)
        if key.strip() == name:
            return value.strip()
    return None


def read(path):
    """Returns the text of a small file, or None if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def first_line(command):
    """Returns the first line that a command prints, or an empty string if the command fails or does not exist."""
    try:
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return lines[0] if lines else ""

"""Makes the second table: each of our kernels beside PyTorch's, on one thread, at the sizes of the presets."""

import statistics

import peers

COMPARED = [
    "matrix product", "dense forward", "dense weight gradient", "dense input gradient", "transposed weights",
    "convolution forward", "convolution weight gradient", "convolution input gradient",
    "convolution and pooling", "Winograd convolution and pooling",
    "sparse convolution weight gradient", "sparse convolution input gradient", "max-pooling",
    "max-pooling gradient", "Adam", "dropout", "softmax and loss", "copy of floats",
]
HEADER = """\
| kernel | fm-tools | of peak | PyTorch | ratio | spread |
| --- | ---: | ---: | ---: | ---: | --- |"""


def kernel_table(options, commands):
    """Returns Markdown with the median times of both sides, and the ratio of speeds, over alternating rounds."""
    pytorch = peers.Peer("PyTorch", "pytorch_peer.py", options.test_stream, 1)
    rounds = []
    for _ in range(min(options.pairs, 5)):
        ours = commands.kernels(",".join(COMPARED), 1, samples=3 if options.quick else 11)
        ours = [kernel for kernel in ours if kernel["operation"] in COMPARED]
        rounds.append([(kernel, seconds(pytorch, kernel)) for kernel in ours])
    return "\n".join([HEADER] + [row(column) for column in zip(*rounds)])


def seconds(pytorch, kernel):
    """Returns PyTorch's time for the same work."""
    return pytorch.ask(work="kernel", operation=kernel["operation"], shape=kernel["shape"])


def row(rounds):
    """Returns a line of the table from the results of all rounds."""
    ours = [kernel for kernel, _ in rounds]
    ratios = [their / our["seconds"] for our, their in rounds if their]
    cells = [ours[0]["name"], duration(our["seconds"] for our in ours)]
    share = statistics.median(our["peak_fraction"] for our in ours)
    cells.append(f"{100 * share:.0f} %" if share else "")
    if ratios:
        cells.append(duration(their for _, their in rounds if their))
        cells += [f"{statistics.median(ratios):.2f}×", f"{min(ratios):.2f}–{max(ratios):.2f}"]
    else:
        cells += ["n/a", "", ""]
    return f"| {' | '.join(cells)} |"


def duration(values):
    """Returns the median of some times in seconds, as text."""
    value = statistics.median(values)
    return f"{value * 1e6:,.1f} µs" if value < 1e-3 else f"{value * 1e3:,.2f} ms"

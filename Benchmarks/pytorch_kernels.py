"""Times PyTorch's kernels, those of a library that many people have tuned, at the sizes of kernel-bench."""

import statistics
import time

import torch
from torch.nn import functional

SAMPLE_SECONDS = 0.004
SAMPLES = 11


def seconds(operation, shape):
    """Returns the median time of an operation of kernel-bench, in the fastest of PyTorch's layouts or methods."""
    # PyTorch chooses its own method if ours is sparse or Winograd's.
    operation = operation.removeprefix("sparse ").removeprefix("Winograd ")
    with torch.no_grad():
        return min(median_time(run) for run in OPERATIONS[operation](*shape))


def median_time(run):
    """Returns the median seconds of a run, measured as in kernel-bench."""
    run()
    repeats = max(1, int(SAMPLE_SECONDS / max(elapsed(run, 1), 1e-7)))
    return statistics.median(elapsed(run, repeats) for _ in range(SAMPLES))


def elapsed(run, repeats):
    """Returns the mean seconds of some runs."""
    started = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - started) / repeats


def matrix_product(m, n, k):
    a, b, c = torch.randn(m, k), torch.randn(k, n), torch.empty(m, n)
    yield lambda: torch.mm(a, b, out=c)


def dense(batch, inputs, outputs):
    return torch.randn(batch, inputs), torch.randn(outputs, inputs), torch.randn(batch, outputs)


def dense_forward(*shape):
    x, w, _ = dense(*shape)
    bias = torch.randn(shape[2])
    yield lambda: functional.linear(x, w, bias)


def dense_weight_gradient(*shape):
    x, _, gradient = dense(*shape)
    yield lambda: (gradient.t() @ x, gradient.sum(0))


def dense_input_gradient(*shape):
    _, w, gradient = dense(*shape)
    yield lambda: gradient @ w


def transposed_weights(inputs, outputs):
    w = torch.randn(outputs, inputs)
    yield lambda: w.t().contiguous()


def maps(images, side, inputs, outputs):
    """Yields the input, the weights and the output gradient of a convolution, in both layouts."""
    shapes = [(images, inputs, side, side), (outputs, inputs, 3, 3), (images, outputs, side, side)]
    tensors = [torch.randn(shape) for shape in shapes]
    yield tensors
    yield [tensor.to(memory_format=torch.channels_last) for tensor in tensors]


def convolution_forward(*shape):
    bias = torch.randn(shape[3])
    for x, w, _ in maps(*shape):
        yield lambda x=x, w=w: functional.relu_(functional.conv2d(x, w, bias, padding=1))


def convolution_and_pooling(*shape):
    bias = torch.randn(shape[3])

    def run(x, w):
        return functional.max_pool2d(functional.relu_(functional.conv2d(x, w, bias, padding=1)), 2, return_indices=True)

    for x, w, _ in maps(*shape):
        yield lambda x=x, w=w: run(x, w)


def convolution_gradient(shape, wanted):
    backward = torch.ops.aten.convolution_backward
    for x, w, gradient in maps(*shape):
        yield lambda x=x, w=w, g=gradient: backward(
            g, x, w, [shape[3]], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, wanted)


def pooling(images, side, channels):
    for layout in [torch.contiguous_format, torch.channels_last]:
        x = torch.randn(images, channels, side, side).to(memory_format=layout)
        yield lambda x=x: functional.max_pool2d(x, 2, return_indices=True)


def pooling_gradient(images, side, channels):
    backward = torch.ops.aten.max_pool2d_with_indices_backward
    for layout in [torch.contiguous_format, torch.channels_last]:
        x = torch.randn(images, channels, side, side).to(memory_format=layout)
        y, places = functional.max_pool2d(x, 2, return_indices=True)
        yield lambda x=x, y=y, i=places: backward(y, x, [2, 2], [2, 2], [0, 0], [1, 1], False, i)


def adam(count):
    for fused in [False, True]:
        parameter = torch.nn.Parameter(torch.randn(count))
        parameter.grad = torch.randn(count)
        yield torch.optim.Adam([parameter], lr=1e-3, fused=fused).step


def dropout(batch, columns):
    x = torch.randn(batch, columns)
    yield lambda: functional.dropout(x, 0.2, True)


def loss(batch, classes):
    logits, labels = torch.randn(batch, classes, requires_grad=True), torch.randint(classes, (batch,))

    @torch.enable_grad()
    def run():
        functional.cross_entropy(logits, labels).backward()

    yield run


def copy(count):
    source, target = torch.randn(count), torch.empty(count)
    yield lambda: target.copy_(source)


OPERATIONS = {
    "matrix product": matrix_product,
    "dense forward": dense_forward,
    "dense weight gradient": dense_weight_gradient,
    "dense input gradient": dense_input_gradient,
    "transposed weights": transposed_weights,
    "convolution forward": convolution_forward,
    "convolution and pooling": convolution_and_pooling,
    "convolution weight gradient": lambda *shape: convolution_gradient(shape, [False, True, True]),
    "convolution input gradient": lambda *shape: convolution_gradient(shape, [True, False, False]),
    "max-pooling": pooling,
    "max-pooling gradient": pooling_gradient,
    "Adam": adam,
    "dropout": dropout,
    "softmax and loss": loss,
    "copy of floats": copy,
}

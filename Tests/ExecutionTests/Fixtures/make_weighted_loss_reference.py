#!/usr/bin/env python3
"""Writes PyTorch's results for small networks whose classes have weights in the loss.

    venv/bin/python Tests/ExecutionTests/Fixtures/make_weighted_loss_reference.py     # as make_reference.py, with scikit-learn

Each case is a safetensors file `Losses/CASE.safetensors`, computed in double precision from parameters that are exact in
single precision, and stored rounded to F32. Metadata and tensors are those of make_graph_reference.py, with these sets. NAME
runs over the learned parameters:

    class_weights                 [classes], exact in single precision
    balanced_weights              [classes], scikit-learn's for the labels; 0 for a class without labels
    weighted_loss, weighted_grad.NAME
                                  torch.nn.CrossEntropyLoss(weight=class_weights)
    smoothed_loss, smoothed_grad.NAME
                                  with label smoothing: Σ loss · weight of the label / Σ weight, over the images
    sgd_STEP.NAME                 after each of 3 steps of SGD with momentum along weighted_grad, the whole state
"""

import pathlib

import numpy
import torch
from sklearn.utils.class_weight import compute_class_weight

import make_graph_reference
from make_graph_reference import network_of

FOLDER = pathlib.Path(__file__).resolve().parent / "Losses"
STEPS = 3
SGD = dict(lr=0.05, momentum=0.9)
SMOOTHING = 0.1
WEIGHTS = [0.25, 3.0, 1.0, 0.03125, 7.5, 1.5]

# name, specification, (channels, height, width), classes, batch; at least one class has no image
CASES = [
    ("convolutional", "conv:4 norm relu pool conv:3 relu linear:7 relu", (1, 6, 7), 6, 5),
    ("dense", "linear:9 relu linear:6 relu", (1, 4, 4), 5, 4),
]


def balanced(labels, classes):
    present = numpy.unique(labels)
    weights = numpy.zeros(classes)
    weights[present] = compute_class_weight("balanced", classes=present, y=labels)
    return torch.from_numpy(weights)


def run(case, start, images, labels, precision):
    _, specification, shape, classes, _ = case
    images = images.to(precision).permute(0, 3, 1, 2) / 255
    weights = torch.tensor(WEIGHTS[:classes], dtype=precision)
    by_class = torch.nn.CrossEntropyLoss(weight=weights)

    def by_image(logits, labels):
        losses = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=SMOOTHING, reduction="none")
        own = weights[labels]
        return (own * losses).sum() / own.sum()

    def fresh():
        network = network_of(specification, shape, classes).to(precision)
        network.load_state_dict(start)
        return network.train()

    results = {"class_weights": {"": weights}, "balanced_weights": {"": balanced(labels.numpy(), classes).to(precision)}}
    for name, loss_of in [("weighted", by_class), ("smoothed", by_image)]:
        network = fresh()
        loss = loss_of(network(images), labels)
        loss.backward()
        results[f"{name}_loss"] = {"": loss.detach()}
        results[f"{name}_grad"] = {name: parameter.grad.clone() for name, parameter in network.named_parameters()}
    network = fresh()
    optimizer = torch.optim.SGD(network.parameters(), **SGD)
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        by_class(network(images), labels).backward()
        optimizer.step()
        results[f"sgd_{step}"] = {key: value.detach().clone() for key, value in network.state_dict().items()}
    return results


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(exist_ok=True)
    constants = {"steps": STEPS, "sgd_learning_rate": SGD["lr"], "sgd_momentum": SGD["momentum"], "label_smoothing": SMOOTHING}
    total = sum(make_graph_reference.make(case, run, FOLDER, constants) for case in CASES)
    print(f"{len(CASES)} cases, {total} bytes, PyTorch {torch.__version__}")
    assert total < 100_000

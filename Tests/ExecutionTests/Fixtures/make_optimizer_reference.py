#!/usr/bin/env python3
"""Writes PyTorch's results for small networks, step by step, with optimisers that make_reference.py does not cover.

    venv/bin/python Tests/ExecutionTests/Fixtures/make_optimizer_reference.py     # set up as in make_reference.py

Each case is a safetensors file `Optimizers/CASE.safetensors`, computed in double precision from parameters that are exact in
single precision, and stored rounded to F32. Metadata and tensors are those of make_graph_reference.py, with these sets.
NAME runs over the whole state, including running statistics; in the sets of slow weights, over learned parameters:

    grad.NAME                   the gradient at the start; learned parameters only
    SET_STEP.NAME               after each of 7 steps on this same batch; SET is
      lookahead                 SGD with momentum and slow weights (Zhang et al. 2019), written out below
      muon                      Muon for weights of hidden layers, AdamW for everything else, with weight decay
    lookahead_slow_STEP.NAME    the slow weights after that step

The optimisers written out here are checked against PyTorch's own, if it has them.
"""

import pathlib

import torch

import make_graph_reference
import make_reference
from make_graph_reference import network_of

FOLDER = pathlib.Path(__file__).resolve().parent / "Optimizers"
STEPS = 7
SGD = dict(lr=0.05, momentum=0.9)
LOOKAHEAD = dict(steps=3, share=0.6)
MUON = dict(lr=0.02, momentum=0.9, weight_decay=0.05)
MUON_ADAM_RATE = 0.25

# name, specification, (channels, height, width), classes, batch
CASES = [
    ("convolutional", "conv:4,bias=no norm relu pool residual( conv:4,kernel=1 relu conv:4,bias=no norm ) relu linear:7 relu",
     (1, 6, 7), 3, 4),
    ("dense", "linear:9 relu linear:6 relu", (1, 4, 4), 4, 5),
]


# MARK: Optimisers

class Lookahead:
    """k steps forward, one step back."""

    def __init__(self, parameters, optimizer, steps, share):
        self.parameters, self.optimizer, self.steps, self.share = list(parameters), optimizer, steps, share
        self.slow = [parameter.detach().clone() for parameter in self.parameters]
        self.count = 0

    @torch.no_grad()
    def step(self):
        self.optimizer.step()
        self.count += 1
        if self.count % self.steps == 0:
            for slow, fast in zip(self.slow, self.parameters):
                slow += self.share * (fast - slow)
                fast.copy_(slow)


class Muon:
    """Computes what torch.optim.Muon does in bfloat16, in any precision and also for filters. AdamW updates the rest."""

    def __init__(self, matrices, others, lr, momentum, weight_decay, adam_rate=1.0, precision=None):
        self.matrices, self.lr, self.momentum, self.weight_decay = list(matrices), lr, momentum, weight_decay
        self.buffers = [torch.zeros_like(matrix) for matrix in self.matrices]
        self.precision = precision
        self.adamw = torch.optim.AdamW(others, lr=lr * adam_rate, weight_decay=weight_decay) if others else None

    def orthogonalized(self, matrix):
        x = matrix.to(self.precision or matrix.dtype)
        tall = x.size(0) > x.size(1)
        x = x.T if tall else x
        x = x / x.norm().clamp(min=1e-7)
        for _ in range(5):
            gram = x @ x.T
            x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
        return x.T if tall else x

    @torch.no_grad()
    def step(self):
        for weight, buffer in zip(self.matrices, self.buffers):
            buffer.lerp_(weight.grad, 1 - self.momentum)
            update = weight.grad.lerp(buffer, self.momentum).flatten(1)
            rows, columns = update.shape
            update = self.orthogonalized(update).view(weight.shape)
            weight.mul_(1 - self.lr * self.weight_decay)
            weight.add_(update, alpha=-self.lr * max(1, rows / columns) ** 0.5)
        if self.adamw:
            self.adamw.step()


def check_muon():
    """Checks that `Muon` equals PyTorch's in bfloat16, bit for bit."""
    for shape in [(5, 9), (9, 5), (8, 8)]:
        torch.manual_seed(1)
        ours = torch.nn.Parameter(torch.randn(shape))
        theirs = torch.nn.Parameter(ours.detach().clone())
        optimizers = [Muon([ours], [], **MUON, precision=torch.bfloat16), torch.optim.Muon([theirs], **MUON)]
        for _ in range(STEPS):
            ours.grad = torch.randn(shape)
            theirs.grad = ours.grad.clone()
            for optimizer in optimizers:
                optimizer.step()
            assert torch.equal(ours, theirs), shape


# MARK: One case

def learned(network):
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]


def run(case, start, images, labels, precision):
    _, specification, shape, classes, _ = case
    images = images.to(precision).permute(0, 3, 1, 2) / 255
    results = {}

    def fresh():
        network = network_of(specification, shape, classes).to(precision)
        network.load_state_dict(start)
        return network.train()

    def backward(network):
        network.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()

    def steps(name, optimizer_of, after=lambda step, network, optimizer: None):
        network = fresh()
        optimizer = optimizer_of(network)
        for step in range(1, STEPS + 1):
            backward(network)
            optimizer.step()
            results[f"{name}_{step}"] = {key: value.detach().clone() for key, value in network.state_dict().items()}
            after(step, network, optimizer)

    network = fresh()
    backward(network)
    results["grad"] = {name: parameter.grad.clone() for name, parameter in learned(network)}

    def keep_slow(step, network, optimizer):
        results[f"lookahead_slow_{step}"] = {
            name: slow.clone() for (name, _), slow in zip(learned(network), optimizer.slow)}

    def lookahead(network):
        parameters = [parameter for _, parameter in learned(network)]
        return Lookahead(parameters, torch.optim.SGD(parameters, **SGD), **LOOKAHEAD)

    steps("lookahead", lookahead, keep_slow)

    def muon(network):
        hidden = [(parameter.dim() > 1 and not name.startswith("out."), parameter) for name, parameter in learned(network)]
        return Muon([p for is_hidden, p in hidden if is_hidden], [p for is_hidden, p in hidden if not is_hidden], **MUON,
                    adam_rate=MUON_ADAM_RATE)

    steps("muon", muon)
    return results


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    check_muon()
    FOLDER.mkdir(exist_ok=True)
    constants = {"steps": STEPS, "sgd_learning_rate": SGD["lr"], "sgd_momentum": SGD["momentum"],
                 "lookahead_steps": LOOKAHEAD["steps"], "lookahead_share": LOOKAHEAD["share"],
                 "muon_learning_rate": MUON["lr"], "muon_momentum": MUON["momentum"],
                 "muon_weight_decay": MUON["weight_decay"], "muon_adam_rate": MUON_ADAM_RATE}
    total = sum(make_graph_reference.make(case, run, FOLDER, constants) for case in CASES)
    print(f"{len(CASES)} cases, {total} bytes, PyTorch {torch.__version__}")
    assert total < 200_000

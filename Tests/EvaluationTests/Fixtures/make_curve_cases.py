"""Makes curve_cases.json: for predictions of cases.json, curves as scikit-learn and NumPy compute them.

    python3 -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python make_curve_cases.py < cases.json > curve_cases.json

Shares are stored as counts: how many records of other classes and of the class reach each threshold. The highest
threshold is first.
"""

import json
import sys

import numpy as np
from sklearn import metrics

NAMES = [
    "two classes",
    "ten classes, unsure ones left out",
    "classes that do not occur",
    "a class that is never predicted, and has no probability",
    "ties",
    "unbalanced",
    "perfect",
    "one record",
    "no record has a class",
]


def curves(truth, scores, label):
    positive = truth == label
    if positive.all() or not positive.any():
        return None
    mistaken, found, _ = metrics.roc_curve(positive, scores, drop_intermediate=False)
    precision, recall, _ = metrics.precision_recall_curve(positive, scores)
    # In order of falling threshold, without the last point, which belongs to no threshold.
    precision, recall = precision[:-1][::-1], recall[:-1][::-1]
    counts = np.rint(mistaken * (~positive).sum()).astype(int), np.rint(found * positive.sum()).astype(int)
    assert np.allclose(recall, found[1:]) and np.allclose(precision, counts[1][1:] / (counts[0] + counts[1])[1:])
    return {"mistaken": counts[0][1:].tolist(), "found": counts[1][1:].tolist()}


def coverage(truth, predicted, confidence):
    answered = predicted >= 0
    steps = []
    for threshold in np.unique(confidence[answered])[::-1]:
        given = answered & (confidence >= threshold)
        if given.sum() * 100 >= len(truth):
            steps.append([int(given.sum()), int((predicted == truth)[given].sum())])
    return steps


def case(stored):
    truth, predicted = np.array(stored["truth"]), np.array(stored["predicted"])
    weights = np.array(stored["weights"]) / 65536
    return {
        "name": stored["name"],
        "curves": [curves(truth, weights[:, label], label) for label in range(stored["classes"])],
        "coverage": coverage(truth, predicted, weights.max(axis=1)),
    }


cases = {stored["name"]: stored for stored in json.load(sys.stdin)["cases"]}
print(json.dumps([case(cases[name]) for name in NAMES], separators=(",", ":")))

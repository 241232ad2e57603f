"""Makes score_cases.json: for the predictions of cases.json, the figures that need every score.

    python3 -m venv venv && venv/bin/pip install scikit-learn
    venv/bin/python make_score_cases.py < cases.json > score_cases.json

scikit-learn computes the areas. NumPy computes everything else from the definitions. The Swift code is not used.
"""

import json
import sys
import warnings

import numpy as np
from sklearn import metrics

SHARES = [100, 99, 95, 90, 80, 50]
GOALS = [("f1", None), ("precision", 0.75), ("recall", 0.75)]


def areas(truth, probabilities):
    found = []
    for label in range(probabilities.shape[1]):
        positive = truth == label
        if positive.all() or not positive.any():
            found.append(None)
            continue
        scores = probabilities[:, label]
        found.append([metrics.roc_auc_score(positive, scores), metrics.average_precision_score(positive, scores)])
    known = np.array([pair for pair in found if pair])
    macro = known.mean(axis=0).tolist() if len(known) else None
    if len(known) == probabilities.shape[1] > 2:
        options = {"average": "macro", "labels": range(len(found))}
        assert abs(metrics.roc_auc_score(truth, probabilities, multi_class="ovr", **options) - macro[0]) < 1e-12
        one_hot = np.eye(len(found))[truth]
        assert abs(metrics.average_precision_score(one_hot, probabilities, average="macro") - macro[1]) < 1e-12
    return found, macro


def point(truth, predicted, confidence, threshold):
    given = (predicted >= 0) & (confidence >= threshold)
    return [float(given.mean()), float((predicted == truth)[given].mean()), float(threshold)]


def coverage(truth, predicted, confidence, wanted):
    answered = predicted >= 0
    points = [point(truth, predicted, confidence, t) for t in np.unique(confidence[answered])]
    if not points:
        return {"area": None, "points": [None] * len(SHARES), "wanted": wanted, "reached": None}
    risks = [1 - (predicted == truth)[answered & (confidence >= c)].mean() for c in confidence[answered]]
    if len(set(confidence[answered])) == answered.sum():
        # Without ties, this is the usual mean over the records in order of falling confidence.
        right = (predicted == truth)[answered][np.argsort(-confidence[answered])]
        usual = np.mean(np.cumsum(~right) / np.arange(1, len(right) + 1))
        assert abs(usual - np.mean(risks)) < 1e-12
    enough = [[p for p in points if round(p[0] * len(truth)) * 100 >= share * len(truth)] for share in SHARES]
    good = [p for p in points if p[1] >= wanted]
    return {
        "area": float(np.mean(risks)),
        "points": [min(some) if some else None for some in enough],
        "wanted": wanted,
        "reached": max(good) if good else None,
    }


def threshold(positive, scores, goal, least):
    """The threshold on one class's scores, with its precision, recall and F1, or None if the goal is out of reach."""
    if not positive.any():
        return None
    choices = []
    for value in np.unique(scores):
        given = scores >= value
        hits = int((given & positive).sum())
        precision, recall = hits / int(given.sum()), hits / int(positive.sum())
        f1 = 2 * hits / int(given.sum() + positive.sum())
        # Ties go to the highest threshold, but for a recall goal to the lowest, which has the highest recall.
        rank = {"f1": (f1, value), "precision": (recall, value), "recall": (precision, -value)}[goal]
        if goal == "f1" or {"precision": precision, "recall": recall}[goal] >= least:
            choices.append((rank, [float(value), precision, recall, f1]))
    choices = [choice for choice in choices if choice[1][3] > 0]
    return max(choices)[1] if choices else None


def cheapest(probabilities, costs):
    """The class of least expected cost, the first of equals. Sums of multiples of 2^-16 times multiples of 1/4 are exact."""
    return (probabilities @ costs).argmin(axis=1)


def figures(case):
    truth, predicted = np.array(case["truth"]), np.array(case["predicted"])
    probabilities = np.array(case["weights"]) / 65536
    by_class, macro = areas(truth, probabilities)
    rng = np.random.default_rng(len(truth))
    count = probabilities.shape[1]
    found = {
        "name": case["name"],
        "areas": by_class,
        "macro": macro,
        "coverage": coverage(truth, predicted, probabilities.max(axis=1), 0.75),
        "thresholds": {
            goal: [threshold(truth == label, probabilities[:, label], goal, least) for label in range(count)]
            for goal, least in GOALS
        },
    }
    if count > 10:
        return found
    costs = rng.integers(0, 40, (count, count)) / 4
    np.fill_diagonal(costs, 0)
    answered = predicted >= 0
    decisions = cheapest(probabilities, costs)
    return found | {
        "costs": costs.tolist(),
        "cost": float(costs[truth, predicted][answered].mean()) if answered.any() else None,
        "cheapest": float(costs[truth, decisions].mean()),
        "decisions": decisions.tolist(),
    }


with warnings.catch_warnings():
    warnings.simplefilter("error")
    found = [figures(case) for case in json.load(sys.stdin)["cases"]]
json.dump(found, sys.stdout, separators=(",", ":"), allow_nan=False)
print()

"""Makes cases.json: predictions, and their figures as scikit-learn, SciPy and statsmodels compute them.

    python3 -m venv venv && venv/bin/pip install scikit-learn scipy statsmodels
    venv/bin/python make_cases.py > cases.json

Probabilities are whole multiples of 2^-16, so that Float and Double hold them exactly, and are stored as those
multiples. The predicted class is the first of the likeliest, or -1 if the model abstained.
"""

import json
import sys
import warnings

import numpy as np
from scipy.stats import binomtest
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

SCALE = 1 << 16
rng = np.random.default_rng(20240607)


def whole(probabilities):
    """Rounds the probabilities down to multiples of 2^-16. The largest of a row takes the remainder."""
    counts = np.floor(probabilities * SCALE).astype(int)
    rows = np.arange(len(counts))
    counts[rows, counts.argmax(axis=1)] += SCALE - counts.sum(axis=1)
    return counts


def scored(truth, class_count, strength, temperature=1.0):
    scores = rng.normal(size=(len(truth), class_count))
    scores[np.arange(len(truth)), truth] += strength
    powers = np.exp(scores / temperature)
    return whole(powers / powers.sum(axis=1, keepdims=True))


def calibration_error(predicted, truth, probabilities):
    """Computes the error by its definition, bin by bin, and shares nothing with the Swift code."""
    ends = [i / 15 for i in range(16)]
    total, error = 0, 0.0
    for lower, upper in zip(ends, ends[1:]):
        inside = [
            i
            for i, label in enumerate(predicted)
            if label >= 0 and (lower < probabilities[i, label] <= upper or (lower == 0 == probabilities[i, label]))
        ]
        if inside:
            accuracy = sum(predicted[i] == truth[i] for i in inside) / len(inside)
            confidence = sum(probabilities[i, predicted[i]] for i in inside) / len(inside)
            error += len(inside) * abs(accuracy - confidence)
            total += len(inside)
    return error / total if total else None


def top_shares(truth, predicted, probabilities):
    class_count = probabilities.shape[1]
    orders = [
        sorted(range(class_count), key=lambda label: (label != predicted[i], -probabilities[i, label], label))
        for i in range(len(truth))
    ]
    last = min(10, class_count - 1)
    if last < 2:
        return []
    shares = [
        sum(predicted[i] >= 0 and truth[i] in orders[i][:k] for i in range(len(truth))) / len(truth)
        for k in range(1, last + 1)
    ]
    tied = any(len(set(row)) < class_count for row in probabilities.tolist())
    if not tied and min(predicted) >= 0:
        for k, share in enumerate(shares, 1):
            expected = metrics.top_k_accuracy_score(truth, probabilities, k=k, labels=range(class_count))
            assert abs(share - expected) < 1e-12
    return shares


def case(name, truth, weights, minimum=0):
    truth = np.asarray(truth)
    probabilities = weights / SCALE
    class_count = weights.shape[1]
    predicted = probabilities.argmax(axis=1)
    predicted[probabilities.max(axis=1) < minimum] = -1
    labels = list(range(class_count))
    # The macro mean leaves out classes that do not occur, as scikit-learn does if it finds the labels itself.
    occurring = sorted((set(truth) | set(predicted)) - {-1})
    by_class = metrics.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)

    def mean(kind):
        means = metrics.precision_recall_fscore_support(
            truth, predicted, labels=occurring, average=kind, zero_division=0
        )
        return [float(value) for value in means[:3]]

    kappa = metrics.cohen_kappa_score(truth, predicted)
    lower, upper = proportion_confint((truth == predicted).sum(), len(truth), method="wilson")
    return {
        "name": name,
        "classes": class_count,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "weights": weights.tolist(),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "interval": [lower, upper],
        "log_loss": metrics.log_loss(truth, y_proba=probabilities, labels=labels),
        "brier": metrics.brier_score_loss(truth, probabilities, labels=labels, scale_by_half=False),
        "ece": calibration_error(predicted.tolist(), truth.tolist(), probabilities),
        "kappa": None if np.isnan(kappa) else float(kappa),
        "mcc": metrics.matthews_corrcoef(truth, predicted),
        "top": top_shares(truth.tolist(), predicted.tolist(), probabilities),
        "macro": mean("macro"),
        "weighted": mean("weighted"),
        "precision": by_class[0].tolist(),
        "recall": by_class[1].tolist(),
        "f1": by_class[2].tolist(),
        "support": [int(count) for count in by_class[3]],
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
    }


def cases():
    truth = rng.integers(0, 2, 120)
    yield case("two classes", truth, scored(truth, 2, 1.0))
    truth = np.repeat(np.arange(10), 30)
    yield case("ten classes", truth, scored(truth, 10, 3.0))
    yield case("ten classes, overconfident", truth, scored(truth, 10, 1.5, temperature=0.25))
    yield case("ten classes, unsure ones left out", truth, scored(truth, 10, 2.0), minimum=0.5)
    truth = rng.choice([0, 2, 3, 7], 90)
    yield case("classes that do not occur", truth, scored(truth, 8, 2.5))
    truth = rng.integers(0, 4, 80)
    weights = scored(truth, 4, 2.0)
    weights[:, 0] += weights[:, 3]
    weights[:, 3] = 0
    yield case("a class that is never predicted, and has no probability", truth, weights)
    ties = np.array([[4, 4, 4, 4], [8, 8, 0, 0], [2, 6, 6, 2], [0, 0, 8, 8], [0, 5, 6, 5], [16, 0, 0, 0]])
    truth = rng.integers(0, 4, 60)
    yield case("ties", truth, ties[rng.integers(0, 6, 60)] * (SCALE // 16))
    truth = rng.integers(0, 256, 40)
    yield case("256 classes", truth, scored(truth, 256, 5.0))
    truth = rng.choice(5, 400, p=[0.9, 0.06, 0.02, 0.01, 0.01])
    yield case("unbalanced", truth, scored(truth, 5, 1.5))
    truth = np.repeat(np.arange(3), 7)
    yield case("perfect", truth, np.eye(3, dtype=int)[truth] * SCALE)
    yield case("all wrong", truth, np.eye(3, dtype=int)[(truth + 1) % 3] * SCALE)
    yield case("one class, which is predicted", np.zeros(9, dtype=int), np.array([[SCALE, 0]] * 9))
    yield case("two classes, one of which is predicted", [0, 0, 1, 1, 1], np.array([[0, SCALE]] * 5))
    yield case("one record", [1], np.array([[SCALE // 4, SCALE // 4, SCALE // 2]]))
    yield case("no record has a class", [0, 1, 2], np.array([[SCALE // 4, SCALE // 4, SCALE // 2]] * 3), minimum=0.75)


def intervals():
    for successes, total in [(0, 1), (1, 1), (0, 10), (10, 10), (5, 10), (81, 263), (9231, 10000), (999999, 1000000)]:
        for confidence in [0.5, 0.8, 0.95, 0.99, 0.999999]:
            bounds = proportion_confint(successes, total, alpha=1 - confidence, method="wilson")
            yield [successes, total, confidence, *map(float, bounds)]


def mcnemar():
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (5, 0), (3, 12), (10, 10), (120, 69), (69, 120), (500, 499), (1000, 1200)]
    for fixed, broken in pairs + [(40000, 41000), (0, 900), (2, 1100)]:
        count = fixed + broken
        yield [fixed, broken, binomtest(fixed, count, 0.5).pvalue if count else 1.0]


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    document = {"cases": list(cases()), "intervals": list(intervals()), "mcnemar": list(mcnemar())}
json.dump(document, sys.stdout, separators=(",", ":"), allow_nan=False)
print()

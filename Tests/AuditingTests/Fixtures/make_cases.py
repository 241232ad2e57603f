"""Writes cases.json, cleanlab's results for small cases of confident learning: `make_cases.py > cases.json`.

Needs cleanlab (https://github.com/cleanlab/cleanlab); the stored file was made with version 2.9.0 and NumPy 2.4.6.
Probabilities are rounded to float32, as fm-tools stores them, and cleanlab computes with them in float64.
"""

import json
import sys
import warnings

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

RANKS = {"margin": "normalized_margin", "self-confidence": "self_confidence"}


def noisy_case(seed, count, classes, noise, sharpness, missing=()):
    """Return labels, some of them wrong, and the probabilities of a model that mostly knows the true classes."""
    random = np.random.default_rng(seed)
    present = [label for label in range(classes) if label not in missing]
    truth = random.choice(present, count)
    labels = np.where(random.random(count) < noise, random.choice(present, count), truth)
    logits = random.normal(size=(count, classes))
    logits[np.arange(count), truth] += sharpness * random.random(count)
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return labels, (exponentials / exponentials.sum(1, keepdims=True)).astype(np.float32)


def describe(name, labels, probabilities):
    """Return a case with cleanlab's answers."""
    exact = probabilities.astype(np.float64)
    classes = exact.shape[1]
    thresholds = get_confident_thresholds(labels, exact)
    case = {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        # The shortest decimals that are read back as the same float32.
        "probabilities": [float(str(value)) for value in probabilities.ravel()],
        # cleanlab gives 2 for a class without records.
        "thresholds": [None if value > 1.5 else value for value in thresholds.tolist()],
        "joint": compute_confident_joint(labels, exact, calibrate=False).tolist(),
        "ranks": {},
    }
    for rank, method in RANKS.items():
        ranked = find_label_issues(labels, exact, filter_by="confident_learning",
                                   return_indices_ranked_by=method, n_jobs=1)
        scores = get_label_quality_scores(labels, exact, method=method, adjust_pred_probs=False)
        # cleanlab leaves the order of equal scores open; fm-tools uses that of the records.
        found = np.array(sorted(ranked, key=lambda record: (scores[record], record)), int)
        assert (scores[found] == scores[ranked]).all()
        case["ranks"][rank] = {"records": found.tolist(), "scores": scores[found].tolist()}
    return case


def cases():
    yield describe("three classes, a fifth of the labels wrong", *noisy_case(1, 120, 3, 0.2, 4))
    yield describe("ten classes, some wrong labels", *noisy_case(2, 400, 10, 0.1, 6))
    yield describe("two classes", *noisy_case(3, 60, 2, 0.3, 3))
    yield describe("a model that knows nothing", *noisy_case(4, 80, 4, 0, 0))
    yield describe("a class in the middle without records", *noisy_case(5, 90, 5, 0.2, 4, missing=(2,)))
    yield describe("the last class without records", *noisy_case(6, 60, 4, 0.2, 5, missing=(3,)))
    yield describe("no wrong labels and a sure model", *noisy_case(7, 50, 3, 0, 60))
    # Thresholds of classes that are never likely are below cleanlab's lowest threshold.
    labels, probabilities = noisy_case(8, 40, 3, 0.2, 3)
    probabilities[:, 2] = 0
    probabilities[:, :2] /= probabilities[:, :2].sum(1, keepdims=True)
    yield describe("a class that the model never gives", labels, probabilities)
    # Two classes are the likeliest, and one of them is the label.
    labels = np.array([0, 1, 0, 1, 2, 2])
    probabilities = np.array([[.5, .5, 0], [.5, .5, 0], [.2, .4, .4], [.9, .1, 0], [.1, .1, .8], [.6, .4, 0]], np.float32)
    yield describe("classes that are as likely as each other", labels, probabilities)


def main():
    warnings.simplefilter("ignore")
    json.dump(list(cases()), sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()

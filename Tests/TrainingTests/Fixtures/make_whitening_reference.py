"""Writes whitening.json, NumPy's kernels that whiten patches: `make_whitening_reference.py > whitening.json`.

The stored file was made with NumPy 2.4.6. Pixels are scaled as in torchvision, in float64. Kernels follow Page 2019,
"How to Train Your ResNet 8", and Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", §3.2.
"""

import json
import sys

import numpy as np

EPSILON = 5e-4


def directed(vectors):
    """Return vectors, one a row, turned so that the value of the largest magnitude is positive."""
    largest = np.abs(vectors).argmax(1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]


def eigenvectors(matrix):
    """Return eigenvalues in descending order, and eigenvectors, one a row."""
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1], directed(vectors.T[::-1])


def smooth_images(random, count, height, width, channels):
    """Return images whose patches have well-separated eigenvalues: [count, height, width, channels]."""
    noise = random.normal(size=(count, height + 2, width + 2, channels))
    smooth = (noise[:, :-2, 1:-1] + 3 * noise[:, 1:-1, 1:-1] + 2 * noise[:, 1:-1, 2:]) / 3
    mixed = smooth @ (np.eye(channels) + 0.3 * random.normal(size=(channels, channels)))
    return np.clip(128 + 50 * mixed, 0, 255).astype(np.uint8)


def whitening_case(specification, images, kernel, dilation, channels, mean, std):
    """Return a case of images, and the kernels and biases that whiten their patches, for `channels` channels."""
    pixels = (images / 255 - np.array(mean)) / np.array(std)
    rows, columns = (images.shape[1 + axis] - dilation * (kernel[axis] - 1) for axis in (0, 1))
    # [count, rows, columns, channels, kernel rows, kernel columns]
    patches = np.stack([
        np.stack([
            pixels[:, u * dilation:u * dilation + rows, v * dilation:v * dilation + columns]
            for v in range(kernel[1])], -1)
        for u in range(kernel[0])], -2)
    flat = patches.reshape(-1, images.shape[3] * kernel[0] * kernel[1])
    values, vectors = eigenvectors(np.cov(flat.T, bias=True))
    kernels = vectors / np.sqrt(values + EPSILON)[:, None]
    pairs = np.stack([kernels, -kernels], 1).reshape(-1, flat.shape[1])[:channels]
    return {
        "specification": specification, "shape": list(images.shape), "images": images.ravel().tolist(),
        "mean": mean, "std": std, "weights": pairs.ravel().tolist(), "biases": (-pairs @ flat.mean(0)).tolist(),
    }


def decomposition(random, count):
    """Return a random symmetric matrix with its eigenvalues and eigenvectors."""
    matrix = random.normal(size=(count, count))
    matrix = matrix + matrix.T
    values, vectors = eigenvectors(matrix)
    return {"matrix": matrix.ravel().tolist(), "values": values.tolist(), "vectors": vectors.ravel().tolist()}


def main():
    random = np.random.default_rng(5)
    json.dump({
        "whitening": [
            whitening_case("conv:18,whiten=yes", smooth_images(random, 12, 8, 9, 1), (3, 3), 1, 18, [0.0], [1.0]),
            whitening_case("conv:7,whiten=yes", smooth_images(random, 5, 7, 7, 1), (3, 3), 1, 7, [0.3], [0.35]),
            whitening_case(
                "conv:36,kernel=2x3,dilation=2,stride=2,whiten=yes", smooth_images(random, 12, 9, 8, 3), (2, 3), 2,
                36, [0.5, 0.4, 0.6], [0.2, 0.25, 0.3]),
        ],
        "decompositions": [decomposition(random, count) for count in (1, 2, 3, 14)],
    }, sys.stdout)
    print()


if __name__ == "__main__":
    main()

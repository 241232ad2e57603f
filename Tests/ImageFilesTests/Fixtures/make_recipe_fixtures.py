#!/usr/bin/env python3
"""Makes recipes.json: results of Pillow and ImageMagick for the tests of recipes.

    Tests/ImageFilesTests/Fixtures/make_recipe_fixtures.py [CONVERT] > Tests/ImageFilesTests/Fixtures/recipes.json

CONVERT is ImageMagick 6's convert. The stored file was made with Pillow 11.3 and ImageMagick 6.9.11-60 Q16. Pictures are
noise, or an article on a light background. The tests compute them with the same formulas (RecipeSamples.swift).
"""

import io
import json
import subprocess
import sys

import numpy as np
from PIL import Image

CONVERT = sys.argv[1] if len(sys.argv) > 1 else "convert"


class Noise:
    """The upper byte of Knuth's linear congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 56


def noise(height, width, channels, seed):
    source = Noise(seed)
    return np.array([source.next() for _ in range(height * width * channels)], np.uint8).reshape(height, width, channels)


def article(height, width, channels, seed):
    """A patterned ellipse, off the center, on a background of nearly one color."""
    source = Noise(seed)
    color = [source.next() // 2 for _ in range(channels)]
    picture = np.zeros((height, width, channels), np.uint8)
    for y in range(height):
        for x in range(width):
            dy, dx = 5 * (2 * y - height) + 2 * height, 4 * (2 * x - width) - width
            inside = dy * dy * width * width + dx * dx * height * height < 9 * height * height * width * width
            for channel in range(channels):
                value = source.next()
                picture[y, x, channel] = color[channel] + value // 4 + (x + y) % 7 * 8 if inside else 249 + value // 43
    return picture


def image(pixels):
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def pillow(pixels, name, height, width):
    return np.asarray(image(pixels).resize((width, height), getattr(Image.Resampling, name)))


def magick(pixels, *arguments):
    data = io.BytesIO()
    image(pixels).save(data, "PNG")
    line = [CONVERT, "png:-", *arguments, "+repage", "-depth", "8", "png:-"]
    result = Image.open(io.BytesIO(subprocess.run(line, input=data.getvalue(), capture_output=True, check=True).stdout))
    return np.asarray(result.convert("L" if pixels.shape[2] == 1 or "Gray" in arguments or "-grayscale" in arguments else "RGB"))


def case(tool, picture, size, seed, operation, result, **more):
    return {"tool": tool, "picture": picture, "height": size[0], "width": size[1], "channels": size[2], "seed": seed,
            "operation": operation, "resultHeight": result.shape[0], "resultWidth": result.shape[1],
            "pixels": result.tobytes().hex(), **more}


def main():
    cases = []
    seed = 1
    for size, to in [((30, 41, 1), (28, 28)), ((64, 48, 3), (8, 6)), ((9, 7, 3), (20, 31)), ((100, 3, 1), (7, 28)),
                     ((28, 50, 1), (28, 9)), ((1, 1, 3), (4, 5)), ((57, 28, 1), (11, 28))]:
        for name in ("NEAREST", "LANCZOS"):
            cases.append(case("pillow", "noise", size, seed, name, pillow(noise(*size, seed), name, *to)))
            seed += 1
    # Pillow's box takes each pixel wholly or not at all, so it is the mean over an area only at whole ratios.
    for size, to in [((64, 48, 3), (8, 6)), ((27, 30, 1), (9, 10)), ((30, 60, 1), (30, 12))]:
        cases.append(case("pillow", "noise", size, seed, "BOX", pillow(noise(*size, seed), "BOX", *to)))
        seed += 1
    for size in [(56, 84, 3), (61, 45, 3), (70, 40, 1), (90, 91, 3)]:
        for operation, arguments in [
            ("trim", ("-fuzz", "5%", "-trim")),
            ("sample", ("-sample", "28x28")),
            ("whole", ("-fuzz", "5%", "-trim", "+repage", "-sample", "28x28", "-sharpen", "1x1", "-background", "white",
                       "-gravity", "center", "-extent", "28x28", "-negate", "-grayscale", "Rec601Luma")),
        ]:
            cases.append(case("imagemagick", "article", size, seed, operation, magick(article(*size, seed), *arguments)))
        seed += 1
    for size in [(12, 17, 3), (9, 1, 1), (2, 2, 1)]:
        cases.append(case("imagemagick", "noise", size, seed, "sharpen", magick(noise(*size, seed), "-sharpen", "1x1")))
        seed += 1
    for size in [(5, 28, 1), (28, 10, 1), (9, 9, 3), (28, 28, 1), (1, 2, 1)]:
        arguments = ("-background", "white", "-gravity", "center", "-extent", "28x28")
        cases.append(case("imagemagick", "noise", size, seed, "extent", magick(noise(*size, seed), *arguments)))
        seed += 1
    print("[" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases) + "]")


main()

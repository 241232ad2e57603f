"""Makes png-pillow.json: PNG files that Pillow wrote, and the pixels that it reads from them.

    python3 make_png_fixtures.py        (Pillow 11 or 13)

"file" is the PNG file, "grey" the result of convert("L") and "rgb" that of convert("RGB"), all in base64. First, Pillow's
alpha_composite lays files with alpha over "background", and ImageOps.exif_transpose turns pictures as their EXIF data
say. The cases are limited to files that Pillow reads correctly: it truncates 16 bits instead of rounding, convert("L")
does not scale 16-bit grey, and alpha is dropped without being asked.
"""

import base64
import io
import json
import random

from PIL import Image, ImageOps

random.seed(7)


def noise(mode, width, height, values=range(256)):
    image = Image.new(mode, (width, height))
    count = len(image.getbands())
    values = list(values)

    def pixel():
        found = tuple(random.choice(values) for _ in range(count))
        return found if count > 1 else found[0]

    image.putdata([pixel() for _ in range(width * height)])
    return image


def written(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def base64_text(data):
    return base64.b64encode(data).decode()


def case(name, file, background=None):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    found = {"name": name, "file": base64_text(file), "width": image.width, "height": image.height}
    if background is not None:
        below = Image.new("RGBA", image.size, background + (255,))
        image = Image.alpha_composite(below, image.convert("RGBA")).convert("RGB")
        found["background"] = background
    found["grey"] = base64_text(image.convert("L").tobytes())
    found["rgb"] = base64_text(image.convert("RGB").tobytes())
    return found


def exif(orientation):
    found = Image.Exif()
    found.endian = "<>"[orientation % 2]
    found[0x010F] = "A camera"
    found[0x0112] = orientation
    return found


def palette(colors):
    image = noise("P", 19, 6, range(colors))
    image.putpalette([random.randrange(256) for _ in range(3 * colors)])
    return image


def main():
    rgba = noise("RGBA", 11, 7)
    cases = [
        case("1 bit", written(noise("L", 13, 5, [0, 255]).convert("1"))),
        case("grey", written(noise("L", 9, 9))),
        case("RGB", written(noise("RGB", 9, 9))),
        case("RGB, optimised", written(noise("RGB", 16, 16, [0, 255]), optimize=True)),
        case("grey with a profile and a text", written(noise("L", 5, 4), icc_profile=b"x" * 500, dpi=(72, 72))),
        case("palette of 2", written(palette(2), bits=1)),
        case("palette of 4", written(palette(4), bits=2)),
        case("palette of 16", written(palette(16), bits=4)),
        case("palette of 256", written(palette(256))),
        case("RGBA on black", written(rgba), (0, 0, 0)),
        case("RGBA on white", written(rgba), (255, 255, 255)),
        case("RGBA on orange", written(rgba), (255, 128, 0)),
        case("LA on white", written(noise("LA", 8, 5)), (255, 255, 255)),
        case("palette with tRNS on white", written(palette(16), bits=4, transparency=bytes(range(0, 160, 10))),
             (255, 255, 255)),
        case("RGB with a transparent color on white", written(noise("RGB", 8, 8, [0, 255]), transparency=(255, 0, 0)),
             (255, 255, 255)),
    ]
    for orientation in range(9):
        mode, background = [("L", None), ("RGB", None), ("RGBA", (9, 99, 200))][orientation % 3]
        picture = written(noise(mode, 7, 4), exif=exif(orientation))
        cases.append(case(f"{mode} with orientation {orientation}", picture, background))
    with open("png-pillow.json", "w", encoding="utf-8") as file:
        json.dump({"pillow": Image.__version__, "cases": cases}, file, indent=1)
        file.write("\n")


main()

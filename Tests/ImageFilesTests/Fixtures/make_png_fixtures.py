"""Makes png-pillow.json: PNG files that Pillow wrote, and what Pillow reads of them.

    python3 make_png_fixtures.py        (Pillow 11)

"file" is the PNG file, "grey" what convert("L") gives, "rgb" what convert("RGB") does, all in base64; files with alpha are
laid over "background" by Pillow's alpha_composite before. Only what Pillow reads right is here: it cuts 16 bits off instead
of rounding them, takes 16 bits of grey for values beyond 255 in convert("L"), and drops alpha without being asked.
"""

import base64
import io
import json
import random

from PIL import Image

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
    image = Image.open(io.BytesIO(file))
    image.load()
    found = {"name": name, "file": base64_text(file), "width": image.width, "height": image.height}
    if background is not None:
        below = Image.new("RGBA", image.size, background + (255,))
        image = Image.alpha_composite(below, image.convert("RGBA")).convert("RGB")
        found["background"] = background
    found["grey"] = base64_text(image.convert("L").tobytes())
    found["rgb"] = base64_text(image.convert("RGB").tobytes())
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
    with open("png-pillow.json", "w", encoding="utf-8") as file:
        json.dump({"pillow": Image.__version__, "cases": cases}, file, indent=1)
        file.write("\n")


main()

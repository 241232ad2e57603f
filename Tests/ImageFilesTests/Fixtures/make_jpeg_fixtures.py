"""Makes jpeg-pillow.json: JPEG files that Pillow and cjpeg wrote, and the pixels that Pillow reads from them.

    python3 make_jpeg_fixtures.py        (Pillow 13 with its libjpeg-turbo; cjpeg of Debian's libjpeg-turbo-progs)

"file" is the JPEG file, "grey" the result of convert("L") and "rgb" that of convert("RGB"), all in base64. First,
ImageOps.exif_transpose turns pictures as their EXIF data say. "refused" are files that fm-tools must refuse, although Pillow
or other programs read them.
"""

import base64
import io
import json
import random
import subprocess

from PIL import Image, ImageOps, features

random.seed(11)


def picture(mode, width, height):
    """A wave of each color with some noise: edges and smooth parts, and no symmetry."""
    image = Image.new("RGB", (width, height))
    image.putdata([
        tuple(
            max(0, min(255, (x * (9 + 4 * c) + y * (23 - 5 * c)) % 256 + random.randrange(-20, 21)))
            for c in range(3)
        )
        for y in range(height)
        for x in range(width)
    ])
    return image.convert(mode)


def written(image, **options):
    file = io.BytesIO()
    image.save(file, options.pop("format", "JPEG"), **options)
    return file.getvalue()


def by_cjpeg(image, *options):
    file = io.BytesIO()
    image.save(file, "PPM")
    return subprocess.run(["cjpeg", *options], input=file.getvalue(), stdout=subprocess.PIPE, check=True).stdout


def by_script(image, script, *options):
    with open("scans.txt", "w", encoding="utf-8") as file:
        file.write(script)
    try:
        return by_cjpeg(image, "-scans", "scans.txt", *options)
    finally:
        subprocess.run(["rm", "scans.txt"], check=True)


def exif(orientation, endian):
    found = Image.Exif()
    found.endian = endian
    found[0x010F] = "A camera"
    found[0x0112] = orientation
    found[0x0132] = "2026:01:01 00:00:00"
    return found


def base64_text(data):
    return base64.b64encode(data).decode()


def case(name, file):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    return {
        "name": name,
        "file": base64_text(file),
        "width": image.width,
        "height": image.height,
        "grey": base64_text(image.convert("L").tobytes()),
        "rgb": base64_text(image.convert("RGB").tobytes()),
    }


def main():
    color = picture("RGB", 33, 17)
    small = picture("RGB", 11, 6)
    cases = [case(f"grey, quality {q}", written(picture("L", 19, 13), quality=q)) for q in (1, 50, 100)]
    for index, name in enumerate(("4:4:4", "4:2:2", "4:2:0")):
        for quality in (5, 90):
            file = written(color, subsampling=index, quality=quality)
            cases.append(case(f"{name}, quality {quality}", file))
    for width, height in ((1, 1), (2, 1), (1, 3), (7, 5), (8, 8), (16, 16), (17, 9)):
        cases.append(case(f"{width}x{height}", written(picture("RGB", width, height), quality=85)))
    cases += [
        case("28x28, grey", written(picture("L", 28, 28), quality=90)),
        case("28x28, RGB", written(picture("RGB", 28, 28), quality=90)),
        case("progressive, 4:2:0", written(color, progressive=True, quality=80)),
        case("progressive, 4:4:4", written(color, progressive=True, quality=95, subsampling=0)),
        case("progressive, grey", written(picture("L", 17, 23), progressive=True)),
        case("optimised", written(color, optimize=True)),
        case("restarts after 2 blocks", written(color, restart_marker_blocks=2)),
        case("restarts after each row", written(color, restart_marker_rows=1, progressive=True)),
        case("RGB as it is", written(small, keep_rgb=True, quality=90)),
        case("a profile and a comment", written(small, icc_profile=b"x" * 300, comment=b"a comment", dpi=(72, 72))),
        case("4:1:1", by_cjpeg(color, "-sample", "4x1,1x1,1x1")),
        case("4:4:0", by_cjpeg(color, "-sample", "1x2,1x1,1x1")),
        case("4:1:0", by_cjpeg(color, "-sample", "4x2,1x1,1x1")),
        case("extended sequential", by_cjpeg(color, "-quality", "1")),
        case("a scan for each component", by_script(color, "0;\n1;\n2;\n", "-sample", "2x2")),
        case("two pictures", written(small, format="MPO", save_all=True, append_images=[picture("RGB", 5, 5)])),
    ]
    for orientation in range(1, 9):
        endian = "<>"[orientation % 2]
        options = {"exif": exif(orientation, endian), "quality": 90, "subsampling": orientation % 3}
        image = picture("L", 9, 4) if orientation % 4 == 0 else small
        if orientation % 4 == 0:
            options.pop("subsampling")
        cases.append(case(f"orientation {orientation}", written(image, **options)))
    refused = {
        "CMYK": written(picture("CMYK", 9, 5)),
        "arithmetic": by_cjpeg(small, "-arithmetic"),
        "without the last bits": by_script(small, "0,1,2: 0-0, 0, 1;\n0: 1-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n"),
        "the means of blocks only": by_script(color, "0,1,2: 0-0, 0, 0;\n"),
        "grey details only": by_script(color, "0,1,2: 0-0, 0, 0;\n0: 1-63, 0, 0;\n"),
    }
    versions = {"pillow": Image.__version__, "libjpeg-turbo": features.version("libjpeg_turbo")}
    with open("jpeg-pillow.json", "w", encoding="utf-8") as file:
        json.dump({**versions, "cases": cases, "refused": {k: base64_text(v) for k, v in refused.items()}}, file, indent=1)
        file.write("\n")
    print(len(cases))


main()

"""Draws the pictures that the documentation and the tests use. Nothing in them comes from elsewhere.

  pip install -r scripts/requirements-golden.txt
  python scripts/draw-pictures.py OUT_DIR        # the repository keeps the result in test/pictures

Digits are strokes through hand-placed points; scenes are gradients, discs and bars; OUT_DIR/invalid
holds files that must be refused. Seeded: the same Pillow gives the same bytes.
"""
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SEED = 11
FINE = 4  # drawn at this many times the size, then reduced, for smooth edges

# Strokes of each digit on a square of 100 x 100, y down; curves pass through the points.
DIGITS = {
    0: [[(52, 18), (34, 26), (26, 50), (34, 76), (52, 83), (69, 72), (74, 48), (67, 25), (50, 18)]],
    1: [[(58, 17), (54, 40), (50, 62), (46, 84)]],
    2: [[(28, 34), (36, 20), (54, 17), (67, 28), (64, 44), (48, 62), (28, 80)], [(28, 80), (50, 79), (75, 80)]],
    3: [[(30, 24), (48, 16), (65, 25), (62, 40), (44, 48)], [(44, 48), (64, 54), (70, 69), (54, 83), (30, 78)]],
    4: [[(35, 18), (31, 38), (28, 54)], [(28, 54), (50, 54), (74, 51)], [(66, 17), (62, 50), (58, 84)]],
    5: [[(70, 18), (52, 18), (36, 19)], [(36, 19), (34, 32), (32, 46)],
        [(32, 46), (50, 42), (67, 52), (67, 70), (50, 83), (28, 78)]],
    6: [[(62, 16), (44, 30), (32, 52), (32, 72), (48, 84), (66, 76), (66, 60), (50, 53), (34, 64)]],
    7: [[(27, 23), (50, 22), (73, 20)], [(73, 20), (60, 44), (50, 64), (44, 84)]],
    8: [[(66, 24), (48, 17), (35, 27), (44, 42), (60, 54), (67, 70), (52, 84), (35, 74), (40, 57), (58, 43), (68, 31), (66, 24)]],
    9: [[(68, 32), (54, 18), (36, 24), (34, 42), (50, 49), (65, 40), (68, 32)], [(68, 32), (66, 55), (60, 84)]],
}


# ---- strokes ----

def curve(points, steps=24):
    """A Catmull-Rom curve through the points."""
    p = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:])
    ]
    return np.concatenate([*parts, p[-2:-1]])


def digit(value, rng, size=280, ink=(25, 28, 40), paper=(255, 255, 255), pen=8.5):
    """One digit as an unsteady hand draws it; `pen` is the stroke width in percent of the picture."""
    scale = size * FINE / 100
    im = Image.new("RGB", (size * FINE, size * FINE), paper)
    draw = ImageDraw.Draw(im)
    for stroke in DIGITS[value]:
        ends = (stroke[0], stroke[-1])  # strokes that meet go on meeting
        points = [p if p in ends else (p[0] + rng.uniform(-1, 1), p[1] + rng.uniform(-1, 1)) for p in stroke]
        path = curve(points)
        for (x, y), pressure in zip(path * scale, np.sin(np.linspace(0.6, 2.6, len(path)))):
            r = pen * scale / 2 * (0.85 + 0.15 * pressure)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)
    return im.resize((size, size), Image.Resampling.BOX)


# ---- scenes ----

def gradient(width, height, left, right, top=(0, 0, 0)):
    """From `left` to `right` across, with `top` added at the upper edge."""
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(1, 0, height)[:, None, None]
    pixels = np.array(left) * (1 - across) + np.array(right) * across + np.array(top) * down
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def scene(width, height, rng, discs=6, bars=4):
    """A gradient sky with bars below and discs above."""
    colour = lambda: tuple(rng.randrange(256) for _ in range(3))
    im = gradient(width, height, colour(), colour(), (60, 40, 20))
    draw = ImageDraw.Draw(im)
    for _ in range(bars):
        x, w = rng.randrange(width), max(1, width // rng.randrange(8, 20))
        draw.rectangle((x, height * rng.uniform(0.4, 0.8), x + w, height), fill=colour())
    for _ in range(discs):
        x, y, r = rng.randrange(width), rng.randrange(height), min(width, height) / rng.uniform(5, 12)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour())
    return im


def with_alpha(im):
    """Colours stay under the transparent part, as drawing programs leave them."""
    alpha = Image.linear_gradient("L").resize(im.size, Image.Resampling.BILINEAR)
    ImageDraw.Draw(alpha).rectangle((0, 0, im.width // 3, im.height // 4), fill=0)
    im.putalpha(alpha)
    return im


def grey16(width, height):
    """Values from 0 to 65535, half of them above what 8 bits hold."""
    across, down = np.linspace(0, 300, width), np.linspace(0, 1, height) ** 6 * 65235
    return Image.fromarray(np.rint(across[None, :] + down[:, None]).astype(np.uint16))


# ---- files ----

def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header_only(width, height):
    """A sound PNG start that promises far more pixels than follow."""
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b""))


def with_jpeg_size(data, width, height):
    """The JPEG with another size written into its frame header (baseline, marker FFC0)."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4:]


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def draw_digits(out, rng):
    night = {"ink": (245, 240, 220), "paper": (20, 24, 48)}
    colours = {2: {"ink": (150, 20, 40)}, 3: night, 5: {"paper": (244, 236, 214)}, 8: night, 9: {"ink": (20, 60, 150)}}
    for value in DIGITS:
        digit(value, rng, **colours.get(value, {})).save(out / f"digit-{value}.png", optimize=True)
    sideways = digit(7, rng).transpose(Image.Transpose.ROTATE_90)  # stored turned left; orientation 6 turns it back
    sideways.save(out / "digit-7.jpg", quality=90, exif=orientation(6))
    digit(2, rng, size=200).save(out / "digit-2.webp", quality=90)
    digit(4, rng, size=160, pen=10).quantize(16).save(out / "digit-4.gif")
    digit(6, rng, size=120, **night).save(out / "digit-6.tif", compression="tiff_lzw")


def draw_scenes(out, rng):
    scene(333, 251, rng).save(out / "scene-333x251.png", optimize=True)
    scene(640, 480, rng, discs=12, bars=7).save(out / "scene-640x480.jpg", quality=88)
    with_alpha(scene(97, 181, rng)).save(out / "alpha-97x181.png", optimize=True)
    gradient(3, 200, (250, 120, 0), (0, 80, 250), (0, 100, 0)).save(out / "sliver-3x200.png")
    gradient(200, 3, (10, 200, 90), (240, 10, 160)).save(out / "sliver-200x3.png")
    Image.new("RGB", (1, 1), (200, 60, 30)).save(out / "dot-1x1.png")
    scene(201, 150, rng).convert("CMYK").save(out / "cmyk-201x150.jpg", quality=90)
    grey16(120, 90).save(out / "grey16-120x90.png")
    scene(150, 110, rng).convert("L").save(out / "grey-150x110.jpg", quality=90, progressive=True)
    scene(64, 48, rng).quantize(8).save(out / "palette-64x48.png")


def draw_invalid(out, rng):
    out.mkdir(exist_ok=True)
    jpeg, png = ((out.parent / name).read_bytes() for name in ("scene-640x480.jpg", "scene-333x251.png"))
    small = out / "small.jpg"
    scene(40, 30, rng).save(small)
    files = {
        "truncated.jpg": jpeg[: len(jpeg) // 3],
        "truncated.png": png[: len(png) // 3],
        "text.jpg": b"This is no picture, whatever its name says.\n",
        "page.png": b"<!doctype html>\n<title>404</title>\n<p>There is no picture here.</p>\n",
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><circle cx="16" cy="16" r="12"/></svg>\n',
        "empty.jpg": b"",
        "header-only.jpg": jpeg[:20],
        "claims-60000x60000.png": png_header_only(60000, 60000),
        "claims-65500x65500.jpg": with_jpeg_size(small.read_bytes(), 65500, 65500),
    }
    small.unlink()
    for name, data in files.items():
        (out / name).write_bytes(data)


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    draw_digits(out, rng)
    draw_scenes(out, rng)
    draw_invalid(out / "invalid", rng)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main()

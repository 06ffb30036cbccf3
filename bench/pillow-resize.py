"""Times Pillow's own resize, for bench/preprocessing.mjs.

Usage: python bench/pillow-resize.py RGB WIDTH HEIGHT RESIZED_WIDTH RESIZED_HEIGHT
RGB is a file of WIDTH x HEIGHT x 3 bytes. Prints its version first; then for each line "FILTER COUNT" on standard
input one line: the median of the milliseconds that one picture took.
"""

import statistics
import sys
import time

import PIL
from PIL import Image

path, width, height, resized_width, resized_height = sys.argv[1], *map(int, sys.argv[2:])
with open(path, "rb") as file:
    picture = Image.frombytes("RGB", (width, height), file.read())
print(PIL.__version__, flush=True)
for line in sys.stdin:
    name, count = line.split()
    resample = Image.Resampling[name.upper()]
    took = []
    for _ in range(int(count)):
        began = time.perf_counter()
        picture.resize((resized_width, resized_height), resample)
        took.append((time.perf_counter() - began) * 1000)
    print(statistics.median(took), flush=True)

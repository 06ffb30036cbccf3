"""Draws what bench/scaling.mjs has measured. plot-scaling.py DATA.json FOLDER; needs matplotlib."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same data give the same file, and text stays text.
matplotlib.rcParams.update({"svg.hashsalt": "hornet", "svg.fonttype": "none", "font.size": 10, "axes.grid": True})
import matplotlib.pyplot as plt

data = json.loads(Path(sys.argv[1]).read_text())
folder = Path(sys.argv[2])


def draw(name, x_label, left, right, logarithmic):
    """Lines of `left` and `right`, each an axis with its label and its series by their names in the legend."""
    figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
    lines = []
    for (label, series), at in ((left, axis), (right, axis.twinx() if right[1] else None)):
        if at is None:
            continue
        at.set_ylabel(label)
        if logarithmic:
            at.set_yscale("log")
        else:
            at.set_ylim(bottom=0, top=1.15 * max(max(data[name][key]) / scale for key, (_, scale, _) in series.items()))
        for key, (title, scale, style) in series.items():
            y = [value / scale for value in data[name][key]]
            lines += at.plot(data[name]["x"], y, style, label=title, markersize=4)
    axis.set_xscale("log", base=10 if logarithmic else 2)
    axis.set_xlabel(x_label)
    if not logarithmic:
        axis.set_xticks(data[name]["x"], [str(value) for value in data[name]["x"]])
    axis.legend(handles=lines, loc="best", frameon=False)
    figure.savefig(folder / f"scaling-{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


draw(
    "servings",
    "servings in one process",
    ("images/s", {"rate": ("images/s, all together", 1, "o-C0")}),
    ("MB", {"bytes": ("memory (PSS)", 1e6, "s--C1")}),
    False,
)
draw(
    "connections",
    "connections",
    ("images/s", {"rate": ("images/s", 1, "o-C0")}),
    ("ms", {"p50Ms": ("p50 of what is answered", 1, "s--C1"), "p99Ms": ("p99", 1, "^--C3")}),
    False,
)
draw(
    "pictures",
    "megapixels",
    (
        "ms",
        {
            "p50Ms": ("p50 of a request", 1, "o-C0"),
            "cpuMs": ("processor time of a request", 1, "s--C1"),
            "decodeMs": ("decoding alone", 1, "^:C2"),
        },
    ),
    (None, {}),
    True,
)

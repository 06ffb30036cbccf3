"""What huggingface_hub's client gets from a server, as JSON. Usage: hub_client.py URL PICTURE..."""

import json
import sys
from pathlib import Path

from huggingface_hub import InferenceClient

url, *pictures = sys.argv[1:]
named = f"{url}/models/digits"
clients = {"model": InferenceClient(model=named), "base_url": InferenceClient(base_url=named), "/": InferenceClient(model=url)}


def plain(elements):
    return [{"label": element.label, "score": element.score} for element in elements]


ways = {
    "bytes": lambda path: clients["model"].image_classification(path.read_bytes()),
    "base_url": lambda path: clients["base_url"].image_classification(path.read_bytes()),
    "default serving": lambda path: clients["/"].image_classification(path.read_bytes()),
    "path": lambda path: clients["model"].image_classification(str(path)),
    "top_k": lambda path: clients["model"].image_classification(path.read_bytes(), top_k=5),
    "function_to_apply": lambda path: clients["model"].image_classification(
        path.read_bytes(), function_to_apply="softmax"
    ),
}
paths = [Path(picture) for picture in pictures]
report = {"labels": {way: {path.name: plain(classify(path)) for path in paths} for way, classify in ways.items()}}
report["top2"] = plain(clients["model"].image_classification(paths[0].read_bytes(), top_k=2))
try:
    clients["model"].image_classification(b"no picture at all")
except Exception as error:
    report["failure"] = str(error)
print(json.dumps(report))

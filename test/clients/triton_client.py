"""What NVIDIA's client gets from a server, as JSON. Usage: triton_client.py HOST:PORT PICTURE..."""

import base64
import json
import sys
from pathlib import Path

import numpy
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from preprocess import pixels_of, top_labels

address, *pictures = sys.argv[1:]
client = InferenceServerClient(url=address, network_timeout=60, connection_timeout=60)
model = "digits"


def failure(call, *arguments, **named):
    """What a call that must fail fails with."""
    try:
        call(*arguments, **named)
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    return None


report = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "modelReady": client.is_model_ready(model),
    "versionReady": client.is_model_ready(model, "1"),
    "otherReady": client.is_model_ready("nobody"),
    "server": client.get_server_metadata(),
    "metadata": client.get_model_metadata(model),
    "config": client.get_model_config(model),
    "index": client.get_model_repository_index(),
    "otherFailure": failure(client.get_model_metadata, "nobody"),
}
tensor_spec, image_spec = report["metadata"]["inputs"]
output = report["metadata"]["outputs"][0]["name"]
labels = [str(digit) for digit in range(10)]


def tensor_input(file, binary):
    pixels = pixels_of(file)
    given = InferInput(tensor_spec["name"], list(pixels.shape), tensor_spec["datatype"])
    given.set_data_from_numpy(pixels, binary_data=binary)
    return given


def image_input(*files, binary=True):
    # In JSON there are no bytes, so that the client takes text alone.
    elements = list(files) if binary else [base64.b64encode(file) for file in files]
    given = InferInput(image_spec["name"], [len(files)], image_spec["datatype"])
    given.set_data_from_numpy(numpy.array(elements, dtype=numpy.object_), binary_data=binary)
    return given


def from_scores(given, **options):
    result = client.infer(model, [given], **options)
    return top_labels(result.as_numpy(output)[0], labels)


def from_classes(given, binary):
    """By the classification extension: "score:index:label"."""
    wanted = InferRequestedOutput(output, binary_data=binary, class_count=5)
    result = client.infer(model, [given], outputs=[wanted], parameters={"function_to_apply": "softmax"})
    texts = [text.decode() if isinstance(text, bytes) else text for text in result.as_numpy(output).reshape(-1)]
    parts = [text.split(":", 2) for text in texts]
    return [{"label": label, "score": float(score)} for score, _, label in parts]


def in_json(given):
    return from_scores(given, outputs=[InferRequestedOutput(output, binary_data=False)])


ways = {
    "tensor, binary": lambda file: from_scores(tensor_input(file, True)),
    "tensor, JSON": lambda file: from_scores(tensor_input(file, False)),
    "tensor, JSON both ways": lambda file: in_json(tensor_input(file, False)),
    "tensor, gzip": lambda file: from_scores(
        tensor_input(file, True), request_compression_algorithm="gzip", response_compression_algorithm="gzip"
    ),
    "tensor, deflate": lambda file: from_scores(
        tensor_input(file, False), request_compression_algorithm="deflate", response_compression_algorithm="deflate"
    ),
    "tensor, named version": lambda file: from_scores(tensor_input(file, True), model_version="1"),
    "tensor, classes, binary": lambda file: from_classes(tensor_input(file, True), True),
    "tensor, classes, JSON": lambda file: from_classes(tensor_input(file, False), False),
    "image, binary": lambda file: from_scores(image_input(file)),
    "image, JSON": lambda file: from_scores(image_input(file, binary=False)),
    "image, gzip": lambda file: from_scores(
        image_input(file), request_compression_algorithm="gzip", response_compression_algorithm="gzip"
    ),
    "image, classes": lambda file: from_classes(image_input(file), True),
}
files = {Path(picture).name: Path(picture).read_bytes() for picture in pictures}
report["labels"] = {way: {name: classify(file) for name, file in files.items()} for way, classify in ways.items()}

several = client.infer(model, [image_input(*files.values())], request_id="request 1").as_numpy(output)
report["several"] = {name: top_labels(several[row], labels) for row, name in enumerate(files)}
first = next(iter(files.values()))
report["id"] = client.infer(model, [tensor_input(first, True)], request_id="request 2").get_response()["id"]
wrong = InferInput(tensor_spec["name"], [1, 3, 5, 5], tensor_spec["datatype"])
wrong.set_data_from_numpy(numpy.zeros([1, 3, 5, 5], dtype=numpy.float32))
report["shapeFailure"] = failure(client.infer, model, [wrong])

report["statistics"] = client.get_inference_statistics(model)
report["allStatistics"] = client.get_inference_statistics()
client.unload_model(model)
report["readyUnloaded"] = client.is_model_ready(model)
client.load_model(model)
report["readyLoaded"] = client.is_model_ready(model)
report["afterLoading"] = from_scores(tensor_input(first, True))
client.close()
print(json.dumps(report))

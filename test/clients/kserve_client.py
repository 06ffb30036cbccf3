"""What KServe's client gets from a server, as JSON. Usage: kserve_client.py URL PICTURE..."""

import asyncio
import base64
import importlib.util
import json
import sys
import types
from pathlib import Path

from preprocess import pixels_of, top_labels

# The package as a whole wants Kubernetes' client and a web server, which its inference client has no use for.
_spec = importlib.util.find_spec("kserve")
_package = types.ModuleType("kserve")
_package.__path__ = list(_spec.submodule_search_locations)
_package.__spec__ = _spec
sys.modules["kserve"] = _package

from kserve.inference_client import InferenceRESTClient, RESTConfig  # noqa: E402
from kserve.protocol.infer_type import InferInput, InferRequest  # noqa: E402

url, *pictures = sys.argv[1:]
model = "digits"
labels = [str(digit) for digit in range(10)]


def given_to(file, way, specs):
    tensor_spec, image_spec = specs
    if way.startswith("tensor"):
        pixels = pixels_of(file)
        given = InferInput(tensor_spec["name"], list(pixels.shape), tensor_spec["datatype"])
        given.set_data_from_numpy(pixels, binary_data=way.endswith("binary"))
        return given
    return InferInput(image_spec["name"], [1], image_spec["datatype"], data=[base64.b64encode(file).decode()])


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=60, retries=0))
    report = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "modelReady": await client.is_model_ready(url, model),
        "otherReady": await client.is_model_ready(url, "nobody"),
    }
    metadata = (await client._client.get(f"{url}/v2/models/{model}")).json()
    report["labels"] = {}
    for way in ("tensor, JSON", "tensor, binary", "image, JSON"):
        found = report["labels"][way] = {}
        for picture in pictures:
            given = given_to(Path(picture).read_bytes(), way, metadata["inputs"])
            request = InferRequest(model, [given], request_id="request 1")
            response = await client.infer(url, request, model_name=model)
            found[Path(picture).name] = top_labels(response.outputs[0].as_numpy().reshape(-1), labels)
            report["id"] = response.id
            report["model"] = response.model_name
    try:
        await client.infer(url, InferRequest("nobody", [given]), model_name="nobody")
    except Exception as error:
        report["otherFailure"] = str(error)
    await client.close()
    print(json.dumps(report))


asyncio.run(main())

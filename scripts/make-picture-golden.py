"""Records what Hugging Face's Python processors make of the pictures in test/pictures.

  pip install -r scripts/requirements-golden.txt
  python scripts/make-picture-golden.py        # from the repository root, after draw-pictures.py

Writes test/pictures/golden.json (the decoded picture and the output of every processor in
test/pictures/processors, as SHA-256) and test/pictures/digits.json (what models/digits answers for the
drawn digits, by ONNX Runtime). The reference is the Pillow backend of transformers, not the torchvision
one, which rounds differently.

golden.json: rgb = uint8 height x width x RGB after the EXIF turn; u8 = the same layout after resize and
crop; f32 = little-endian float32 [1, 3, height, width] as the model gets it. An invalid file has `error`.
"""
import hashlib
import json
import os
import platform
import tempfile
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import onnxruntime
import PIL
import transformers
from PIL import Image, features
from transformers import AutoImageProcessor
from transformers.image_utils import load_image

transformers.logging.set_verbosity_error()
PICTURES, MODEL = Path("test/pictures"), Path("models/digits")
SUFFIXES = {".png", ".jpg", ".webp", ".gif", ".tif", ".svg"}
# Files that name no processor class get the one of their model type.
MODEL_TYPES = {"vit-legacy-size": "vit", "convnext-crop": "convnext"}
# Steps after resize and crop, and how to leave them out.
LATER_STEPS = ["do_rescale", "do_normalize", "do_flip_channel_order", "include_top"]


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()).hexdigest()


def load_processor(file, model_type=None):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "preprocessor_config.json").write_text(file.read_text())
        if model_type:
            Path(folder, "config.json").write_text(json.dumps({"model_type": model_type}))
        return AutoImageProcessor.from_pretrained(folder, backend="pil")


def pixel_values(processor, image, **options):
    return np.asarray(processor(image, return_tensors="np", **options)["pixel_values"])


def processed(processor, image):
    off = {step: False for step in LATER_STEPS if hasattr(processor, step)}
    u8, f32 = pixel_values(processor, image, **off), pixel_values(processor, image).astype("<f4")
    assert u8.dtype == np.uint8 and u8.shape == f32.shape and u8.shape[:2] == (1, 3), (u8.dtype, u8.shape, f32.shape)
    return {"u8": {"height": u8.shape[2], "width": u8.shape[3], "sha256": sha256(u8[0].transpose(1, 2, 0))},
            "f32": {"shape": list(f32.shape), "sha256": sha256(f32)}}


def describe(path, processors):
    entry = {"bytes": path.stat().st_size, "file_sha256": sha256(path.read_bytes())}
    try:
        with warnings.catch_warnings(action="ignore"):
            image = load_image(str(path))
    except Exception as error:
        kind = f"{type(error).__module__}.{type(error).__name__}"
        message = str(error).replace(str(path), path.name)
        return {**entry, "valid": False, "error": {"type": kind, "message": message}}
    with Image.open(path) as stored:
        entry["source"] = {"format": stored.format, "mode": stored.mode, "width": stored.width, "height": stored.height}
        if turn := stored.getexif().get(0x0112):
            entry["source"]["exif_orientation"] = turn
    entry["valid"] = True
    entry["rgb"] = {"width": image.width, "height": image.height, "sha256": sha256(np.asarray(image))}
    entry["outputs"] = {name: processed(processor, image) for name, processor in processors.items()}
    return entry


def versions():
    return {"python": platform.python_version(), "transformers": transformers.__version__, "pillow": PIL.__version__,
            "numpy": np.__version__, "libjpeg_turbo": features.version("libjpeg_turbo"), "zlib": features.version("zlib"),
            "webp": features.version("webp"), "libtiff": features.version("libtiff"), "backend": "pil"}


def golden(files):
    paths = sorted(PICTURES.glob("processors/*.json"))
    processors = {p.stem: load_processor(p, MODEL_TYPES.get(p.stem)) for p in paths}
    configs = {}
    for name, processor in processors.items():
        configs[name] = {"file": f"processors/{name}.json", "class": type(processor).__name__}
        if name in MODEL_TYPES:
            configs[name]["model_type"] = MODEL_TYPES[name]
    images = {f.relative_to(PICTURES).as_posix(): describe(f, processors) for f in files}
    return {"schema": 1, "versions": versions(), "configs": configs, "images": images}


def digits(files):
    processor = load_processor(MODEL / "preprocessor_config.json")
    labels = json.loads((MODEL / "config.json").read_text())["id2label"]
    session = onnxruntime.InferenceSession(MODEL / "onnx/model.onnx", providers=["CPUExecutionProvider"])
    images = {}
    for file in files:
        logits = session.run(["logits"], {"pixel_values": pixel_values(processor, load_image(str(file)))})[0][0].astype(np.float64)
        scores = np.exp(logits - logits.max())
        scores /= scores.sum()
        best = np.argsort(-scores, kind="stable")[:5]
        images[file.name] = [{"index": int(i), "label": labels[str(i)], "score": round(float(scores[i]), 6)} for i in best]
        right, top = file.stem.split("-")[1], images[file.name][0]
        print(f"{file.name:14} {top['label']}  {top['score']:.4f}" + ("" if top["label"] == right else "  WRONG"))
    return {"schema": 1, "versions": {**versions(), "onnxruntime": onnxruntime.__version__}, "model": str(MODEL),
            "model_sha256": sha256((MODEL / "onnx/model.onnx").read_bytes()), "images": images}


def write(path, value):
    """JSON with one line for every processor of every picture, so that a change shows as a small diff."""
    def lines(v, depth):
        pad = "\n" + " " * depth
        if depth < 4 and isinstance(v, dict) and any(isinstance(x, (dict, list)) for x in v.values()):
            return "{" + ",".join(f"{pad} {json.dumps(k)}: {lines(x, depth + 1)}" for k, x in v.items()) + pad + "}"
        return json.dumps(v)
    path.write_text(lines(value, 0) + "\n")


def main():
    files = sorted(p for folder in (PICTURES, PICTURES / "invalid") for p in folder.iterdir() if p.suffix in SUFFIXES)
    write(PICTURES / "golden.json", golden(files))
    write(PICTURES / "digits.json", digits([f for f in files if f.name.startswith("digit-")]))


main()

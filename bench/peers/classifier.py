"""What the servers in Python have in common: Pillow, numpy and onnxruntime, as their guides write it."""

import io
import json
import pathlib

import numpy
import onnxruntime
from PIL import Image

SIDE = 224


class Classifier:
    """A model of bench/make-model.mjs. `folder`: laid out like a repository of the Hub."""

    def __init__(self, folder, threads=0):
        folder = pathlib.Path(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            folder / "onnx/model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self.input = self.session.get_inputs()[0].name
        processor = json.loads((folder / "preprocessor_config.json").read_text())
        self.labels = json.loads((folder / "config.json").read_text())["id2label"]
        self.mean = numpy.array(processor["image_mean"], numpy.float32)
        self.std = numpy.array(processor["image_std"], numpy.float32)

    def pixels(self, data):
        """JPEG to float32 [3, 224, 224]."""
        image = Image.open(io.BytesIO(data)).convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
        image = image.crop((16, 16, 16 + SIDE, 16 + SIDE))
        values = (numpy.asarray(image, numpy.float32) / 255 - self.mean) / self.std
        return values.transpose(2, 0, 1)

    def run(self, pixels):
        """[n, 3, 224, 224] to logits [n, classes]."""
        return self.session.run(None, {self.input: numpy.ascontiguousarray(pixels)})[0]

    def top(self, logits, count=5):
        """Logits of one image to its labels, best first."""
        powers = numpy.exp(logits - logits.max())
        scores = powers / powers.sum()
        best = numpy.argsort(scores)[::-1][:count]
        return [{"label": self.labels[str(index)], "score": float(scores[index])} for index in best]

"""Prepares pictures for the sample model as its preprocessor_config.json says, and ranks what the model gives."""

import io

import numpy
from PIL import Image, ImageOps


def pixels_of(file):
    """The model's own tensor for one picture: float32, [1, 3, 28, 28]."""
    with Image.open(io.BytesIO(file)) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    resized = upright.resize((28, 28), Image.Resampling.BILINEAR)
    values = numpy.asarray(resized, dtype=numpy.float64) / 255
    return ((values - 0.5) / 0.5).astype(numpy.float32).transpose(2, 0, 1)[numpy.newaxis]


def top_labels(scores, labels, top_k=5):
    """Labels with the softmax of raw scores, best first."""
    powers = numpy.exp(scores.astype(numpy.float64) - scores.max())
    shares = powers / powers.sum()
    best = numpy.argsort(-shares, kind="stable")[:top_k]
    return [{"label": labels[index], "score": float(shares[index])} for index in best]

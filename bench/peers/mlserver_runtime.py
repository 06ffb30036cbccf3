"""A runtime of MLServer: pictures as base64 in a BYTES tensor."""

import base64
import json

import numpy
from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceResponse

from classifier import Classifier


class Runtime(MLModel):
    async def load(self):
        self.classifier = Classifier(self.settings.parameters.uri)
        return True

    async def predict(self, payload):
        pictures = [base64.b64decode(text) for text in payload.inputs[0].data]
        logits = self.classifier.run(numpy.stack([self.classifier.pixels(picture) for picture in pictures]))
        labels = [json.dumps(self.classifier.top(row)) for row in logits]
        return InferenceResponse(model_name=self.name, outputs=[StringCodec.encode_output("labels", labels)])

"""LitServe. litserve_server.py MODEL_FOLDER PORT PROCESSES BATCH"""

import os
import sys

import litserve
import numpy
from fastapi import UploadFile

from classifier import Classifier

folder, port, processes, batch = sys.argv[1], *map(int, sys.argv[2:])


class Api(litserve.LitAPI):
    def setup(self, device):
        self.classifier = Classifier(folder, threads=max(1, os.cpu_count() // processes))

    def decode_request(self, request: UploadFile):
        return self.classifier.pixels(request.file.read())

    def batch(self, inputs):
        return numpy.stack(inputs)

    def predict(self, pixels):
        return self.classifier.run(pixels if batch > 1 else pixels[None])

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return self.classifier.top(output if batch > 1 else output[0])


if __name__ == "__main__":
    api = Api(max_batch_size=batch, batch_timeout=0.005, api_path="/classify")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=processes, timeout=60)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")

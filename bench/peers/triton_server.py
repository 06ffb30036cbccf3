"""Triton with a model in Python, as nvidia-pytriton starts it. triton_server.py MODEL_FOLDER PORT"""

import sys

import numpy
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.model_config.common import DynamicBatcher
from pytriton.triton import Triton, TritonConfig

from classifier import Classifier

folder, port = sys.argv[1], int(sys.argv[2])
classifier = Classifier(folder)


@batch
def infer(image):
    return [classifier.run(numpy.stack([classifier.pixels(row[0]) for row in image]))]


with Triton(config=TritonConfig(http_port=port, grpc_port=port + 1, metrics_port=port + 2, log_verbose=0)) as triton:
    triton.bind(
        model_name="classifier",
        infer_func=infer,
        inputs=[Tensor(name="image", dtype=bytes, shape=(1,))],
        outputs=[Tensor(name="logits", dtype=numpy.float32, shape=(-1,))],
        config=ModelConfig(max_batch_size=8, batcher=DynamicBatcher(max_queue_delay_microseconds=1000)),
    )
    triton.serve()

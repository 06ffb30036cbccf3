/**
 * Writes a classifier of the size and shape of ResNet-50 (or a small MobileNet-like one) with random weights, laid out
 * like a Hub repository: config.json, preprocessor_config.json, onnx/model.onnx, onnx/model_fp16.onnx. For measuring
 * speed and building engines where no real weights are at hand; its answers mean nothing.
 *
 *   node bench/make-model.mjs FOLDER [--kind resnet-50|mobile] [--seed 1] [--batch-norm]
 *
 * resnet-50: the architecture of microsoft/resnet-50 (7x7 stem, bottlenecks 3-4-6-3, stride in the 3x3, fc 1000;
 * 25.6 million parameters), BatchNormalization folded into the convolutions as exports have it, which leaves 25.5
 * million; --batch-norm keeps its nodes. mobile: depthwise separable convolutions, 100 classes, 0.3 million parameters.
 * Both: `pixel_values` [batch_size,num_channels,height,width] -> `logits` [batch_size,classes]; the float16 file keeps
 * float32 at both ends, with a Cast, as those on the Hub do. The same seed gives the same bytes. Needs no build and no
 * packages.
 */
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

const FLOAT = 1;
const FLOAT16 = 10;

// --- protobuf: a message is a list of byte pieces ---

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const size = (pieces) => pieces.reduce((sum, piece) => sum + piece.length, 0);
const int = (no, value) => [varint(no * 8), varint(value)];
const message = (no, pieces) => [varint(no * 8 + 2), varint(size(pieces)), ...pieces];
const text = (no, value) => message(no, [Buffer.from(value)]);
const float = (no, value) => [varint(no * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)];

/** Negative numbers do not occur. */
function attribute(name, value) {
  if (Array.isArray(value)) return message(5, [text(1, name), value.flatMap((v) => int(8, v)), int(20, 7)].flat());
  if (Number.isInteger(value)) return message(5, [text(1, name), int(3, value), int(20, 2)].flat());
  return message(5, [text(1, name), float(2, value), int(20, 1)].flat());
}

function node(opType, inputs, output, attributes = {}) {
  const pieces = [...inputs.map((name) => text(1, name)), text(2, output), text(3, `/${output}`), text(4, opType)];
  for (const [name, value] of Object.entries(attributes)) pieces.push(attribute(name, value));
  return message(1, pieces.flat());
}

function valueInfo(no, name, dims) {
  const dim = dims.map((d) => message(1, typeof d === 'number' ? int(1, d) : text(2, d)));
  const tensor = message(1, [int(1, FLOAT), message(2, dim.flat())].flat());
  return message(no, [text(1, name), message(2, tensor)].flat());
}

// --- weights ---

/** A source of numbers evenly spread between -reach and reach: fills arrays around a mean; xorshift32. */
function randomFrom(seed) {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) | 1;
  return (values, mean, reach) => {
    const scale = reach / 2 ** 31;
    for (let i = 0; i < values.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      values[i] = mean + state * scale;
    }
  };
}

/** Bits of the nearest halfs; values too small for a normal half become 0. */
function toHalfs(values) {
  const words = new Uint32Array(values.buffer);
  const halfs = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const magnitude = words[i] & 0x7fffffff;
    const rounded = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    halfs[i] = ((words[i] >>> 16) & 0x8000) | (magnitude < 0x38800000 ? 0 : rounded);
  }
  return halfs;
}

/** Collects the nodes and weights of a graph. */
class Graph {
  nodes = [];
  weights = [];
  parameters = 0;
  count = 0;

  constructor(seed, keepBatchNorm) {
    this.fill = randomFrom(seed);
    this.keepBatchNorm = keepBatchNorm;
  }

  /** Evenly distributed around `mean` with the given standard deviation. */
  weight(name, dims, deviation, mean = 0, learned = true) {
    const values = new Float32Array(dims.reduce((a, b) => a * b, 1));
    this.fill(values, mean, deviation * Math.sqrt(3));
    this.weights.push({ name, dims, values });
    if (learned) this.parameters += values.length;
    return name;
  }

  node(opType, inputs, attributes) {
    const output = `${opType.toLowerCase()}_${this.count++}`;
    this.nodes.push({ opType, inputs, output, attributes });
    return output;
  }

  /**
   * Convolution, normalization, activation. Scaled to keep the size of activations (He), times `gain`: below 1 at the
   * end of a residual branch, so that sums stay within float16 through all blocks.
   */
  conv(input, { from, to, kernel, stride = 1, groups = 1, gain = 1, relu = true }) {
    const name = `conv_${this.count}`;
    const fanIn = (from / groups) * kernel * kernel;
    const w = this.weight(`${name}.weight`, [to, from / groups, kernel, kernel], gain * Math.sqrt(2 / fanIn));
    const inputs = [input, w];
    if (!this.keepBatchNorm) inputs.push(this.weight(`${name}.bias`, [to], 0.05));
    const pad = (kernel - 1) / 2;
    const shape = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
    let value = this.node('Conv', inputs, { dilations: [1, 1], group: groups, ...shape });
    if (this.keepBatchNorm) {
      const part = (suffix, ...spread) => this.weight(`${name}.norm.${suffix}`, [to], ...spread);
      const scales = [part('weight', 0.1, 1), part('bias', 0.05)];
      const running = [part('running_mean', 0.05, 0, false), part('running_var', 0.1, 1, false)];
      value = this.node('BatchNormalization', [value, ...scales, ...running], { epsilon: 1e-5 });
    }
    return relu ? this.node('Relu', [value], {}) : value;
  }

  /** Global pooling and a fully connected layer. */
  classifier(input, from, classes) {
    const flat = this.node('Flatten', [this.node('GlobalAveragePool', [input], {})], { axis: 1 });
    const w = this.weight('classifier.weight', [classes, from], 2 / Math.sqrt(from));
    return this.node('Gemm', [flat, w, this.weight('classifier.bias', [classes], 0.05)], { transB: 1 });
  }
}

// --- architectures ---

function resnet50(graph) {
  let value = graph.conv('pixels', { from: 3, to: 64, kernel: 7, stride: 2 });
  value = graph.node('MaxPool', [value], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let from = 64;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const width = 64 * 2 ** stage;
    const to = width * 4;
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const narrow = graph.conv(value, { from, to: width, kernel: 1 });
      const middle = graph.conv(narrow, { from: width, to: width, kernel: 3, stride });
      const wide = graph.conv(middle, { from: width, to, kernel: 1, gain: 0.3, relu: false });
      const shortcut = block > 0 ? value : graph.conv(value, { from, to, kernel: 1, stride, gain: 0.7, relu: false });
      value = graph.node('Relu', [graph.node('Add', [wide, shortcut], {})], {});
      from = to;
    }
  }
  return graph.classifier(value, from, 1000);
}

function mobile(graph) {
  let value = graph.conv('pixels', { from: 3, to: 16, kernel: 3, stride: 2 });
  let from = 16;
  for (const [to, stride] of [
    [32, 1],
    [64, 2],
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
  ]) {
    const depthwise = graph.conv(value, { from, to: from, kernel: 3, stride, groups: from });
    value = graph.conv(depthwise, { from, to, kernel: 1 });
    from = to;
  }
  return graph.classifier(value, from, 100);
}

// --- files ---

const kinds = {
  'resnet-50': { build: resnet50, classes: 1000, modelType: 'resnet', architecture: 'ResNetForImageClassification' },
  mobile: { build: mobile, classes: 100, modelType: 'mobilenet_v1', architecture: 'MobileNetV1ForImageClassification' },
};

/** The pieces of the .onnx file. */
function modelPieces(graph, output, classes, half) {
  const first = node('Cast', ['pixel_values'], 'pixels', { to: half ? FLOAT16 : FLOAT });
  const last = node('Cast', [output], 'logits', { to: FLOAT });
  const nodes = graph.nodes.map(({ opType, inputs, output: name, attributes }) => {
    // without the casts the ends of the graph carry the names themselves
    const renamed = half ? inputs : inputs.map((input) => (input === 'pixels' ? 'pixel_values' : input));
    return node(opType, renamed, !half && name === output ? 'logits' : name, attributes);
  });
  const initializers = graph.weights.map(({ name, dims, values }) => {
    const { buffer } = half ? toHalfs(values) : values;
    const head = [...dims.map((dim) => int(1, dim)), int(2, half ? FLOAT16 : FLOAT), text(8, name)].flat();
    return message(5, [...head, ...message(9, [new Uint8Array(buffer)])]);
  });
  const body = [
    ...(half ? [first, ...nodes, last] : nodes),
    text(2, 'main_graph'),
    ...initializers,
    valueInfo(11, 'pixel_values', ['batch_size', 'num_channels', 'height', 'width']),
    valueInfo(12, 'logits', ['batch_size', classes]),
  ].flat();
  const head = [int(1, 8), text(2, 'hornet-bench'), text(3, '1')].flat();
  return [...head, ...message(7, body), ...message(8, int(2, 14))];
}

async function writePieces(file, pieces) {
  const handle = await open(file, 'w');
  try {
    for (let start = 0; start < pieces.length; start += 512) await handle.writev(pieces.slice(start, start + 512));
  } finally {
    await handle.close();
  }
  return size(pieces);
}

function configOf({ classes, modelType, architecture }) {
  const id2label = Object.fromEntries(Array.from({ length: classes }, (_, id) => [id, `made-up class ${id}`]));
  const label2id = Object.fromEntries(Object.entries(id2label).map(([id, label]) => [label, Number(id)]));
  return { architectures: [architecture], model_type: modelType, num_channels: 3, id2label, label2id };
}

/** As Xenova/resnet-50 has it. */
const preprocessor = {
  crop_pct: 0.875,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  feature_extractor_type: 'ConvNextFeatureExtractor',
  image_mean: [0.485, 0.456, 0.406],
  image_processor_type: 'ConvNextFeatureExtractor',
  image_std: [0.229, 0.224, 0.225],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 224 },
};

const usage = 'Usage: node bench/make-model.mjs FOLDER [--kind resnet-50|mobile] [--seed 1] [--batch-norm]';

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kind: { type: 'string', default: 'resnet-50' },
      seed: { type: 'string', default: '1' },
      'batch-norm': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const [folder] = positionals;
  if (values.help || positionals.length !== 1 || !Object.hasOwn(kinds, values.kind) || !Number.isSafeInteger(seed)) {
    process.stderr.write(`${usage}\n`);
    process.exit(values.help ? 0 : 2);
  }
  return { folder, kind: kinds[values.kind], seed, keepBatchNorm: values['batch-norm'] };
}

const { folder, kind, seed, keepBatchNorm } = readArguments();
const graph = new Graph(seed, keepBatchNorm);
const output = kind.build(graph);
await mkdir(path.join(folder, 'onnx'), { recursive: true });
await writeFile(path.join(folder, 'config.json'), `${JSON.stringify(configOf(kind), null, 2)}\n`);
await writeFile(path.join(folder, 'preprocessor_config.json'), `${JSON.stringify(preprocessor, null, 2)}\n`);
process.stdout.write(`${(graph.parameters / 1e6).toFixed(2)} million parameters\n`);
for (const [name, half] of [
  ['onnx/model.onnx', false],
  ['onnx/model_fp16.onnx', true],
]) {
  const bytes = await writePieces(path.join(folder, name), modelPieces(graph, output, kind.classes, half));
  process.stdout.write(`${path.join(folder, name)}: ${(bytes / 1e6).toFixed(1)} MB\n`);
}

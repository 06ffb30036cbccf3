import type { BatchNode } from './batch-node.js';
import { type BatchValue, images, rankOf } from './batch-value.js';
import { gemm, matMul } from './matrix-rules.js';
import { flatten, reshape } from './reshape-rule.js';
import { elementwise, reduce, shapeRules } from './shape-rules.js';

/** What becomes of the images in a node, or a refusal. All outputs of the node are alike. */
export type BatchRule = (node: BatchNode) => BatchValue;

/** Operators that treat axis 0 as samples that know nothing of each other, and keep the rank. */
const perSample: BatchRule = (node) => {
  const { rows, rest } = node.onlyImages();
  return images(
    rows,
    rest.map(() => null),
  );
};

const sameShape: BatchRule = (node) => node.onlyImages();

/** [N,C,H,W] by weights [M,...]: the channels become M. */
const convolution: BatchRule = (node) => {
  const { rows, rest } = node.onlyImages();
  const channels = node.fixed(1)?.dims?.[0] ?? null;
  return images(
    rows,
    rest.map((_, index) => (index === 0 ? channels : null)),
  );
};

const globalPool: BatchRule = (node) => {
  const { rows, rest } = node.onlyImages();
  return images(
    rows,
    rest.map((size, index) => (index === 0 ? size : 1)),
  );
};

const pool: BatchRule = (node) => {
  const { rows, rest } = node.onlyImages();
  // MaxPool's indices count through the whole batch
  if ((node.node.output[1] ?? '') !== '') node.refuse('has indices as a second output');
  return images(
    rows,
    rest.map((size, index) => (index === 0 ? size : null)),
  );
};

const batchNormalization: BatchRule = (node) => {
  const outputs = node.node.output.filter((name) => name !== '').length;
  if (outputs > 1 || node.int('training_mode') === 1) node.refuse('is in training mode');
  return sameShape(node);
};

const dropout: BatchRule = (node) => {
  if ((node.inputs[2] ?? null) !== null) node.refuse('may be in training mode');
  return sameShape(node);
};

/** Works along `axis` and keeps the shape; before opset 13 softmax flattens everything from the axis on. */
const alongAxis =
  (defaultAxis: (opset: number) => number): BatchRule =>
  (node) => {
    const input = node.onlyImages();
    node.axisBehindImages(node.int('axis') ?? defaultAxis(node.opset), rankOf(input));
    return input;
  };

/** Scales per tensor, or per channel of an axis that is not the images'. */
const quantize: BatchRule = (node) => {
  const input = node.onlyImages();
  const { dims } = node.fixed(1) ?? node.refuse('has no scale');
  if (dims === null || dims.length > 1) return node.refuse('has a scale of unknown shape');
  if (dims.length === 1 && dims[0] !== 1) node.axisBehindImages(node.int('axis') ?? 1, rankOf(input));
  return input;
};

const topK: BatchRule = (node) => {
  const { rows, rest } = node.onlyImages();
  const axis = node.axisBehindImages(node.int('axis') ?? -1, rest.length + 1);
  return images(
    rows,
    rest.map((size, index) => (index === axis - 1 ? null : size)),
  );
};

function entries(rule: BatchRule, names: string): [string, BatchRule][] {
  return names.split(' ').map((name) => [name, rule]);
}

const softmaxAxis = (opset: number): number => (opset < 13 ? 1 : -1);

/** Rules by operator of ONNX's own set; what is not listed is not widened. */
export const batchRules: ReadonlyMap<string, BatchRule> = new Map<string, BatchRule>([
  ...entries(elementwise, 'Abs Acos Add And Asin Atan Cast Ceil Celu Clip Cos Cosh Div Elu Equal Erf Exp Floor Gelu'),
  ...entries(
    elementwise,
    'Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual',
  ),
  ...entries(
    elementwise,
    'Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid',
  ),
  ...entries(elementwise, 'Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor'),
  ...entries(convolution, 'Conv'),
  ...entries(perSample, 'ConvInteger ConvTranspose DepthToSpace QLinearConv SpaceToDepth'),
  ...entries(pool, 'AveragePool LpPool MaxPool'),
  ...entries(globalPool, 'GlobalAveragePool GlobalLpPool GlobalMaxPool'),
  ...entries(batchNormalization, 'BatchNormalization'),
  ...entries(sameShape, 'GroupNormalization InstanceNormalization LRN'),
  ...entries(dropout, 'Dropout'),
  ...entries(alongAxis(softmaxAxis), 'Hardmax LogSoftmax Softmax'),
  ...entries(
    alongAxis(() => -1),
    'LayerNormalization LpNormalization RMSNormalization',
  ),
  ...entries(quantize, 'DequantizeLinear QuantizeLinear'),
  ...entries(reduce, 'ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin'),
  ...entries(reduce, 'ReduceProd ReduceSum ReduceSumSquare'),
  ...entries(topK, 'TopK'),
  ...entries(gemm, 'Gemm'),
  ...entries(matMul, 'MatMul MatMulInteger'),
  ...entries(reshape, 'Reshape'),
  ...entries(flatten, 'Flatten'),
  ...shapeRules,
]);

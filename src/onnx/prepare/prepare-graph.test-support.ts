import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { decodeImage } from '../../image/decode-image.js';
import { fromFloat16Bits, toFloat16Bits } from '../../image/float16.js';
import type { ImageProcessor } from '../../image/image-processor.js';
import { preprocess } from '../../image/preprocess.js';
import { outputBytes, planPreprocessing } from '../../image/preprocess-plan.js';
import type { RgbImage } from '../../image/rgb-image.js';
import type { TensorFormat } from '../../image/tensor-format.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import { normalizationTable } from '../../model/normalization-table.js';
import { topLabels } from '../../serving/top-labels.js';
import { modelBytes } from '../build-test-model.test-support.js';
import { type ModelProto, type TensorProto, TensorProtoSchema } from '../generated/onnx_pb.js';
import { graphInfoOf } from '../graph-info-of.js';
import { elementType } from '../tensor-types.js';
import type { PreparedGraph } from './prepare-graph.js';

// Where there is a Float16Array (Node 24), onnxruntime-node 1.30 insists on it but cannot read it; see worker.ts.
Reflect.deleteProperty(globalThis, 'Float16Array');

/** Numbers from 0 to 1, the same ones for the same seed. */
export function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Weights between -1 and 1. */
export function randomTensor(
  name: string,
  dims: readonly number[],
  dtype: 'float32' | 'float16' = 'float32',
): TensorProto {
  const count = dims.reduce((a, b) => a * b, 1);
  const random = randomNumbers(count + name.length * 7919);
  const values = Float32Array.from({ length: count }, () => random.next().value * 2 - 1);
  const elements = dtype === 'float32' ? values : Uint16Array.from(values, toFloat16Bits);
  const rawData = new Uint8Array(elements.buffer);
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: elementType[dtype], rawData });
}

export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const int64Data = values.map(BigInt);
  return create(TensorProtoSchema, { name, dims: [BigInt(values.length)], dataType: elementType.int64, int64Data });
}

/** ImageNet's normalization at one size in px. */
export function testProcessor(edge: number, options: Partial<ImageProcessor> = {}): ImageProcessor {
  const normalize = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
  return {
    className: 'ViTImageProcessor',
    resize: { kind: 'exact', width: edge, height: edge },
    filter: 'bilinear',
    crop: null,
    table: normalizationTable({ rescaleFactor: 1 / 255, rescaleOffset: false, normalize, divideAgain: null }),
    flipChannels: false,
    ...options,
  };
}

/** A model in `folder/NAME.onnx`, without the files around it. */
export async function putModel(
  folder: string,
  name: string,
  proto: ModelProto,
  processor = testProcessor(8),
): Promise<ClassifierModel> {
  const onnxPath = join(folder, `${name}.onnx`);
  await writeFile(onnxPath, modelBytes(proto));
  const { resize } = processor;
  if (resize.kind !== 'exact') throw new Error('a test processor resizes to one size');
  const graph = graphInfoOf(proto, name);
  return {
    folder,
    onnxPath,
    dtype: 'fp32',
    graph,
    processor,
    imageSize: { width: resize.width, height: resize.height },
    labels: Array.from({ length: graph.output.classes ?? 0 }, (_, index) => `LABEL_${index}`),
    functionToApply: graph.activation === 'none' ? 'softmax' : 'none',
  };
}

export async function readPicture(path: string): Promise<RgbImage> {
  return decodeImage(await readFile(path));
}

function tensorOf(dtype: TensorFormat['dtype'], bytes: Uint8Array, dims: readonly number[]): Tensor {
  if (dtype === 'uint8') return new Tensor('uint8', bytes, dims);
  if (dtype === 'float32') return new Tensor('float32', new Float32Array(bytes.buffer), dims);
  return new Tensor('float16', new Uint16Array(bytes.buffer), dims);
}

/** Elements of an output, whatever its type. */
export function scoresOf(tensor: Tensor | undefined): Float64Array {
  if (tensor?.type === 'float32') return Float64Array.from(tensor.data as Float32Array);
  if (tensor?.type !== 'float16') throw new Error(`the output is ${tensor?.type}`);
  const { buffer, byteOffset, length } = tensor.data as Uint16Array;
  return Float64Array.from(new Uint16Array(buffer, byteOffset, length), fromFloat16Bits);
}

/** Final scores of each picture, in class order. */
function finish(model: ClassifierModel, scores: Float64Array, pictures: number): number[][] {
  const classes = scores.length / pictures;
  const labels = Array.from({ length: classes }, (_, index) => String(index));
  return Array.from({ length: pictures }, (_, picture) => {
    const own = Float32Array.from(scores.subarray(picture * classes, (picture + 1) * classes));
    const named = topLabels(own, labels, model.functionToApply, classes);
    return named.sort((a, b) => Number(a.label) - Number(b.label)).map(({ score }) => score);
  });
}

/** Preprocessed pixels of all pictures, one after another. */
export async function batchBytes(processor: ImageProcessor, format: TensorFormat, pictures: readonly RgbImage[]) {
  const plans = pictures.map((picture) => planPreprocessing(processor, picture, format));
  const size = plans[0] === undefined ? 0 : outputBytes(plans[0]);
  const bytes = new Uint8Array(size * pictures.length);
  for (const [index, picture] of pictures.entries()) {
    const plan = plans[index];
    if (plan !== undefined) await preprocess(picture, plan, bytes.subarray(index * size, (index + 1) * size));
  }
  return bytes;
}

/** Scores by the original graph behind the CPU's preprocessing, one picture at a time. */
export async function originalScores(model: ClassifierModel, pictures: readonly RgbImage[]): Promise<number[][]> {
  const { input, output } = model.graph;
  const { width, height } = model.imageSize;
  const dims = input.format.layout === 'NCHW' ? [3, height, width] : [height, width, 3];
  const session = await InferenceSession.create(model.onnxPath, { logSeverityLevel: 3 });
  const scores: number[][] = [];
  for (const picture of pictures) {
    const one = await batchBytes(model.processor, input.format, [picture]);
    const count = input.batch ?? 1;
    const bytes = new Uint8Array(one.length * count);
    for (let index = 0; index < count; index++) bytes.set(one, index * one.length);
    const result = await session.run({ [input.name]: tensorOf(input.format.dtype, bytes, [count, ...dims]) });
    scores.push(...finish(model, scoresOf(result[output.name]), count).slice(0, 1));
  }
  await session.release();
  return scores;
}

/** Scores by the prepared graph, all pictures in batches of `batch`, pixels as uint8 R, G, B. */
export async function preparedScores(
  model: ClassifierModel,
  prepared: PreparedGraph,
  pictures: readonly RgbImage[],
  batch: number,
): Promise<number[][]> {
  const session = await InferenceSession.create(prepared.path, { logSeverityLevel: 3 });
  const format = { dtype: 'uint8', layout: 'NHWC' } as const;
  const processor = { ...model.processor, flipChannels: false };
  const scores: number[][] = [];
  for (let start = 0; start < pictures.length; start += batch) {
    const some = pictures.slice(start, start + batch);
    const bytes = await batchBytes(processor, format, some);
    const input = tensorOf('uint8', bytes, [some.length, ...prepared.inputShape.slice(1).map(Number)]);
    const result = await session.run({ [prepared.inputName]: input });
    scores.push(...finish(model, scoresOf(result[prepared.outputName]), some.length));
  }
  await session.release();
  return scores;
}

/** The largest difference between two lists of scores. */
export function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  if (a.length !== b.length || a.some((row, index) => row.length !== b[index]?.length)) return Number.NaN;
  return Math.max(...a.flatMap((row, index) => row.map((value, at) => Math.abs(value - (b[index]?.[at] ?? 0)))));
}

/** Pictures of noise, each another one. */
export function noisePictures(count: number, edge: number): RgbImage[] {
  return Array.from({ length: count }, (_, index) => {
    const random = randomNumbers(index + 1);
    const data = Uint8Array.from({ length: edge * edge * 3 }, () => Math.floor(random.next().value * 256));
    return { data, width: edge, height: edge };
  });
}

import { writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { agreeOnLabels } from '../../../dist/model/agree-on-model.js';
import { ModelProtoSchema } from '../../../dist/onnx/generated/onnx_pb.js';
import { graphInfoOf } from '../../../dist/onnx/graph-info-of.js';
import { modelSegments } from '../../../dist/onnx/prepare/model-segments.js';
import { transformGraph } from '../../../dist/onnx/prepare/transform-graph.js';
import { decodeModel } from '../../../dist/onnx/read-model.js';
import { readSkeleton } from '../../../dist/onnx/read-skeleton.js';
import { attempt, hold } from '../invariants.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';
import { mutateProtobuf } from '../mutate-protobuf.mjs';
import { onnxWords } from '../onnx-words.mjs';

/** @import { ErrorCode } from '../../../dist/errors/error-registry.js' */
/** @import { ClassifierModel } from '../../../dist/model/classifier-model.js' */
/** @import { GraphInfo } from '../../../dist/onnx/graph-info.js' */
/** @import { ModelSkeleton } from '../../../dist/onnx/read-skeleton.js' */
/** @import { Mutate, Target } from '../target.mjs' */

/** @type {Mutate} */
function mutate(bytes, random, other) {
  const asFields = random.chance(0.7) ? mutateProtobuf(bytes, onnxWords, other(), random) : undefined;
  return asFields ?? mutateBytes(bytes, random, { dictionary: onnxWords, other });
}

/** @type {readonly ErrorCode[]} */
const codes = ['ERR_ONNX_INVALID', 'ERR_MODEL_NOT_CLASSIFIER'];
/** A config.json that says nothing. */
const noConfig = { modelType: undefined, labels: null, numLabels: null, problemType: null };
const [name, edge] = ['model.onnx', 8];

/** @type {Target} */
export const onnx = {
  reads: 'ONNX files',
  covers: ['onnx/'],
  maxBytes: 40 * 1024,
  work: 100_000,
  workPerByte: 300,
  mostMemory: 32 * 2 ** 20,
  mutate,
  async invariant(bytes, folder) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const skeleton = await attempt(() => readSkeleton(path), ['ERR_ONNX_INVALID']);
    const whole = await attempt(() => decodeModel(bytes, name), ['ERR_ONNX_INVALID']);
    if ('value' in whole) {
      // Without what the schema does not list: groups are refused where the fields of the model are read one by one.
      const known = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
      await holdSameGraph(toBinary(ModelProtoSchema, known), path);
    }
    if ('refusal' in skeleton) return skeleton.refusal;
    const { model, cuts } = skeleton.value;
    holdCuts(skeleton.value, bytes.length);
    const info = await attempt(() => graphInfoOf(model, name), codes);
    if ('refusal' in info) return `${cuts.size > 0} ${info.refusal}`;
    holdInfo(info.value, folder);
    const labels = await attempt(() => agreeOnLabels(info.value, noConfig), ['ERR_MODEL_NOT_CLASSIFIER']);
    hold('refusal' in labels || labels.value.length === info.value.output.classes, 'labels of other classes');
    // Weights go unread here, and may be damaged: then nobody can read what is made of the model.
    const prepared = 'value' in whole ? await prepare(skeleton.value, info.value, bytes) : 'damaged weights';
    const { input, output, activation, externalData } = info.value;
    return `${cuts.size > 0} ${JSON.stringify(input.format)} ${output.classes === null} ${activation} ${externalData.length > 0} ${prepared}`;
  },
};

/**
 * A model that was written is read as the same one, at once and without its weights. Of others that need not be so: where
 * a field has another type on the wire than in the schema, the library reads beyond the end of messages.
 * @param {Uint8Array} written @param {string} path
 */
async function holdSameGraph(written, path) {
  writeFileSync(path, written);
  const whole = await attempt(() => decodeModel(written, name), ['ERR_ONNX_INVALID']);
  const skeleton = await attempt(() => readSkeleton(path), ['ERR_ONNX_INVALID']);
  if ('refusal' in whole || 'refusal' in skeleton) {
    hold('refusal' in whole && 'refusal' in skeleton, 'a model that only one way of reading refuses');
    return;
  }
  const again = toBinary(ModelProtoSchema, whole.value);
  hold(Buffer.compare(again, written) === 0, 'a model that was written is read as another one');
  if (skeleton.value.cuts.size > 0) return;
  const inPieces = toBinary(ModelProtoSchema, skeleton.value.model);
  hold(
    Buffer.compare(inPieces, written) === 0,
    'a graph that was read without its weights is another one than read at once',
  );
}

/** What was left in the file lies in it, each range by itself. @param {ModelSkeleton} skeleton @param {number} size */
function holdCuts({ cuts }, size) {
  const ranges = [...cuts.values()].flat().map(({ range }) => range);
  ranges.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, length } of ranges) {
    hold(
      offset >= end && length > 0 && offset + length <= size,
      'weights that lie outside of the file, or in each other',
    );
    end = offset + length;
  }
}

/** @param {GraphInfo} info @param {string} folder */
function holdInfo(info, folder) {
  // It is kept as JSON for the next start.
  hold(
    JSON.stringify(JSON.parse(JSON.stringify(info))) === JSON.stringify(info),
    'JSON of what was read is another thing',
  );
  const isSize = (/** @type {number | null} */ size) => size === null || (Number.isInteger(size) && size >= 1);
  const { input, output } = info;
  hold([input.batch, input.height, input.width, output.classes, ...output.shape].every(isSize), 'a size that is none');
  hold(Number.isInteger(info.opset) && info.opset >= 1 && Number.isInteger(info.irVersion), 'a version that is none');
  for (const file of info.externalData) {
    const path = resolve(folder, file);
    hold(
      path.startsWith(`${folder}${sep}`) && !file.includes('\0'),
      'external data outside of the folder, or the folder itself',
    );
  }
}

/**
 * The graph as TensorRT would get it is one that can be read again, with pixels for input.
 * @param {ModelSkeleton} skeleton @param {GraphInfo} info @param {Buffer} bytes
 */
async function prepare(skeleton, info, bytes) {
  const { height, width } = info.input;
  const imageSize = { height: height ?? edge, width: width ?? edge };
  const processor = {
    className: 'ViTImageProcessor',
    resize: { kind: 'exact', ...imageSize },
    filter: 'bilinear',
    crop: null,
    table: Float32Array.from({ length: 768 }, (_, index) => (index % 256) / 255),
    flipChannels: false,
  };
  const model = /** @type {ClassifierModel} */ ({ graph: info, processor, imageSize });
  const prepared = await attempt(() => transformGraph(skeleton, model, 4), ['ERR_ONNX_INVALID']);
  if ('refusal' in prepared) return prepared.refusal;
  const pieces = modelSegments(skeleton).map((segment) =>
    segment instanceof Uint8Array ? segment : bytes.subarray(segment.offset, segment.offset + segment.length),
  );
  const { graph, opsetImport } = decodeModel(Buffer.concat(pieces), name);
  const inputs = graph?.input.map(({ name }) => name) ?? [];
  hold(inputs.includes(prepared.value.inputName), 'a prepared graph without its input');
  const outputs = graph?.output.map(({ name }) => name) ?? [];
  hold(
    outputs.every((output) => output === info.output.name) && opsetImport.length > 0,
    'a prepared graph with other outputs',
  );
  return `${prepared.value.widened} ${prepared.value.notWidenedBecause?.replace(/"[^"]*"/g, '""')}`;
}

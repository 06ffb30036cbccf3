import { inferAnswer } from '../../../dist/http/v2/infer-answer.js';
import { announcedHeaderLength, maxJsonParts, parseInferBody } from '../../../dist/http/v2/parse-infer-body.js';
import { readInputs } from '../../../dist/http/v2/read-inputs.js';
import { requestedOutput } from '../../../dist/http/v2/requested-output.js';
import { fromFloat16Bits } from '../../../dist/image/float16.js';
import { attempt, hold } from '../invariants.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';
import { joinedSections, mutateSections, sectionsOf } from '../sections.mjs';

/** @import { ErrorCode } from '../../../dist/errors/error-registry.js' */
/** @import { ModelSignature, TensorDatatype } from '../../../dist/serving/model-signature.js' */
/** @import { InferSubject } from '../../../dist/http/v2/read-inputs.js' */
/** @import { Mutate, Target } from '../target.mjs' */

const maxImages = 4;
const elements = 3 * 2 * 2;
/** @type {Readonly<Record<TensorDatatype, number>>} */
const elementBytes = { FP32: 4, FP16: 2, UINT8: 1 };

/** @param {TensorDatatype} datatype @returns {ModelSignature} */
function signatureOf(datatype) {
  return {
    input: { name: 'pixels', datatype, shape: [3, 2, 2], imageBytes: elements * elementBytes[datatype] },
    output: { name: 'logits', classes: 3 },
    labels: ['cat', 'dog', 'naïve'],
    backend: 'onnxruntime',
    devices: [],
    slotsPerDevice: 2,
    workers: 1,
    maxBatch: 4,
    batchSizes: [1, 4],
    maxDelayMs: 0,
  };
}

const words = [
  'id',
  'inputs',
  'outputs',
  'name',
  'datatype',
  'shape',
  'data',
  'parameters',
  'binary_data_size',
  'binary_data',
  'binary_data_output',
  'classification',
  'timeout',
  'priority',
  'function_to_apply',
  'softmax',
  'sequence_id',
  'shared_memory_region',
  'pixels',
  'image',
  'logits',
  'FP32',
  'FP16',
  'UINT8',
  'BYTES',
  'data:image/png;base64,AAAA',
];
const mutateParts = mutateSections(4, words);

/** @type {readonly ErrorCode[]} */
const codes = ['ERR_REQUEST_INVALID', 'ERR_PARAMETER_INVALID', 'ERR_BODY_EMPTY', 'ERR_TOO_MANY_IMAGES'];

/**
 * An input is the datatype of the model, the header, the JSON and what comes after it. A header of "=" is the length of
 * the JSON, which random changes would never hit.
 * @param {Buffer} input
 */
function requestOf(input) {
  const [datatype, header, json = Buffer.alloc(0), binary] = sectionsOf(input, 4);
  const body = Buffer.concat([json, binary ?? Buffer.alloc(0)]);
  const text = header?.toString('latin1') ?? '';
  const known = /** @type {const} */ (['FP32', 'FP16', 'UINT8']).find((name) => datatype?.toString() === name);
  return { signature: signatureOf(known ?? 'FP32'), body, header: text === '=' ? String(json.length) : text };
}

/** Sizes of the elements after the JSON are kept right now and then. @type {Mutate} */
function mutate(bytes, random, other) {
  const mutated = mutateParts(bytes, random, other);
  const sections = sectionsOf(mutated, 4);
  const [, , json, binary] = sections;
  if (json === undefined || binary === undefined || !random.chance(0.5)) return mutated;
  const text = json.toString().replace(/"binary_data_size":\s*-?\d+/, `"binary_data_size":${binary.length}`);
  const again = random.chance(0.2) ? mutateBytes(binary, random, { dictionary: [], other: () => binary }) : binary;
  return joinedSections([...sections.slice(0, 2), Buffer.from(text), again]);
}

/** @type {Target} */
export const oip = {
  reads: 'requests of the Open Inference Protocol',
  covers: [
    'http/v2/parse-infer-body.js',
    'http/v2/read-inputs.js',
    'http/v2/requested-output.js',
    'http/v2/tensor-data.js',
    'http/v2/bytes-tensor.js',
    'http/v2/infer-schemas.js',
    'http/v2/infer-answer.js',
    'http/v2/class-strings.js',
    'http/body/parse-json.js',
    'http/body/parse-base64.js',
    'http/check-parameters.js',
    'serving/client-tensor.js',
  ],
  maxBytes: 16 * 1024,
  work: 20_000,
  workPerByte: 100,
  mostMemory: 32 * 2 ** 20,
  mutate,
  async invariant(input) {
    const { signature, body, header } = requestOf(input);
    const read = await attempt(() => {
      const headerLength = announcedHeaderLength({
        get: /** @type {any} */ (() => (header === '' ? undefined : header)),
      });
      const parsed = parseInferBody(body, headerLength, maxJsonParts(signature, maxImages));
      const output = requestedOutput(parsed.request, signature);
      return { parsed, output, subject: readInputs(parsed, { signature, maxImages }) };
    }, codes);
    if ('refusal' in read) return read.refusal;
    const { parsed, output, subject } = read.value;
    const { images, extraBytes, name } = subject;
    hold(images >= 1 && images <= maxImages, `${images} images`);
    hold(extraBytes >= 0 && extraBytes <= Math.max(4 * body.length, images * signature.input.imageBytes), 'extraBytes');
    if (subject.kind === 'tensor') holdTensor(subject, signature);
    else {
      hold(subject.pictures.length === images, `${subject.pictures.length} pictures, announced were ${images}`);
      const bytes = subject.pictures.reduce((sum, { byteLength }) => sum + byteLength, 0);
      hold(bytes <= body.length, 'more bytes of pictures than of the request');
    }
    const scores = Array.from({ length: images }, (_, row) => Float32Array.of(row, Number.NaN, -1 / 3));
    const answer = inferAnswer({ model: 'm', id: parsed.request.id ?? undefined, signature, output, scores });
    const [given] = JSON.parse(JSON.stringify(answer.json)).outputs;
    const count = given.shape.reduce((/** @type {number} */ product, /** @type {number} */ size) => product * size, 1);
    hold(answer.binary !== null || given.data.length === count, 'an answer whose shape is not that of its data');
    hold(answer.binary?.length === given.parameters?.binary_data_size, 'an answer that announces another size');
    return `${subject.kind} ${name} ${images} ${extraBytes > 0} ${output.isBinary} ${output.topClasses} ${signature.input.datatype}`;
  },
};

/** Sent again, in binary and as numbers, it is the same tensor. @param {InferSubject & { kind: 'tensor' }} subject @param {ModelSignature} signature */
function holdTensor({ tensor, images }, signature) {
  const { name, datatype, shape, bytes } = tensor;
  hold(bytes.byteLength === images * signature.input.imageBytes, 'a tensor of another size than its shape says');
  const again = (/** @type {object} */ rest, /** @type {Buffer | null} */ binary) => {
    const json = Buffer.from(JSON.stringify({ inputs: [{ name, datatype, shape, ...rest }] }));
    const body = binary === null ? json : Buffer.concat([json, binary]);
    const parsed = parseInferBody(body, binary === null ? undefined : json.length, maxJsonParts(signature, maxImages));
    const subject = readInputs(parsed, { signature, maxImages });
    hold(
      subject.kind === 'tensor' && Buffer.compare(subject.tensor.bytes, bytes) === 0,
      'a tensor that was sent again is another one',
    );
  };
  again({ parameters: { binary_data_size: bytes.byteLength } }, Buffer.from(bytes));
  const numbers = numbersOf(Uint8Array.from(bytes), signature.input.datatype);
  // JSON has no number for the others, and makes 0 of -0.
  if (numbers.every((value) => Number.isFinite(value) && !Object.is(value, -0))) again({ data: numbers }, null);
}

/** @param {Uint8Array} bytes @param {TensorDatatype} datatype @returns {number[]} */
function numbersOf({ buffer }, datatype) {
  if (datatype === 'UINT8') return [...new Uint8Array(buffer)];
  if (datatype === 'FP32') return [...new Float32Array(buffer)];
  return Array.from(new Uint16Array(buffer), fromFloat16Bits);
}

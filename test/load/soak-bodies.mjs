import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ask } from './ask.mjs';

const picture = (/** @type {string} */ name) => fileURLToPath(new URL(`../pictures/${name}`, import.meta.url));
/** The first one is the largest. */
const scenes = ['scene-640x480.jpg', 'cmyk-201x150.jpg', 'grey16-120x90.png', 'palette-64x48.png', 'alpha-97x181.png'];
const boundary = 'soak-7d1f0c';
/** Of the JSON before a binary tensor. Padded to it, so that one header fits several bodies. */
const headBytes = 300;

/** @type {import('./soak-bodies.mjs').makeBodies} */
export function makeBodies(folder) {
  const digits = [1, 2, 3, 7].map((digit) => ({ file: picture(`digit-${digit}.png`), label: String(digit) }));
  const others = ['2.webp', '4.gif', '6.tif', '7.jpg'].map((end) => [picture(`digit-${end}`), end.slice(0, 1)]);
  const labels = Object.fromEntries([...digits.map(({ file, label }) => [file, label]), ...others]);
  const bytesOf = new Map(digits.map(({ file }) => [file, readFileSync(file)]));
  const pairs = digits.map((first, index) => [first, digits[(index + 1) % digits.length] ?? first]);

  /**
   * A body for each group of digits.
   * @param {string} name
   * @param {readonly (readonly { file: string, label: string }[])[]} groups
   * @param {(pictures: readonly Buffer[]) => string | Buffer} make
   */
  const each = (name, groups, make) => {
    const made = groups.map((group, index) => {
      const file = join(folder, `${name}-${index}`);
      writeFileSync(file, make(group.map(({ file }) => bytesOf.get(file) ?? Buffer.alloc(0))));
      return /** @type {const} */ ([file, group.map(({ label }) => label).join()]);
    });
    return { pictures: made.map(([file]) => file), labels: Object.fromEntries(made) };
  };
  /** @param {string} name @param {string | Buffer} bytes */
  const one = (name, bytes) => {
    writeFileSync(join(folder, name), bytes);
    return { pictures: [join(folder, name)] };
  };
  const singles = digits.map((digit) => [digit]);
  const json = { 'Content-Type': 'application/json' };
  const binary = { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(headBytes) };
  const outputs = [{ name: 'logits', parameters: { classification: 1 } }];
  const encoded = (/** @type {readonly Buffer[]} */ pictures) => pictures.map((bytes) => bytes.toString('base64'));
  const pixels = Buffer.alloc(2 * 3 * 28 * 28 * 4);
  return {
    digits: { pictures: Object.keys(labels), labels },
    scenes: scenes.map(picture),
    form: {
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      ...each('form', pairs, (pictures) => formOf(pictures)),
    },
    base64: {
      headers: json,
      ...each('base64', singles, (pictures) => JSON.stringify({ inputs: encoded(pictures)[0] })),
    },
    list: { headers: json, ...each('list', pairs, (pictures) => JSON.stringify({ inputs: encoded(pictures) })) },
    packed: {
      headers: { 'Content-Encoding': 'gzip' },
      ...each('packed', singles, ([bytes]) => gzipSync(bytes ?? '')),
    },
    inferJson: {
      headers: json,
      ...each('infer-json', pairs, (pictures) =>
        JSON.stringify({
          inputs: [{ name: 'image', datatype: 'BYTES', shape: [pictures.length], data: encoded(pictures) }],
          outputs,
        }),
      ),
    },
    inferBinary: {
      headers: binary,
      ...each('infer-binary', pairs, (pictures) => {
        const elements = Buffer.concat(pictures.flatMap((bytes) => [lengthOf(bytes), bytes]));
        const parameters = { binary_data_size: elements.length };
        const inputs = [{ name: 'image', datatype: 'BYTES', shape: [pictures.length], parameters }];
        return Buffer.concat([headOf({ inputs, outputs }), elements]);
      }),
    },
    inferTensor: {
      headers: binary,
      ...one(
        'infer-tensor',
        Buffer.concat([
          headOf({
            inputs: [
              {
                name: 'pixel_values',
                datatype: 'FP32',
                shape: [2, 3, 28, 28],
                parameters: { binary_data_size: pixels.length },
              },
            ],
            parameters: { binary_data_output: true },
          }),
          pixels,
        ]),
      ),
    },
    huge: { pictures: [picture('invalid/claims-60000x60000.png'), picture('invalid/claims-65500x65500.jpg')] },
    damaged: { pictures: [picture('invalid/truncated.jpg')] },
    foreign: { pictures: [picture('invalid/drawing.svg')] },
    notPacked: { headers: { 'Content-Encoding': 'gzip' }, pictures: [picture('digit-7.png')] },
    badJson: { headers: json, ...one('bad.json', '{"inputs": ["') },
    badParameter: { headers: json, ...one('parameter.json', '{"inputs": "", "parameters": {"topk": 1}}') },
    badInference: { headers: json, ...one('inference.json', '{"inputs": []}') },
  };
}

/** @type {import('./soak-bodies.mjs').labelsOf} */
export async function labelsOf(url, pictures) {
  /** @type {Record<string, string>} */
  const labels = {};
  const asked = [];
  for (const picture of pictures) {
    const answered = await ask(url, { method: 'POST', file: readFileSync(picture) });
    asked.push(answered);
    const { answer } = answered;
    const [best, next] = /** @type {{ label: string, score: number }[]} */ (answer);
    if (best === undefined || next === undefined || best.score - next.score < 1e-4) {
      throw new Error(`the best label of ${picture} is not clear: ${JSON.stringify(answer)}`);
    }
    labels[picture] = best.label;
  }
  return { labels, asked };
}

/** @param {readonly Buffer[]} pictures */
function formOf(pictures) {
  const parts = pictures.flatMap((bytes, index) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${index}"; filename="${index}.png"\r\n\r\n`,
    bytes,
    '\r\n',
  ]);
  return Buffer.concat([...parts, `--${boundary}--\r\n`].map((part) => Buffer.from(part)));
}

/** @param {unknown} json */
function headOf(json) {
  return Buffer.from(JSON.stringify(json).padEnd(headBytes));
}

/** @param {Buffer} bytes */
function lengthOf(bytes) {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}

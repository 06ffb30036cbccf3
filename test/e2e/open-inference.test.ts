import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AnswerJson,
  binaryInference,
  bytesTensor,
  jsonInference,
  parseAnswer,
  type SentInference,
  scoresIn,
} from '../../src/http/v2/infer-request.test-support.js';
import { decodeImage } from '../../src/image/decode-image.js';
import { planPreprocessing } from '../../src/image/preprocess-plan.js';
import { preprocessReference } from '../../src/image/preprocess-reference.js';
import { createServer } from '../../src/index.js';
import type { ClassifierModel } from '../../src/model/classifier-model.js';
import { loadModelFolder } from '../../src/model/load-model-folder.js';
import { packageRoot } from '../../src/package-info.js';
import { sampleModelFolder } from '../../src/serving/locate-model.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';

const names = [
  ...Array.from({ length: 10 }, (_, digit) => `digit-${digit}.png`),
  'digit-7.jpg',
  'digit-4.gif',
  'digit-2.webp',
];
const pictures = names.map((name) => readFileSync(join(packageRoot, 'test/pictures', name)));

/** Pictures as the model takes them, made on this side of the network. */
async function tensorOf(files: readonly Buffer[], { processor }: ClassifierModel): Promise<Buffer> {
  const rows = await Promise.all(
    files.map(async (file) => {
      const image = await decodeImage(file);
      const plan = planPreprocessing(processor, image, { dtype: 'float32', layout: 'NCHW' });
      const row = new Uint8Array(3 * 28 * 28 * 4);
      preprocessReference(image.data, plan, row);
      return row;
    }),
  );
  return Buffer.concat(rows);
}

describe('the Open Inference Protocol, with a real model', () => {
  useDocumentedAnswers();
  const server = createServer({ port: 0, backend: 'onnxruntime' });
  let url: string;
  let tensor: Buffer;
  /** Of each picture, what the model gives for each class, by way of the labels. */
  let expected: number[];
  beforeAll(async () => {
    url = await server.listen();
    tensor = await tensorOf(pictures, await loadModelFolder(sampleModelFolder));
    const classified = await Promise.all(
      pictures.map(async (body) => {
        const answer = await fetch(`${url}/classify?top_k=10&function_to_apply=none`, { method: 'POST', body });
        return (await answer.json()) as { label: string; score: number }[];
      }),
    );
    expected = classified.flatMap((labels) =>
      labels.toSorted((a, b) => Number(a.label) - Number(b.label)).map(({ score }) => score),
    );
  });
  afterAll(() => server.close());
  const infer = ({ body, headers }: SentInference): Promise<Response> =>
    fetch(`${url}/v2/models/digits/infer`, { method: 'POST', body, headers });

  const ownInput = { name: 'pixel_values', datatype: 'FP32', shape: [pictures.length, 3, 28, 28] };
  const pictureInput = { name: 'image', datatype: 'BYTES', shape: [pictures.length] };
  const elements = bytesTensor(...pictures);
  const ways: [string, () => SentInference][] = [
    [
      'a tensor in JSON',
      () => {
        const data = Array.from(new Float32Array(new Uint8Array(tensor).buffer));
        return jsonInference({ inputs: [{ ...ownInput, data }] });
      },
    ],
    [
      'a binary tensor',
      () => binaryInference({ inputs: [{ ...ownInput, parameters: { binary_data_size: tensor.length } }] }, tensor),
    ],
    [
      'pictures in base64',
      () => jsonInference({ inputs: [{ ...pictureInput, data: pictures.map((file) => file.toString('base64')) }] }),
    ],
    [
      'pictures in binary',
      () =>
        binaryInference({ inputs: [{ ...pictureInput, parameters: { binary_data_size: elements.length } }] }, elements),
    ],
  ];

  it.each(ways)('gives for %s the scores that /classify gives', async (_, make) => {
    const scores = await scoresIn(await infer(make()));
    expect(scores).toHaveLength(expected.length);
    // Rows run in batches of other sizes, where the last bits of sums may differ.
    for (const [index, score] of scores.entries()) expect(score).toBeCloseTo(expected[index] as number, 3);
  });

  it('names the classes that /classify names', async () => {
    const parameters = { binary_data_size: tensor.length };
    const outputs = [{ name: 'logits', parameters: { classification: 1 } }];
    const { json } = await parseAnswer(
      await infer(binaryInference({ inputs: [{ ...ownInput, parameters }], outputs }, tensor)),
    );
    const labels = json.outputs[0]?.data?.map((text) => String(text).split(':')[2]);
    expect(labels).toEqual(names.map((name) => name.charAt('digit-'.length)));
  });

  it('turns scores into probabilities where it is asked to', async () => {
    const [file] = pictures as [Buffer];
    const input = { ...pictureInput, shape: [1], data: [file.toString('base64')] };
    const scores = await scoresIn(
      await infer(jsonInference({ inputs: [input], parameters: { function_to_apply: 'softmax' } })),
    );
    const labels = (await (await fetch(`${url}/classify?top_k=1`, { method: 'POST', body: file })).json()) as [
      { score: number },
    ];
    expect(Math.max(...scores)).toBeCloseTo(labels[0].score, 5);
    expect(scores.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  it('says which picture cannot be decoded, and answers the next request', async () => {
    const broken = (pictures[1] as Buffer).subarray(0, 200);
    const data = [pictures[0], broken, pictures[2]].map((file) => (file as Buffer).toString('base64'));
    const answer = await infer(jsonInference({ inputs: [{ ...pictureInput, shape: [3, 1], data }] }));
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { code: 'ERR_IMAGE_UNDECODABLE', error: expect.stringContaining('"image", element 1'), index: 1 },
    ]);
    const next = jsonInference({ inputs: [{ ...pictureInput, shape: [1], data: [data[0]] }] });
    expect((await infer(next)).status).toBe(200);
  });

  it('describes the model, and takes numbers that are none', async () => {
    const metadata = (await (await fetch(`${url}/v2/models/digits`)).json()) as object;
    expect(metadata).toMatchObject({
      inputs: [{ shape: [-1, 3, 28, 28] }, { name: 'image' }],
      outputs: [{ shape: [-1, 10] }],
    });
    const nothing = Buffer.alloc(3 * 28 * 28 * 4, 0xff);
    const input = { ...ownInput, shape: [1, 3, 28, 28], parameters: { binary_data_size: nothing.length } };
    const answer = await infer(binaryInference({ inputs: [input] }, nothing));
    expect(answer.status).toBe(200);
    const { outputs } = (await answer.json()) as AnswerJson;
    expect(outputs[0]?.data).toEqual(Array(10).fill(null));
  });
});

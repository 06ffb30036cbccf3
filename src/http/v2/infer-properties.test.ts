import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toFloat16Bits } from '../../image/float16.js';
import { scoresOf } from '../../serving/batching/fake-pictures.test-support.js';
import { FakeServing, testSignature } from '../fake-serving.test-support.js';
import { type RunningApp, startApp } from '../start-app.test-support.js';
import {
  binaryInference,
  bytesTensor,
  jsonInference,
  parseAnswer,
  type SentInference,
  scoresIn,
  textsIn,
} from './infer-request.test-support.js';

const ofDatatype = {
  FP32: {
    element: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    pack: (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer),
  },
  FP16: {
    element: fc.float({ noNaN: true, min: -1000, max: 1000 }).map((value) => value + 0),
    pack: (values: readonly number[]) => Buffer.from(Uint16Array.from(values, toFloat16Bits).buffer),
  },
  UINT8: {
    element: fc.integer({ min: 0, max: 255 }),
    pack: (values: readonly number[]) => Buffer.from(values),
  },
} as const;
const datatypes = ['FP32', 'FP16', 'UINT8'] as const;

describe('the infer route, whatever is sent', () => {
  let app: RunningApp;
  const servings = datatypes.map((datatype) => {
    const serving = new FakeServing(datatype);
    const bytes = ofDatatype[datatype].pack([1]).length;
    serving.signature = { ...testSignature, input: { ...testSignature.input, datatype, imageBytes: 12 * bytes } };
    serving.scorer = (picture) => scoresOf(picture, testSignature.output.classes);
    return serving;
  });
  beforeAll(async () => {
    app = await startApp(servings as [FakeServing, ...FakeServing[]]);
  });
  afterAll(() => app.stop());
  const infer = ({ body, headers }: SentInference, name: string): Promise<Response> =>
    fetch(`${app.url}/v2/models/${name}/infer`, { method: 'POST', body, headers });
  const nested = (values: readonly number[], sizes: readonly number[]): unknown => {
    const [, ...inner] = sizes;
    if (inner.length === 0) return values;
    const size = inner.reduce((product, of) => product * of, 1);
    return Array.from({ length: values.length / size }, (_, at) =>
      nested(values.slice(at * size, (at + 1) * size), inner),
    );
  };

  it.each(datatypes)('gives the same scores for the same %s tensor, flat, nested and binary', async (datatype) => {
    const { element, pack } = ofDatatype[datatype];
    const images = fc.integer({ min: 1, max: 4 });
    const tensors = images.chain((n) => fc.array(element, { minLength: 12 * n, maxLength: 12 * n }));
    await fc.assert(
      fc.asyncProperty(tensors, fc.boolean(), async (values, binaryOutput) => {
        const shape = [values.length / 12, 3, 2, 2];
        const bytes = pack(values);
        const described = { name: 'pixel_values', datatype, shape };
        const rest = { parameters: { binary_data_output: binaryOutput } };
        const sent = [
          jsonInference({ inputs: [{ ...described, data: values }], ...rest }),
          jsonInference({ inputs: [{ ...described, data: nested(values, shape) }], ...rest }),
          binaryInference(
            { inputs: [{ ...described, parameters: { binary_data_size: bytes.length } }], ...rest },
            bytes,
          ),
        ];
        const size = bytes.length / (values.length / 12);
        const expected = Array.from({ length: values.length / 12 }, (_, row) => [
          ...scoresOf(bytes.subarray(row * size, (row + 1) * size), 3),
        ]).flat();
        for (const one of sent) expect(await scoresIn(await infer(one, datatype))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('gives the same classes for the same pictures, in base64 and in binary, asked for in JSON and in binary', async () => {
    const pictures = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        pictures,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (files, classification, column) => {
          const elements = bytesTensor(...files);
          const described = { name: 'image', datatype: 'BYTES', shape: column ? [files.length, 1] : [files.length] };
          const data = files.map((file) => Buffer.from(file).toString('base64'));
          const answers = await Promise.all(
            [true, false].flatMap((binary) => {
              const outputs = [{ name: 'logits', parameters: { classification, binary_data: binary } }];
              const parameters = { binary_data_size: elements.length };
              return [
                infer(jsonInference({ inputs: [{ ...described, data }], outputs }), 'FP32'),
                infer(binaryInference({ inputs: [{ ...described, parameters }], outputs }, elements), 'FP32'),
              ];
            }),
          );
          const texts = await Promise.all(
            answers.map(async (answer) => {
              const { json, binary } = await parseAnswer(answer);
              return json.outputs[0]?.data ?? textsIn(binary);
            }),
          );
          expect(texts[0]).toHaveLength(files.length * classification);
          for (const other of texts) expect(other).toEqual(texts[0]);
        },
      ),
      { numRuns: 40 },
    );
  });

  const tensorBytes = ofDatatype.FP32.pack(Array.from({ length: 24 }, (_, index) => index));
  const pictureBytes = bytesTensor('one', 'another', '');
  const whole = [
    binaryInference(
      {
        id: 'x',
        inputs: [
          {
            name: 'pixel_values',
            datatype: 'FP32',
            shape: [2, 3, 2, 2],
            parameters: { binary_data_size: tensorBytes.length },
          },
        ],
        outputs: [{ name: 'logits', parameters: { binary_data: true } }],
      },
      tensorBytes,
    ),
    binaryInference(
      {
        inputs: [
          { name: 'image', datatype: 'BYTES', shape: [3, 1], parameters: { binary_data_size: pictureBytes.length } },
        ],
        parameters: { binary_data_output: true, timeout: 9e9 },
      },
      pictureBytes,
    ),
  ] as const;

  it('refuses every beginning of a binary body with 400', async () => {
    for (const { body, headers } of whole) {
      expect((await infer({ body, headers }, 'FP32')).status).toBe(200);
      for (let length = 0; length < body.length; length++) {
        const answer = await infer({ body: body.subarray(0, length), headers }, 'FP32');
        expect([length, answer.status, await answer.json()]).toMatchObject([
          length,
          400,
          { error: expect.any(String) },
        ]);
      }
    }
  });

  it('answers whatever is made of a binary body, and never with 5xx', async () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(8),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        fc.string({ maxLength: 8 }).map((text) => Buffer.from(text)),
      ),
    });
    const headerLength = fc.oneof(
      fc.constant(undefined),
      fc.nat(600).map(String),
      fc.string({ maxLength: 5, unit: fc.constantFrom(...'0123456789-+.e x') }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        fc.option(headerLength, { nil: 'as it is' }),
        async ({ body, headers }, edits, length) => {
          let mutated: Buffer<ArrayBuffer> = body;
          for (const { at, remove, insert } of edits) {
            const start = at % (mutated.length + 1);
            mutated = Buffer.concat([mutated.subarray(0, start), insert, mutated.subarray(start + remove)]);
          }
          const { 'Inference-Header-Content-Length': own, ...others } = headers;
          const announced = length === 'as it is' ? own : length?.trim();
          const answer = await infer(
            {
              body: mutated,
              headers: announced === undefined ? others : { ...others, 'Inference-Header-Content-Length': announced },
            },
            'FP32',
          );
          expect(answer.status).toSatisfy((status: number) => status === 200 || (status >= 400 && status < 500));
          if (answer.status !== 200) expect(await answer.json()).toMatchObject({ error: expect.any(String) });
          else await answer.arrayBuffer();
        },
      ),
      { numRuns: 400 },
    );
    for (const serving of servings) expect(serving.inFlight).toBe(0);
  });

  it('answers whatever JSON is sent, and never with 5xx', async () => {
    const names = fc.constantFrom('pixel_values', 'image', 'logits', 'x');
    const json = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.record(
        {
          id: fc.oneof(fc.string(), fc.jsonValue()),
          inputs: fc.array(
            fc.record(
              {
                name: names,
                datatype: fc.constantFrom('FP32', 'BYTES', 'UINT8', 'X'),
                shape: fc.oneof(fc.array(fc.integer({ min: -1, max: 4 })), fc.constant([1, 3, 2, 2]), fc.constant([1])),
                data: fc.oneof(
                  fc.array(fc.jsonValue({ maxDepth: 3 })),
                  fc.array(fc.base64String()),
                  fc.constant(Array(12).fill(1)),
                ),
                parameters: fc.dictionary(fc.constantFrom('binary_data_size', 'x'), fc.jsonValue()),
              },
              { requiredKeys: [] },
            ),
          ),
          outputs: fc.array(
            fc.record(
              {
                name: names,
                parameters: fc.dictionary(fc.constantFrom('classification', 'binary_data'), fc.jsonValue()),
              },
              { requiredKeys: [] },
            ),
          ),
          parameters: fc.dictionary(
            fc.constantFrom('timeout', 'priority', 'sequence_id', 'binary_data_output', 'y'),
            fc.jsonValue(),
          ),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const answer = await infer(jsonInference(value), 'FP32');
        expect(answer.status).toSatisfy((status: number) => status === 200 || (status >= 400 && status < 500));
        await answer.arrayBuffer();
      }),
      { numRuns: 400 },
    );
  });
});

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import type { ClientTensor } from '../../serving/client-tensor.js';
import { FakeServing, scored, testSignature, unloadedByHand, when } from '../fake-serving.test-support.js';
import { type RunningApp, startApp } from '../start-app.test-support.js';
import {
  type AnswerJson,
  binaryInference,
  bytesTensor,
  jsonInference,
  parseAnswer,
  type SentInference,
  textsIn,
} from './infer-request.test-support.js';

const numbers = Array.from({ length: 12 }, (_, index) => index / 8 - 0.5);
const asFloats = (values: readonly number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const tensorInput = { name: 'pixel_values', datatype: 'FP32', shape: [1, 3, 2, 2] };
const pictureInput = { name: 'image', datatype: 'BYTES', shape: [1] };
const tensor = { ...tensorInput, data: numbers };
/** What was asked of the serving first. */
function subjectIn({ scorings: [first] }: FakeServing): ClientTensor | readonly Uint8Array[] {
  if (first === undefined) throw new Error('Nothing was asked of the serving.');
  return first.subject;
}
const tensorIn = (serving: FakeServing): ClientTensor => subjectIn(serving) as ClientTensor;
const picturesIn = (serving: FakeServing): readonly Uint8Array[] => subjectIn(serving) as readonly Uint8Array[];
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the infer route', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(serving = new FakeServing(), options: Parameters<typeof startApp>[1] = {}) {
    const app = await startApp([serving], options);
    open.push(app);
    const infer = (
      { body, headers }: SentInference,
      path = '/v2/models/cats/infer',
      more: Record<string, string> = {},
    ): Promise<Response> => fetch(app.url + path, { method: 'POST', body, headers: { ...headers, ...more } });
    /** Sends it, and has it answered with these scores for each picture. */
    const answered = async (
      sent: SentInference,
      rows: readonly (readonly number[])[] = [[0.5, 2, -1]],
      headers = {},
    ) => {
      const before = serving.scorings.length;
      const answer = infer(sent, undefined, headers);
      await when(serving, () => serving.scorings.length > before);
      serving.scorings[before]?.resolve(rows.map(scored));
      return await answer;
    };
    return { app, serving, infer, answered };
  }
  const expectRefusal = async (answer: Response, status: number, code: string, named: string | RegExp) => {
    const body = (await answer.json()) as AnswerJson;
    expect([answer.status, body]).toMatchObject([status, { code, error: expect.stringMatching(named) }]);
  };

  it('takes null for nothing, as clients send it for what was not set', async () => {
    const { answered } = await start();
    const unset = { id: null, parameters: null, outputs: null };
    const answer = await answered(jsonInference({ ...unset, inputs: [{ ...tensor, parameters: null }] }));
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([
      200,
      ['model_name', 'model_version', 'outputs'],
    ]);
    const parameters = { timeout: null, function_to_apply: null, binary_data_output: null };
    const input = { ...tensor, parameters: { binary_data_size: null } };
    const outputs = [{ name: 'logits', parameters: { classification: null, binary_data: null } }];
    expect((await answered(jsonInference({ parameters, inputs: [input], outputs }))).status).toBe(200);
  });

  it('hands a JSON tensor over as bytes, and answers in JSON, with the id of the request', async () => {
    const { serving, answered } = await start();
    const answer = await answered(jsonInference({ id: 'a-1', model_name: 'cats', inputs: [tensor] }));
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.headers.has('Inference-Header-Content-Length')).toBe(false);
    expect(await answer.json()).toEqual({
      model_name: 'cats',
      model_version: '1',
      id: 'a-1',
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [1, 3], data: [0.5, 2, -1] }],
    });
    const { bytes, ...described } = tensorIn(serving);
    expect(described).toEqual(tensorInput);
    expect(Buffer.from(bytes)).toEqual(asFloats(numbers));
    await when(serving, () => serving.inFlight === 0);
  });

  it('answers without an id where none was given', async () => {
    const { answered } = await start();
    expect(await (await answered(jsonInference({ inputs: [tensor] }))).json()).not.toHaveProperty('id');
  });

  it.each([
    ['flat', numbers],
    [
      'nested',
      [
        [
          [numbers.slice(0, 2), numbers.slice(2, 4)],
          [numbers.slice(4, 6), numbers.slice(6, 8)],
          [numbers.slice(8, 10), numbers.slice(10)],
        ],
      ],
    ],
  ])('takes %s data', async (_, data) => {
    const { serving, answered } = await start();
    await answered(jsonInference({ inputs: [{ ...tensorInput, data }] }));
    expect(Buffer.from(tensorIn(serving).bytes)).toEqual(asFloats(numbers));
  });

  it('takes a binary tensor, and answers in binary where that is asked for', async () => {
    const { serving, answered } = await start();
    const shape = [2, 3, 2, 2];
    const sent = binaryInference(
      {
        inputs: [{ ...tensorInput, shape, parameters: { binary_data_size: 96 } }],
        parameters: { binary_data_output: true },
      },
      asFloats([...numbers, Number.NaN, ...numbers.slice(1)]),
    );
    const answer = await answered(sent, [
      [1, 2, 3],
      [Number.NaN, Number.POSITIVE_INFINITY, 0.1],
    ]);
    expect(answer.headers.get('Content-Type')).toBe('application/octet-stream');
    const { json, binary } = await parseAnswer(answer);
    expect(json.outputs).toEqual([
      { name: 'logits', datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: 24 } },
    ]);
    expect(binary).toEqual(asFloats([1, 2, 3, Number.NaN, Number.POSITIVE_INFINITY, 0.1]));
    expect(serving.scorings[0]?.images).toBe(2);
  });

  it('has JSON stay JSON where scores are not finite', async () => {
    const { answered } = await start();
    const answer = await answered(jsonInference({ inputs: [tensor] }), [[Number.NaN, Number.NEGATIVE_INFINITY, 1]]);
    expect(((await answer.json()) as AnswerJson).outputs[0]?.data).toEqual([null, null, 1]);
  });

  it.each([
    ['the output', { outputs: [{ name: 'logits', parameters: { binary_data: true } }] }, true],
    ['the request', { outputs: [{ name: 'logits' }], parameters: { binary_data_output: true } }, true],
    [
      'the output rather than the request',
      { outputs: [{ name: 'logits', parameters: { binary_data: false } }], parameters: { binary_data_output: true } },
      false,
    ],
    ['nobody', { outputs: [] }, false],
  ])('answers in binary as %s says', async (_, fields, isBinary) => {
    const { answered } = await start();
    const answer = await answered(jsonInference({ inputs: [tensor], ...fields }));
    expect(answer.headers.has('Inference-Header-Content-Length')).toBe(isBinary);
    const { json, binary } = await parseAnswer(answer);
    expect([json.outputs[0]?.shape, binary.length]).toEqual([[1, 3], isBinary ? 12 : 0]);
  });

  it.each([
    [{ classification: 2 }, ['2:1:dog: a big one', '0.5:0:cat']],
    [{ classification: 9 }, ['2:1:dog: a big one', '0.5:0:cat', '-1:2:bird']],
  ])('names the best classes: %j', async (parameters, texts) => {
    const { answered } = await start();
    const ask = (more: object): SentInference =>
      jsonInference({ inputs: [tensor], outputs: [{ name: 'logits', parameters: { ...parameters, ...more } }] });
    const inJson = await parseAnswer(await answered(ask({})));
    expect(inJson.json.outputs).toEqual([{ name: 'logits', datatype: 'BYTES', shape: [1, texts.length], data: texts }]);
    const inBinary = await parseAnswer(await answered(ask({ binary_data: true })));
    expect(inBinary.json.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [1, texts.length] });
    expect(inBinary.json.outputs[0]?.parameters?.binary_data_size).toBe(inBinary.binary.length);
    expect(textsIn(inBinary.binary)).toEqual(texts);
  });

  it.each([
    ['[n]', [2], [base64('one'), base64('two')]],
    ['[n, 1], nested', [2, 1], [[base64('one')], [base64('two')]]],
    ['[n, 1], flat', [2, 1], [base64('one'), base64('two')]],
  ])('takes encoded pictures as base64 in JSON: %s', async (_, shape, data) => {
    const { serving, answered } = await start();
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const answer = await answered(jsonInference({ inputs: [{ ...pictureInput, shape, data }] }), rows);
    expect(((await answer.json()) as AnswerJson).outputs[0]).toMatchObject({ shape: [2, 3], data: rows.flat() });
    expect(picturesIn(serving).map(String)).toEqual(['one', 'two']);
  });

  it('takes encoded pictures in binary', async () => {
    const { serving, answered } = await start();
    const elements = bytesTensor('one', '', 'three');
    const input = { ...pictureInput, shape: [3], parameters: { binary_data_size: elements.length } };
    await answered(binaryInference({ inputs: [input] }, elements), [[1], [2], [3]]);
    expect(picturesIn(serving).map(String)).toEqual(['one', '', 'three']);
  });

  it('calls pictures something else where the model has that name for its own', async () => {
    const serving = new FakeServing();
    serving.signature = { ...testSignature, input: { ...testSignature.input, name: 'image' } };
    const { answered, infer } = await start(serving);
    await answered(jsonInference({ inputs: [{ ...pictureInput, name: 'encoded_image', data: ['AAAA'] }] }));
    expect(serving.scorings[0]?.subject).toEqual([Buffer.from([0, 0, 0])]);
    await expectRefusal(
      await infer(jsonInference({ inputs: [{ ...pictureInput, data: ['AAAA'] }] })),
      400,
      'ERR_PARAMETER_INVALID',
      /"image".*FP32/,
    );
  });

  it.each([
    ['UINT8', [0, 255, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 12],
    ['FP16', [1, -2, 0.5, 65504, 0, 0, 0, 0, 0, 0, 0, 1], 24],
  ] as const)('takes %s in JSON where the model does', async (datatype, data, imageBytes) => {
    const serving = new FakeServing();
    serving.signature = { ...testSignature, input: { ...testSignature.input, datatype, imageBytes } };
    const { answered } = await start(serving);
    await answered(jsonInference({ inputs: [{ ...tensorInput, datatype, data }] }));
    const { bytes } = tensorIn(serving);
    const expected = datatype === 'UINT8' ? [0, 255, 7] : [0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38, 0xff, 0x7b];
    expect([...bytes.subarray(0, expected.length), bytes.length]).toEqual([...expected, imageBytes]);
  });

  it.each([
    [{}, undefined],
    [{ function_to_apply: 'softmax' }, 'softmax'],
    [{ function_to_apply: 'none', priority: 7, sequence_id: 0, anything: 'else' }, 'none'],
  ])('passes on what is to be applied to the scores: %j', async (parameters, functionToApply) => {
    const { serving, answered } = await start();
    expect((await answered(jsonInference({ inputs: [tensor], parameters }))).status).toBe(200);
    expect(serving.scorings[0]?.options.functionToApply).toBe(functionToApply);
  });

  it.each<[string, unknown, string | RegExp]>([
    ['no inputs', {}, 'inputs'],
    ['an empty list of inputs', { inputs: [] }, 'inputs'],
    ['an unknown input', { inputs: [{ ...tensor, name: 'pixels' }] }, /"pixels".*"pixel_values" or "image"/],
    ['both ways in', { inputs: [tensor, { ...pictureInput, data: ['AAAA'] }] }, /"image".*one input/],
    ['an input twice', { inputs: [tensor, tensor] }, /"pixel_values".*already/],
    ['another datatype', { inputs: [{ ...tensor, datatype: 'FP64' }] }, /"pixel_values".*FP64.*FP32/],
    ['no datatype that there is', { inputs: [{ ...tensor, datatype: 'FP31' }] }, 'inputs.0.datatype'],
    [
      'another shape',
      { inputs: [{ ...tensor, shape: [1, 2, 2, 3] }] },
      /"pixel_values".*\[1, 2, 2, 3\].*\[n, 3, 2, 2\]/,
    ],
    ['a shape without the batch', { inputs: [{ ...tensor, shape: [3, 2, 2] }] }, /"pixel_values".*shape/],
    ['no picture', { inputs: [{ ...tensor, shape: [0, 3, 2, 2], data: [] }] }, /"pixel_values".*at least 1/],
    ['a negative shape', { inputs: [{ ...tensor, shape: [-1, 3, 2, 2] }] }, 'inputs.0.shape.0'],
    ['a shape of text', { inputs: [{ ...tensor, shape: '1' }] }, 'inputs.0.shape'],
    ['too little data', { inputs: [{ ...tensor, data: [1] }] }, /"pixel_values".*1 elements.*12/],
    ['data nested in another way', { inputs: [{ ...tensor, data: [numbers] }] }, /"pixel_values".*dimension 1.*3/],
    ['data that is none', { inputs: [{ ...tensor, data: 7 }] }, /"pixel_values".*array/],
    ['data with texts', { inputs: [{ ...tensor, data: [...numbers.slice(1), '1'] }] }, /"pixel_values".*element 11/],
    ['neither data nor a size', { inputs: [tensorInput] }, /"pixel_values".*neither/],
    [
      'a size without the header',
      { inputs: [{ ...tensorInput, parameters: { binary_data_size: 48 } }] },
      /"pixel_values".*Inference-Header-Content-Length/,
    ],
    ['data and a size', { inputs: [{ ...tensor, parameters: { binary_data_size: 48 } }] }, /"pixel_values".*both/],
    ['shared memory', { inputs: [{ ...tensorInput, parameters: { shared_memory_region: 'r' } }] }, /shared memory/],
    ['pictures that are numbers', { inputs: [{ ...pictureInput, data: [7] }] }, /"image".*element 0/],
    ['pictures that are no base64', { inputs: [{ ...pictureInput, data: ['a%b='] }] }, /"image".*element 0.*base64/],
    ['pictures of another datatype', { inputs: [{ ...pictureInput, datatype: 'UINT8', data: [7] }] }, /"image".*BYTES/],
    [
      'pictures of another shape',
      { inputs: [{ ...pictureInput, shape: [1, 2], data: ['AAAA'] }] },
      /"image".*\[n\] or \[n, 1\]/,
    ],
    ['an unknown output', { inputs: [tensor], outputs: [{ name: 'probs' }] }, /"probs".*"logits"/],
    ['an output twice', { inputs: [tensor], outputs: [{ name: 'logits' }, { name: 'logits' }] }, /"logits".*once/],
    [
      'a number of classes that is none',
      { inputs: [tensor], outputs: [{ name: 'logits', parameters: { classification: 1.5 } }] },
      'classification',
    ],
    [
      'a function that there is not',
      { inputs: [tensor], parameters: { function_to_apply: 'relu' } },
      'function_to_apply',
    ],
    ['a timeout that is none', { inputs: [tensor], parameters: { timeout: -1 } }, 'timeout'],
    [
      'a sequence',
      { inputs: [tensor], parameters: { sequence_id: 3, sequence_start: true, sequence_end: false } },
      /sequence_id.*not supported/,
    ],
    ['an id that is no text', { id: 7, inputs: [tensor] }, 'id'],
  ])('refuses %s, and names it', async (_, json, named) => {
    const { serving, infer } = await start();
    await expectRefusal(await infer(jsonInference(json)), 400, 'ERR_PARAMETER_INVALID', named);
    expect(serving.scorings).toHaveLength(0);
    await when(serving, () => serving.inFlight === 0);
  });

  it.each([
    ['not JSON', Buffer.from('{"inputs"'), {}, 'ERR_REQUEST_INVALID', 'JSON'],
    ['empty', Buffer.alloc(0), {}, 'ERR_REQUEST_INVALID', 'JSON'],
    ['JSON of another kind', Buffer.from('[]'), {}, 'ERR_PARAMETER_INVALID', 'object'],
    [
      'shorter than its JSON',
      Buffer.from('{}'),
      { 'Inference-Header-Content-Length': '9' },
      'ERR_REQUEST_INVALID',
      '9 bytes',
    ],
    [
      'of a JSON of no length',
      Buffer.from('{}'),
      { 'Inference-Header-Content-Length': 'x' },
      'ERR_PARAMETER_INVALID',
      'Inference-Header-Content-Length',
    ],
    [
      'without JSON',
      Buffer.from('{}'),
      { 'Inference-Header-Content-Length': '0' },
      'ERR_PARAMETER_INVALID',
      'without JSON',
    ],
    ['nested without end', Buffer.from('{"inputs":'.padEnd(200_000, '[')), {}, 'ERR_REQUEST_INVALID', 'JSON'],
  ])('refuses a body that is %s', async (_, body, headers, code, named) => {
    const { infer } = await start();
    await expectRefusal(await infer({ body, headers: headers as Record<string, string> }), 400, code, named);
  });

  it.each([
    [
      'too few bytes',
      { ...tensorInput, parameters: { binary_data_size: 48 } },
      Buffer.alloc(47),
      /"pixel_values".*48.*47/,
    ],
    [
      'too many bytes',
      { ...tensorInput, parameters: { binary_data_size: 48 } },
      Buffer.alloc(49),
      /"pixel_values".*48.*49/,
    ],
    [
      'a size that the shape has not',
      { ...tensorInput, parameters: { binary_data_size: 47 } },
      Buffer.alloc(47),
      /"pixel_values".*47 bytes.*48/,
    ],
    ["bytes that are nobody's", tensor, Buffer.alloc(3), /"pixel_values".*3 bytes/],
    [
      'a picture that is cut off',
      { ...pictureInput, parameters: { binary_data_size: 5 } },
      Buffer.from([2, 0, 0, 0, 7]),
      /"image".*element 0.*2 bytes; 1/,
    ],
    [
      'a length that is cut off',
      { ...pictureInput, parameters: { binary_data_size: 3 } },
      Buffer.from([2, 0, 0]),
      /"image".*after 0 of 1/,
    ],
    [
      'a picture too many',
      { ...pictureInput, parameters: { binary_data_size: 9 } },
      bytesTensor('a', ''),
      /"image".*4 bytes are left/,
    ],
  ])('refuses %s after the JSON', async (_, input, bytes, named) => {
    const { infer } = await start();
    await expectRefusal(await infer(binaryInference({ inputs: [input] }, bytes)), 400, 'ERR_PARAMETER_INVALID', named);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('takes bodies that are packed, whose JSON is as long as it is before that: %s', async (coding, pack) => {
    const { serving, answered } = await start();
    const input = { ...tensorInput, parameters: { binary_data_size: 48 } };
    const { body, headers } = binaryInference({ inputs: [input] }, asFloats(numbers));
    const packed = { body: pack(body), headers: { ...headers, 'Content-Encoding': coding } };
    expect((await answered(packed)).status).toBe(200);
    expect(Buffer.from(tensorIn(serving).bytes)).toEqual(asFloats(numbers));
  });

  it('bounds the pictures of a request, of either kind', async () => {
    const { infer } = await start(new FakeServing(), { maxImages: 2 });
    for (const input of [
      { ...tensorInput, shape: [3, 3, 2, 2], data: [...numbers, ...numbers, ...numbers] },
      { ...pictureInput, shape: [1e12], data: [] },
    ]) {
      await expectRefusal(await infer(jsonInference({ inputs: [input] })), 413, 'ERR_TOO_MANY_IMAGES', input.name);
    }
  });

  it('admits as many pictures as there are, and the bytes that unpacking takes', async () => {
    const { serving, infer } = await start();
    const sent = jsonInference({ inputs: [{ ...pictureInput, shape: [2], data: [base64('one'), base64('four')] }] });
    const answer = infer(sent);
    await when(serving, () => serving.scorings.length === 1);
    expect([serving.inFlight, serving.bytes]).toEqual([2, [sent.body.length + 7]]);
    serving.scorings[0]?.resolve([scored([1]), scored([2])]);
    await answer;
    await when(serving, () => serving.inFlight === 0);
    serving.roomImages = 1;
    await expectRefusal(await infer(sent), 429, 'ERR_QUEUE_FULL', 'Full');
  });

  it('says which picture an error is of', async () => {
    const { serving, infer } = await start();
    const answer = infer(jsonInference({ inputs: [{ ...pictureInput, data: ['AAAA'] }] }));
    await when(serving, () => serving.scorings.length === 1);
    serving.scorings[0]?.reject(new HornetError('ERR_IMAGE_UNDECODABLE', 'No end.', { details: { index: 4 } }));
    expect([(await answer).status, await (await answer).json()]).toMatchObject([
      422,
      { code: 'ERR_IMAGE_UNDECODABLE', error: 'Input "image", element 4: No end.', index: 4, input: 'image' },
    ]);
  });

  it('has the request end when its own timeout is over, in microseconds', async () => {
    const { infer } = await start();
    const answer = await infer(jsonInference({ inputs: [tensor], parameters: { timeout: 500 } }));
    await expectRefusal(answer, 504, 'ERR_DEADLINE_EXCEEDED', '0.5 ms');
  });

  it('takes a timeout of 0 for none, and a long one for nothing new', async () => {
    const { answered } = await start();
    for (const timeout of [0, 1e15]) {
      expect((await answered(jsonInference({ inputs: [tensor], parameters: { timeout } }))).status).toBe(200);
    }
  });

  it.each([
    [unloadedByHand, 409],
    [new HornetError('ERR_QUEUE_FULL', 'Full.'), 429],
    [new HornetError('ERR_GPU_MISSING', 'None.'), 500],
  ])('answers a refusal as its code says, before the body is there: %s', async (refusal, status) => {
    const serving = new FakeServing();
    serving.refusal = refusal;
    const { app } = await start(serving);
    const request = httpRequest(`${app.url}/v2/models/cats/infer`, {
      method: 'POST',
      headers: { 'Content-Length': 5000 },
    });
    request.on('error', () => {}).flushHeaders();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(status);
    request.destroy();
  });

  it('refuses a body that is too long, a version and a model that there are not', async () => {
    const { infer } = await start(new FakeServing(), { maxBodyBytes: 100 });
    const sent = jsonInference({ inputs: [{ ...tensor, data: numbers }] });
    await expectRefusal(await infer(sent), 413, 'ERR_IMAGE_TOO_LARGE', '100');
    await expectRefusal(
      await infer(sent, '/v2/models/cats/versions/2/infer'),
      404,
      'ERR_SERVING_NOT_FOUND',
      'version "2"',
    );
    await expectRefusal(await infer(sent, '/v2/models/dogs/infer'), 404, 'ERR_SERVING_NOT_FOUND', 'dogs');
  });

  it('holds a request for a model that is loading, and answers 503 with its state when that takes too long', async () => {
    const serving = new FakeServing('cats', 'building');
    const { infer } = await start(serving, { loadingWaitMs: 1 });
    const answer = await infer(jsonInference({ inputs: [tensor] }));
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'ERR_SERVING_LOADING', state: 'building' },
    ]);
  });

  it('has a model loaded that is not, and answers when it is', async () => {
    const serving = new FakeServing('cats', 'unloaded', 'on-demand');
    const { answered } = await start(serving);
    const answer = answered(jsonInference({ inputs: [tensor] }));
    await when(serving, () => serving.loads.length === 1);
    serving.enter('ready');
    serving.loads[0]?.resolve();
    expect((await answer).status).toBe(200);
  });

  it('aborts the work for a client that goes away, and frees its places', async () => {
    const serving = new FakeServing();
    const { app } = await start(serving);
    const gone = new AbortController();
    const { body, headers } = jsonInference({ inputs: [tensor] });
    const answer = fetch(`${app.url}/v2/models/cats/infer`, { method: 'POST', body, headers, signal: gone.signal });
    await when(serving, () => serving.scorings.length === 1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    await when(serving, () => serving.inFlight === 0);
    expect(serving.scorings[0]?.options.signal?.reason).toMatchObject({ code: 'ERR_CANCELLED' });
  });
});

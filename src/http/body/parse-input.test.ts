import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import { packageRoot } from '../../package-info.js';
import type { ClassifyInput } from './classify-input.js';
import { parseInput } from './parse-input.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));
const base64 = picture.toString('base64');
const files = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 6 });

async function parse(body: Buffer | string, contentType?: string, maxImages = 8): Promise<ClassifyInput> {
  return parseInput(Buffer.from(body), contentType, { maxImages });
}
const json = (value: unknown): Promise<ClassifyInput> => parse(JSON.stringify(value));
const shown = ({ images, ...rest }: ClassifyInput): unknown => ({
  ...rest,
  images: images.map(({ bytes }) => bytes.toString('base64')),
});
async function failure(work: Promise<unknown>): Promise<HornetError> {
  const error = await work.then(
    () => new Error('was taken'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof HornetError) return error;
  throw error;
}

interface Part {
  readonly name: string;
  readonly value: Uint8Array | string;
  readonly headers?: string;
}
/** A form as clients write it. */
function form(parts: readonly Part[], boundary = 'boundary'): Buffer {
  const pieces = parts.flatMap(({ name, value, headers = '; filename="x"\r\nContent-Type: image/png' }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${headers}\r\n\r\n`),
    Buffer.from(value as Uint8Array),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}
const field = (name: string, value: string): Part => ({ name, value, headers: '' });
const formType = 'multipart/form-data; boundary=boundary';

describe('parseInput', () => {
  it('takes an image as it is, without a copy', async () => {
    const body = Buffer.from(picture);
    const { images, isList } = await parseInput(body, 'application/x-www-form-urlencoded', { maxImages: 1 });
    expect(isList).toBe(false);
    expect(images[0]?.bytes).toBe(body);
  });

  it.each([
    ['bare base64', base64],
    ['bare base64 after a byte order mark', `\ufeff${base64}\n`],
    ['a data: URL', `data:image/png;base64,${base64}`],
    ['JSON', JSON.stringify({ inputs: base64 })],
    ['JSON with a data: URL', JSON.stringify({ inputs: `data:image/png;base64,${base64}` })],
    ['JSON after a byte order mark', `\ufeff ${JSON.stringify({ inputs: base64 })}`],
    ['JSON with nulls', JSON.stringify({ inputs: base64, parameters: { top_k: null, function_to_apply: null } })],
    [
      'JSON without parameters',
      JSON.stringify({ inputs: base64, parameters: null, options: { wait_for_model: true } }),
    ],
  ])('takes one image in %s', async (_, body) => {
    expect(shown(await parse(body))).toEqual({ images: [base64], isList: false, parameters: {} });
  });

  it('takes parameters and lists in JSON, also a list of one', async () => {
    const input = await json({ inputs: [base64], parameters: { top_k: 2, function_to_apply: 'sigmoid' } });
    expect(shown(input)).toEqual({
      images: [base64],
      isList: true,
      parameters: { top_k: 2, function_to_apply: 'sigmoid' },
    });
    expect((await json({ inputs: [base64, base64] })).images.map((image) => image.field)).toEqual([
      'inputs[0]',
      'inputs[1]',
    ]);
  });

  it.each([
    ['no JSON', '{"inputs": ', 'ERR_REQUEST_INVALID', /not JSON/],
    ['a list', '[]', 'ERR_REQUEST_INVALID', /"inputs"/],
    ['a text', '"aGk="', 'ERR_REQUEST_INVALID', /"inputs"/],
    ['no inputs', '{}', 'ERR_PARAMETER_INVALID', /inputs: Required/],
    ['inputs of another kind', '{"inputs": 5}', 'ERR_PARAMETER_INVALID', /inputs: Expected/],
    ['an empty list', '{"inputs": []}', 'ERR_PARAMETER_INVALID', /inputs: .*1 items/],
    ['a list of other things', '{"inputs": [null]}', 'ERR_PARAMETER_INVALID', /inputs: Expected/],
    ['an unknown parameter', '{"inputs": "", "parameters": {"topk": 1}}', 'ERR_PARAMETER_INVALID', /"topk"/],
    ['a parameter in the wrong place', '{"inputs": "", "top_k": 1}', 'ERR_PARAMETER_INVALID', /top_k.*"parameters"/],
    [
      'a number out of range',
      '{"inputs": "", "parameters": {"top_k": 0}}',
      'ERR_PARAMETER_INVALID',
      /parameters.top_k/,
    ],
    ['a number as text', '{"inputs": "", "parameters": {"top_k": "3"}}', 'ERR_PARAMETER_INVALID', /parameters.top_k/],
    [
      'an unknown function',
      '{"inputs": "", "parameters": {"function_to_apply": "relu"}}',
      'ERR_PARAMETER_INVALID',
      /function_to_apply/,
    ],
    ['an empty image', '{"inputs": ""}', 'ERR_BODY_EMPTY', /^inputs: /],
  ] as const)('refuses JSON with %s', async (_, body, code, message) => {
    const error = await failure(parse(body));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('tells which of a list is no image in base64', async () => {
    const error = await failure(json({ inputs: [base64, base64, 'no base64!'] }));
    expect(error.message).toBe('inputs[2]: It is not base64.');
    expect(error.details).toEqual({ field: 'inputs[2]', index: 2 });
  });

  // Each took from seconds to a minute, or all memory, where it was looked at piece by piece.
  it.each([
    ['a list of millions', `{"inputs": [${'1,'.repeat(2_000_000)}1]}`, undefined, 'ERR_TOO_MANY_IMAGES'],
    [
      'lists in lists',
      `{"inputs": ${'['.repeat(4_000_000)}${']'.repeat(4_000_000)}}`,
      undefined,
      'ERR_TOO_MANY_IMAGES',
    ],
    [
      'a form of empty parts',
      '--b\r\n\r\n\r\n'.repeat(800_000),
      'multipart/form-data; boundary=b',
      'ERR_REQUEST_INVALID',
    ],
    ['white space', `data:;base64,${'YQ '.repeat(2_000_000)}!`, undefined, 'ERR_PARAMETER_INVALID'],
  ])('refuses %s without looking at each', async (_, body, type, code) => {
    expect((await failure(parse(body, type))).code).toBe(code);
  });

  it('tells no more of what is wrong than anybody wants to read', async () => {
    const parameters = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`unknown${index}`, 1]));
    const error = await failure(json({ inputs: base64, parameters }));
    expect(error.code).toBe('ERR_PARAMETER_INVALID');
    expect(error.message.length).toBeLessThan(400);
  });

  it('gives the files of a form, whatever is in them, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.string({ minLength: 1, maxLength: 20 }), async (contents, text) => {
        const boundary = `b${Buffer.from(text).toString('hex')}`.slice(0, 70);
        const body = form(
          contents.map((value, index) => ({ name: `file${index}`, value })),
          boundary,
        );
        const { images, isList } = await parse(body, `multipart/form-data; boundary="${boundary}"`);
        expect(images.map(({ bytes }) => Buffer.from(bytes))).toEqual(contents.map((content) => Buffer.from(content)));
        expect(images.map((image) => image.field)).toEqual(contents.map((_, index) => `file${index}`));
        expect(isList).toBe(contents.length > 1);
      }),
    );
  });

  it('gives the files of a form that fetch has written', async () => {
    const contents = new FormData();
    contents.append('photos', new Blob([picture]), 'a "b".png');
    contents.append('top_k', '3');
    contents.append('photos', new Blob([picture.subarray(8)], { type: 'image/png' }));
    const request = new Request('http://localhost', { method: 'POST', body: contents });
    const body = Buffer.from(await request.arrayBuffer());
    const input = await parse(body, request.headers.get('Content-Type') ?? '');
    expect(shown(input)).toEqual({
      images: [base64, picture.toString('base64', 8)],
      isList: true,
      parameters: { top_k: 3 },
    });
    expect(input.images.map((image) => image.field)).toEqual(['photos', 'photos']);
  });

  it('takes parameters from the fields of a form, those left empty as not given', async () => {
    const parts = [field('top_k', '2'), { name: 'file', value: picture }, field('function_to_apply', '')];
    const input = await parse(form(parts), formType);
    expect(shown(input)).toEqual({ images: [base64], isList: false, parameters: { top_k: 2 } });
  });

  it.each([
    ['an unknown field', [field('topk', '2'), { name: 'file', value: 'x' }], 'ERR_PARAMETER_INVALID', /"topk"/],
    [
      'a value that is not allowed',
      [field('top_k', 'x'), { name: 'file', value: 'x' }],
      'ERR_PARAMETER_INVALID',
      /top_k/,
    ],
    ['a field twice', [field('top_k', '1'), field('top_k', '2')], 'ERR_PARAMETER_INVALID', /top_k: .*once/],
    ['a long field', [field('top_k', '1'.repeat(300))], 'ERR_PARAMETER_INVALID', /top_k: .*256/],
    [
      'too many fields',
      Array.from({ length: 20 }, (_, index) => field(`f${index}`, '1')),
      'ERR_REQUEST_INVALID',
      /fields/,
    ],
    ['no file', [field('top_k', '1')], 'ERR_BODY_EMPTY', /no file/],
    ['too many files', new Array<Part>(9).fill({ name: 'file', value: 'x' }), 'ERR_TOO_MANY_IMAGES', /more than 8/],
  ] as const)('refuses a form with %s', async (_, parts, code, message) => {
    const error = await failure(parse(form(parts), formType));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it.each([undefined, 'image/png', 'multipart/form-data'])(
    'refuses a form whose Content-Type is %s, saying that it lacks the boundary',
    async (type) => {
      const error = await failure(parse(form([{ name: 'file', value: picture }]), type));
      expect([error.code, error.message]).toEqual(['ERR_REQUEST_INVALID', expect.stringMatching(/boundary/)]);
    },
  );

  it('takes what is cut off anywhere, or refuses it, but never waits for the rest', async () => {
    const small = Buffer.from(picture.subarray(0, 40));
    const whole: readonly (readonly [Buffer, string | undefined])[] = [
      [form([field('top_k', '2'), { name: 'a', value: small }, { name: 'b', value: 'text' }]), formType],
      [Buffer.from(JSON.stringify({ inputs: [small.toString('base64')], parameters: { top_k: 2 } })), undefined],
      [Buffer.from(`data:image/png;base64,${small.toString('base64')}`), undefined],
    ];
    for (const [body, type] of whole) {
      for (let length = 0; length <= body.length; length++) {
        const outcome = await parse(body.subarray(0, length), type).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ status: 400 });
      }
    }
  });

  it('takes or refuses whatever comes', async () => {
    const types = fc.constantFrom(undefined, formType, 'application/json', 'image/png');
    const beginnings = fc.constantFrom('', '{"inputs":', '--boundary\r\n', 'data:', 'iVBORw0KGgo', '\ufeff');
    await fc.assert(
      fc.asyncProperty(beginnings, fc.uint8Array({ maxLength: 200 }), types, async (beginning, rest, type) => {
        const body = Buffer.concat([Buffer.from(beginning), rest]);
        const outcome = await parse(body, type).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ status: 400 });
      }),
      { numRuns: 500 },
    );
  });
});

// Bodies.
import { bombs, costly, zipBombs } from './pictures.mjs';
import { digit, noise, pick, post, sized, upTo } from './write-request.mjs';

/** @import { Attack } from './attacks.mjs' */

/** @type {readonly Attack[]} */
export const bodyAttacks = [
  {
    name: 'a truncated body',
    weight: 4,
    make: (random) => {
      const [head = '', body] = sized(digit);
      const cut = Buffer.from(/** @type {Buffer} */ (body)).subarray(0, upTo(random, digit.length - 1));
      return { parts: [head, cut], leave: pick(random, ['half', 'break']) };
    },
  },
  {
    name: 'a truncated picture',
    weight: 3,
    make: (random) => ({ parts: sized(digit.subarray(0, upTo(random, digit.length - 1))) }),
  },
  {
    name: 'a picture with wrong bytes',
    weight: 3,
    make: (random) => {
      const bytes = Buffer.from(digit);
      for (let count = 1 + upTo(random, 8); count > 0; count--)
        bytes[8 + upTo(random, bytes.length - 9)] = upTo(random, 255);
      return { parts: sized(bytes) };
    },
  },
  {
    name: 'a picture that is a bomb',
    weight: 8,
    make: (random) => ({ parts: sized(pick(random, Object.values(bombs))) }),
  },
  { name: 'a picture that is much work', make: (random) => ({ parts: sized(pick(random, Object.values(costly))) }) },
  {
    name: 'a body that unpacks to far more',
    weight: 2,
    make: (random) => {
      const coding = pick(random, ['gzip', 'deflate', 'br', 'gzip, gzip', 'x-gzip', 'zstd', 'identity, gzip', 'GZIP']);
      return { parts: sized(pick(random, Object.values(zipBombs)), `Content-Encoding: ${coding}\r\n`) };
    },
  },
  {
    name: 'a body of noise',
    make: (random) => ({
      parts: sized(
        noise(random, upTo(random, 5000)),
        pick(random, ['', 'Content-Type: application/json\r\n', 'Content-Type: text/plain\r\n']),
      ),
    }),
  },
  {
    name: 'JSON',
    weight: 2,
    make: (random) => {
      const texts = [
        '{',
        '[]',
        'null',
        '{"inputs":null}',
        '{"inputs":[]}',
        '{"inputs":[[]]}',
        '{"inputs":"!!"}',
        '{"inputs":{"a":1}}',
        '{"__proto__":{"x":1},"inputs":"AA=="}',
        `{"inputs":${'['.repeat(20_000)}`,
        `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
        `{"inputs":["${'A'.repeat(50_000)}"]}`,
        '{"inputs":"iVBORw0KGgo=","parameters":{"top_k":-1}}',
        '{"inputs":"","parameters":null}',
        '\uFEFF{}',
        '{"inputs":1e400}',
      ];
      const path = pick(random, ['/', '/classify', '/models/digits', '/models/digits/load', '/v2/repository/index']);
      return { parts: sized(Buffer.from(pick(random, texts)), 'Content-Type: application/json\r\n', path) };
    },
  },
  {
    name: 'multipart',
    weight: 2,
    make: (random) => {
      const part = (/** @type {string} */ head, body = 'x') => `--b\r\n${head}\r\n\r\n${body}\r\n`;
      const file = 'Content-Disposition: form-data; name="file"; filename="a.png"';
      const bodies = [
        '',
        '--b',
        '--b--\r\n',
        part(file),
        `${part(file)}--b--`,
        part(file).repeat(500),
        `--b\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
        part(`Content-Disposition: form-data; name="${'n'.repeat(20_000)}"`),
        part('Content-Disposition: form-data; name="__proto__"'),
        part('Content-Disposition: form-data; filename="../../etc/passwd"'),
        '--b\r\n'.repeat(3000),
      ];
      const types = [
        'multipart/form-data; boundary=b',
        'multipart/form-data',
        'multipart/form-data; boundary=',
        'multipart/form-data; boundary="b',
        `multipart/form-data; boundary=${'b'.repeat(3000)}`,
        'multipart/mixed; boundary=b',
      ];
      return { parts: sized(Buffer.from(pick(random, bodies)), `Content-Type: ${pick(random, types)}\r\n`) };
    },
  },
  {
    name: 'a promise of a body that never comes',
    make: () => ({ parts: post('Content-Length: 1000\r\nExpect: 100-continue\r\n'), leave: 'half' }),
  },
  {
    name: 'tensors that lie about their header',
    weight: 3,
    make: (random) => {
      const json = Buffer.from(
        '{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":99999}}]}',
      );
      const lengths = [
        String(json.length + 1000),
        '-1',
        'NaN',
        '0',
        '1e9',
        '99999999999999999999',
        '1.5',
        '',
        String(json.length),
        '+5',
        '0x10',
      ];
      const body = random() < 0.5 ? json : Buffer.concat([json, noise(random, upTo(random, 500))]);
      const path = pick(random, [
        '/v2/models/digits/infer',
        '/v2/models/digits/versions/1/infer',
        '/v2/models/digits/versions/-1/infer',
      ]);
      return { parts: sized(body, `Inference-Header-Content-Length: ${pick(random, lengths)}\r\n`, path) };
    },
  },
  {
    name: 'tensors with strange shapes',
    weight: 2,
    make: (random) => {
      const shapes = [
        '[]',
        '[-1]',
        '[1e9,1e9]',
        '[0]',
        '["1"]',
        '[1,3,28]',
        '[9007199254740993]',
        'null',
        '{}',
        '[1.5]',
      ];
      const types = ['FP32', 'BYTES', 'UINT8', 'FP64', 'BF16', '', '__proto__'];
      const text = `{"inputs":[{"name":"${pick(random, ['image', 'input', '__proto__', ''])}","shape":${pick(random, shapes)},"datatype":"${pick(random, types)}","data":${pick(random, ['[]', '[1]', '[null]', '"x"', '[[[[1]]]]', '[1e400]'])}}]}`;
      return { parts: sized(Buffer.from(text), '', '/v2/models/digits/infer') };
    },
  },
  { name: 'a good request', weight: 6, make: () => ({ parts: sized(digit) }) },
];

// Paths, methods and headers.
import { digit, get, hidden, pick, sized, upTo } from './write-request.mjs';

/** @import { Attack } from './attacks.mjs' */

/** @type {readonly Attack[]} */
export const headAttacks = [
  {
    name: 'headers without end',
    make: (random) => ({
      parts: [get('/health/live', `X: ${'y'.repeat(16_000 + upTo(random, 60_000))}\r\n`)],
      leave: 'half',
    }),
  },
  {
    name: 'many headers',
    make: (random) => ({ parts: [get('/health/live', 'X: y\r\n'.repeat(90 + upTo(random, 2000)))], leave: 'half' }),
  },
  {
    name: 'an enormous URL',
    make: (random) => ({
      parts: [get(`${pick(random, ['/', '/models/', '/?', '/classify?top_k='])}${'%41'.repeat(upTo(random, 20_000))}`)],
      leave: 'half',
    }),
  },
  {
    name: 'headers with strange values',
    make: (random) => {
      const names = [
        'Authorization',
        'Content-Type',
        'Content-Encoding',
        'X-Timeout-Ms',
        'X-Request-Id',
        'Expect',
        'Range',
        'Cookie',
      ];
      const more = [
        'Accept',
        'Origin',
        'Sec-Fetch-Site',
        'Connection',
        'Upgrade',
        'Inference-Header-Content-Length',
        '__proto__',
        'constructor',
        'If-None-Match',
      ];
      const values = [
        '',
        '-1',
        '0',
        'NaN',
        '1e309',
        'null',
        '[object Object]',
        '__proto__',
        '\xff\xfe',
        'a'.repeat(8000),
        '../../etc/passwd',
        'close, upgrade',
        'h2c',
        'gzip',
        '100-continue',
        'Bearer ',
      ];
      const headers = Array.from(
        { length: 1 + upTo(random, 5) },
        () => `${pick(random, [...names, ...more])}: ${pick(random, values)}\r\n`,
      );
      return { parts: sized(digit, headers.join('')), leave: 'half' };
    },
  },
  {
    name: 'methods',
    make: (random) => {
      const methods = [
        'PUT',
        'DELETE',
        'PATCH',
        'TRACE',
        'OPTIONS',
        'CONNECT',
        'PROPFIND',
        'BREW',
        'get',
        'GET\0',
        'M-SEARCH',
      ];
      const path = pick(random, [
        '/',
        '/classify',
        '/models/digits',
        '/models/digits/unload',
        '*',
        '/health/live',
        'hornet.test:80',
      ]);
      return { parts: [get(path, '', pick(random, methods))], leave: 'half' };
    },
  },
  {
    name: 'names',
    weight: 3,
    make: (random) => {
      const names = [
        '%2e%2e%2f',
        '..%2f..%2fetc%2fpasswd',
        '%00',
        '%',
        '%zz',
        '%c0%ae%c0%ae',
        '%ff',
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'hasOwnProperty',
        '..',
        '.',
        '//',
        '%2f',
        'digits%00',
        'DIGITS',
        'digits%20',
        '%F0%9F%98%80',
        '%E2%80%AE',
        'a'.repeat(5000),
        '*',
        ':name',
        '(.*)',
        '{}',
        '%5c..%5c',
        ';a=b',
        '#x',
        '?x',
      ];
      const name = pick(random, names);
      const paths = [
        `/models/${name}`,
        `/models/${name}/classify`,
        `/models/${name}/load`,
        `/models/${name}/ready`,
        `/v2/models/${name}/infer`,
        `/v2/models/${name}`,
        `/${name}`,
        `/assets/${name}`,
        `/docs/${name}`,
        `/v2/repository/models/${name}/unload`,
      ];
      const path = pick(random, paths);
      return { parts: random() < 0.5 ? [get(path)] : sized(digit, '', path), leave: 'half' };
    },
  },
  {
    name: 'queries',
    make: (random) => {
      const queries = [
        'top_k=-1',
        'top_k=1e9',
        'top_k=NaN',
        'top_k=5&top_k=6',
        'top_k[]=5',
        '__proto__[x]=1',
        'constructor=1',
        'function_to_apply=eval',
        `top_k=${'9'.repeat(400)}`,
        '%',
        '&&&&',
        '=',
        'wait=1',
        'a=1&'.repeat(2000),
      ];
      return { parts: sized(digit, '', `/classify?${pick(random, queries)}`), leave: 'half' };
    },
  },
  {
    name: 'absolute and strange targets',
    make: (random) => ({
      parts: [
        get(
          pick(random, [
            'http://evil.example/models',
            'https://a@b/models',
            '//evil.example/models',
            '/models/digits\\unload',
            '/health/live#x',
            'file:///etc/passwd',
            '/../../etc/passwd',
            '/%2e%2e/%2e%2e/etc/passwd',
          ]),
        ),
      ],
      leave: 'half',
    }),
  },
  { name: 'a 404', weight: 5, make: (random) => ({ parts: [get(`/${upTo(random, 1e9).toString(36)}.php`)] }) },
  {
    name: 'a thousand 404s on one connection',
    make: () => ({ parts: [get('/wp-login.php').repeat(1000)], answers: 1000 }),
  },
  {
    name: 'many requests of one who does not read',
    make: (random) => ({
      parts: [get(pick(random, ['/metrics', '/models', '/status'])).repeat(300), hidden.slice(0, 20)],
      leave: 'break',
    }),
  },
  {
    name: 'other sites',
    make: (random) => ({
      parts: sized(
        digit,
        `Origin: ${pick(random, ['https://evil.example', 'null', 'http://', 'x', 'http://hornet.test'])}\r\n`,
        pick(random, ['/models/digits/unload', '/models/digits/load']),
      ),
    }),
  },
];

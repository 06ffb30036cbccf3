// Bytes of which it can be disputed where a request ends.
import { chunked, digit, hidden, host, noise, pick, post, sized, upTo } from './write-request.mjs';

/** @import { Attack } from './attacks.mjs' */

/** @type {readonly Attack[]} */
export const framingAttacks = [
  {
    name: 'a length that is none',
    make: (random) => {
      const lengths = ['-1', '+5', '0x5', '5.0', '5, 5', '5 5', '', 'NaN', '1e3', '99999999999999999999', '５', '5;'];
      return { parts: post(`Content-Length: ${pick(random, lengths)}\r\n`, hidden), leave: 'half' };
    },
  },
  {
    name: 'a length that is too large',
    make: (random) => ({
      parts: post(
        `Content-Length: ${pick(random, ['33554433', '9007199254740993', '18446744073709551615'])}\r\n`,
        'abc',
      ),
    }),
  },
  {
    name: 'CL.TE and TE.CL',
    make: (random) => {
      const both = [
        'Content-Length: 6\r\n',
        `Transfer-Encoding: ${pick(random, ['chunked', 'identity', 'x', ''])}\r\n`,
      ];
      if (random() < 0.5) both.reverse();
      return { parts: post(both.join(''), `0\r\n\r\n${hidden}`), leave: 'half' };
    },
  },
  {
    name: 'TE.TE',
    make: (random) => {
      const codings = [
        'xchunked',
        'chunked, identity',
        'identity, chunked',
        'gzip, chunked',
        'chunked\r\nTransfer-Encoding: identity',
        'chunked\r\nTransfer-encoding: cow',
        '"chunked"',
        '\x0bchunked',
        'chunked\0',
        '\r\n chunked',
        'chunked;q=1',
        'chunked,',
      ];
      return { parts: post(`Transfer-Encoding: ${pick(random, codings)}\r\n`, `0\r\n\r\n${hidden}`), leave: 'half' };
    },
  },
  {
    name: 'a name or line that some read and others do not',
    make: (random) => {
      const lines = [
        'Transfer-Encoding : chunked\r\n',
        ' Transfer-Encoding: chunked\r\n',
        'Content-Length : 3\r\n',
        'Content-Length\t: 3\r\n',
        'X: y\nContent-Length: 3\r\n',
        'X: y\rContent-Length: 3\r\n',
        'X: y\r\n Content-Length: 3\r\n',
        'Content-Length: 3\r\nContent-Length: 4\r\n',
        'Content_Length: 3\r\n\0: x\r\n',
        'X\r\n',
        ': y\r\n',
        `${host}`,
      ];
      return { parts: post(`${pick(random, lines)}`, hidden), leave: 'half' };
    },
  },
  {
    name: 'chunks with strange sizes',
    make: (random) => {
      const sizes = [
        '-3',
        '+3',
        '0x3',
        '3 ',
        ' 3',
        '3;',
        `3;${'x'.repeat(upTo(random, 30_000))}`,
        '3;a="\r\n"',
        '03',
        'g',
      ];
      const huge = ['ffffffffffffffff', 'fffffffffffffffff', '80000000', '7fffffffffffffff'];
      const size = pick(random, [...sizes, ...huge]);
      return { parts: chunked(`${size}\r\nabc\r\n0\r\n\r\n`), leave: 'half' };
    },
  },
  {
    name: 'chunks without end, or with strange ends',
    make: (random) => {
      const ends = [
        '3\r\nabcde\r\n0\r\n\r\n',
        '3\nabc\n0\n\n',
        '3\r\nabc0\r\n\r\n',
        '3\r\nabc\r\n0\r\n',
        '3\r\nab',
        '',
        '0\r\n',
      ];
      return { parts: chunked(pick(random, ends)), leave: 'half' };
    },
  },
  {
    name: 'a thousand chunks of a byte',
    make: (random) => ({ parts: chunked(`${'1\r\nx\r\n'.repeat(1000 + upTo(random, 5000))}0\r\n\r\n`) }),
  },
  {
    name: 'trailers',
    make: (random) => {
      const trailers = [
        'Content-Length: 5',
        'Host: other',
        'Transfer-Encoding: chunked',
        `X: ${'y'.repeat(upTo(random, 40_000))}`,
      ];
      return { parts: chunked(`3\r\nabc\r\n0\r\n${pick(random, trailers)}\r\n\r\n`), leave: 'half' };
    },
  },
  {
    name: 'HTTP of other versions, and no HTTP',
    make: (random) => {
      const lines = ['HTTP/2.0', 'HTTP/0.9', 'HTTP/1.9', 'HTTP/9.9', 'HTTP/1.1.1', 'http/1.1', 'HTTP/1', 'JUNK', ''];
      const whole = [
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        '\x16\x03\x01\x02\0\x01\0',
        'SSH-2.0-x\r\n',
        '*1\r\n$4\r\nPING\r\n',
        'GET /\r\n\r\n',
      ];
      const line = `GET /health/live ${pick(random, lines)}\r\n${host}\r\n`;
      return { parts: [random() < 0.5 ? line : pick(random, whole)], leave: 'half' };
    },
  },
  { name: 'noise', make: (random) => ({ parts: [noise(random, 1 + upTo(random, 2000))], leave: 'half' }) },
  {
    name: 'a request with a wrong byte',
    weight: 3,
    make: (random) => {
      const bytes = Buffer.concat(sized(digit, 'Content-Type: image/png\r\n').map((part) => Buffer.from(part)));
      for (let count = 1 + upTo(random, 2); count > 0; count--) bytes[upTo(random, 200)] = upTo(random, 255);
      return { parts: [bytes], leave: 'half' };
    },
  },
  {
    name: 'garbage behind a good request',
    make: (random) => ({
      parts: [...sized(digit), noise(random, 1 + upTo(random, 200))],
      leave: 'half',
      answers: 2,
    }),
  },
  {
    name: 'no host, two hosts, or a strange one',
    make: (random) => {
      const hosts = [
        '',
        'Host: a\r\nHost: b\r\n',
        'Host: \r\n',
        'Host: a b\r\n',
        'Host: /etc/passwd\r\n',
        'Host: [::1\r\n',
        'Host: a:99999\r\n',
      ];
      return { parts: [`GET /models HTTP/1.1\r\n${pick(random, hosts)}Origin: http://a\r\n\r\n`], leave: 'half' };
    },
  },
];

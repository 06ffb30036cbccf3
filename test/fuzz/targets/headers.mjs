import { parseRetryAfter } from '../../../dist/headers/retry-after.js';
import { parseServerTiming } from '../../../dist/headers/server-timing.js';
import { contentCoding } from '../../../dist/http/body/content-coding.js';
import { isContinue } from '../../../dist/http/body/expectation.js';
import { isFormType } from '../../../dist/http/body/sniff-input.js';
import { requestIdOf } from '../../../dist/http/request-id.js';
import { isFromOtherSite, isOrigin, mayBeRebound, originsIn } from '../../../dist/http/security/origins.js';
import { parseTokenFile, parseTokenList } from '../../../dist/http/security/tokens.js';
import { attempt, hold } from '../invariants.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';

/** @import { Target } from '../target.mjs' */

const words = [
  'dur=',
  'desc="',
  '\\"',
  ';',
  ',',
  'gzip',
  'x-gzip',
  'identity',
  'br',
  'multipart/form-data',
  '100-continue',
];
const others = [
  'http://',
  'https://localhost',
  '[::1]',
  'same-origin',
  'infer',
  'control',
  '#',
  'Sun, 06 Nov 1994 08:49:37 GMT',
];
const dictionary = [...words, ...others].map((word) => Buffer.from(word));
const nowMs = Date.parse('2026-01-01T00:00:00Z');

/** @type {Target} */
export const headers = {
  reads: 'values of headers, lists of tokens and of origins',
  covers: [
    'headers/',
    'http/body/content-coding.js',
    'http/body/expectation.js',
    'http/request-id.js',
    'http/security/origins.js',
    'http/security/tokens.js',
  ],
  maxBytes: 8192,
  work: 2000,
  workPerByte: 100,
  mostMemory: 32 * 2 ** 20,
  mutate: (bytes, random, other) => mutateBytes(bytes, random, { dictionary, other }),
  async invariant(bytes) {
    // Node hands out headers as latin1.
    const text = bytes.toString('latin1');
    const afterMs = parseRetryAfter(text, nowMs);
    hold(afterMs === undefined || afterMs >= 0, 'Retry-After: a time that has passed');
    const timings = Object.entries(parseServerTiming(text));
    for (const [name, ms] of timings) {
      hold(name !== '' && ms >= 0, 'Server-Timing: a duration without a name, or below zero');
      const written = Number.isFinite(ms) && !/e/.test(String(ms)) ? parseServerTiming(`${name};dur=${ms}`) : undefined;
      hold(written === undefined || written[name] === ms, 'Server-Timing: what was read is not read again');
    }
    const coding = await attempt(
      () => contentCoding(/** @type {any} */ ({ headers: { 'content-encoding': text } })),
      ['ERR_ENCODING_UNSUPPORTED'],
    );
    const id = requestIdOf(text);
    hold(/^[\x21-\x7e]{1,128}$/.test(id), 'a request id that cannot be a header');
    const origins = originsIn(text).filter(isOrigin);
    hold(!origins.some((origin) => /\s/.test(origin)), 'an origin with white space');
    const [host = '', origin = ''] = text.split('\n');
    const request = /** @type {any} */ ({ headers: { host, origin } });
    const isOther = [isFromOtherSite(request), mayBeRebound(request)];
    const lists = [parseTokenList(text), parseTokenFile(text)];
    for (const { tokens, problems } of lists) {
      for (const { value } of tokens) {
        // What the sentence gives as an example may be a token too.
        const isShown =
          value.length >= 8 && problems.some((problem) => problem.replace('infer,control', '').includes(value));
        hold(!isShown, 'a token in a sentence about what is wrong');
      }
    }
    const said = 'refusal' in coding ? 'none' : coding.value;
    return `${said} ${afterMs !== undefined} ${timings.length > 0} ${origins.length > 0} ${isOther} ${isContinue(text)} ${isFormType(text)}`;
  },
};

import { describe, expect, it } from 'vitest';
import { parseJson } from './parse-json.js';

describe('parseJson', () => {
  it('takes JSON with and without a byte order mark', () => {
    expect(parseJson(Buffer.from('{"a": [1, "ä"]}'))).toEqual({ a: [1, 'ä'] });
    expect(parseJson(Buffer.from('\uFEFF{"a": 1}'))).toEqual({ a: 1 });
  });

  it.each(['', '{', '{"a": NaN}', "{'a': 1}"])('refuses what is none: %j', (text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_INVALID' }));
  });

  it.each([
    ['lists', `[${'[],'.repeat(1000)}0]`],
    ['objects', `[${'{},'.repeat(1000)}0]`],
    ['fields', `{${Array.from({ length: 1000 }, (_, index) => `"${index}":0`).join()}}`],
  ])('refuses more %s than it may have, whatever else it has', (_, text) => {
    expect(parseJson(Buffer.from(text), 1001)).toBeTypeOf('object');
    expect(() => parseJson(Buffer.from(text), 1000)).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_INVALID', message: expect.stringContaining('1000') }),
    );
  });

  it('takes any number of numbers, and a text however long', () => {
    expect(parseJson(Buffer.from(`[${'0,'.repeat(300_000)}0]`))).toHaveLength(300_001);
    expect(parseJson(Buffer.from(JSON.stringify('a'.repeat(1_000_000))))).toHaveLength(1_000_000);
  });
});

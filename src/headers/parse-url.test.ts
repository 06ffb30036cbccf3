import { describe, expect, it } from 'vitest';
import { parseUrl } from './parse-url.js';

describe('parseUrl', () => {
  it('gives a URL, absolute or relative to another one', () => {
    expect(parseUrl('http://a.b:1/c')?.host).toBe('a.b:1');
    expect(parseUrl('/d?e', 'https://a.b/c')?.href).toBe('https://a.b/d?e');
  });

  it.each(['', 'a.b', 'http://', 'http://[::1', 'http://a b'])('gives nothing for %j', (text) => {
    expect(parseUrl(text)).toBeUndefined();
  });

  it('gives nothing for characters that no host can have, however often it is asked', () => {
    // Above 0x7f, as Node hands out the bytes of a header.
    const given = Array.from({ length: 50_000 }, () => parseUrl('http://\u00d0\u009f'));
    expect(given.filter((url) => url !== undefined)).toEqual([]);
  });
});

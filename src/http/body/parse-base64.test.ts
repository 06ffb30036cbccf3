import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, parseBase64Image } from './parse-base64.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array));

describe('parseBase64Image', () => {
  it('gives the bytes back, in both alphabets, with or without padding, in lines or not, and from a data: URL', () => {
    const breaks = fc.constantFrom('', '\n', '\r\n', ' ', '\t');
    const written = fc.constantFrom<BufferEncoding>('base64', 'base64url');
    const prefix = fc.constantFrom(
      '',
      'data:image/png;base64,',
      'DATA:;base64,',
      ' data:image/svg+xml;charset=utf-8;base64,',
    );
    fc.assert(
      fc.property(
        bytes,
        written,
        breaks,
        fc.integer({ min: 1, max: 76 }),
        prefix,
        (image, encoding, lineEnd, width, head) => {
          const text = image.toString(encoding).replace(new RegExp(`.{${width}}`, 'g'), `$&${lineEnd}`);
          expect(parseBase64Image(head + text, 'inputs').equals(image)).toBe(true);
        },
      ),
    );
  });

  it('refuses a text that is cut off within a group, or has a character that does not belong there', () => {
    const foreign = fc.constantFrom('!', '*', '%', '.', ',', '"', '\0', '\u00e9', '\u20ac', '\u{1f600}');
    fc.assert(
      fc.property(bytes, foreign, fc.nat(), (image, character, place) => {
        const text = image.toString('base64');
        const at = place % (text.length + 1);
        expect(decodeBase64(text.slice(0, at) + character + text.slice(at))).toBeUndefined();
        const bare = image.toString('base64url');
        expect(decodeBase64(bare.slice(0, bare.length - ((bare.length - 1) % 4)))).toBeUndefined();
      }),
    );
  });

  it.each(['YQ==YQ==', 'Y', 'YWJjZ', 'YQ===', '=YQ', 'YW=j'])('refuses %s', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it.each([
    ['not base64!', 'inputs[3]: It is not base64.'],
    ['https://example.com/cat.jpg', 'inputs[3]: It is the address of an image; addresses are not fetched.'],
    ['data:image/png,abc', 'inputs[3]: It is a data: URL that is not in base64.'],
    ['data:image/png', 'inputs[3]: It is a data: URL that is not in base64.'],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => parseBase64Image(text, 'inputs[3]')).toThrow(
      expect.objectContaining({ code: 'ERR_PARAMETER_INVALID', message, details: { field: 'inputs[3]' } }),
    );
  });

  it.each(['', ' \n', 'data:image/png;base64,'])('takes %j for an empty body', (text) => {
    expect(() => parseBase64Image(text, 'inputs')).toThrow(expect.objectContaining({ code: 'ERR_BODY_EMPTY' }));
  });
});

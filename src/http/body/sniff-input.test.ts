import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../package-info.js';
import { sniffInput } from './sniff-input.js';

const folder = join(packageRoot, 'test/pictures');
const pictures = readdirSync(folder).filter((name) => /\.(?:png|jpg|webp|gif|tif)$/.test(name));
const misleading = [
  undefined,
  'application/x-www-form-urlencoded',
  'application/json',
  'text/plain;charset=UTF-8',
  'multipart/form-data; boundary=x',
];

describe('sniffInput', () => {
  it.each(pictures)('tells %s, and its base64, whatever the Content-Type says', (name) => {
    const picture = readFileSync(join(folder, name));
    for (const type of misleading) {
      expect(sniffInput(picture, type)).toBe('image');
      if (type?.startsWith('multipart') === true) continue;
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = picture.toString(encoding);
        expect(sniffInput(Buffer.from(text), type)).toBe('base64');
        expect(sniffInput(Buffer.from(`\n${text.replace(/.{76}/g, '$&\r\n')}\n`), type)).toBe('base64');
        expect(sniffInput(Buffer.from(`\ufeffdata:image/png;base64,${text}`), type)).toBe('base64');
      }
    }
  });

  it.each([
    ['json', '{"inputs": "aGk="}'],
    ['json', ' \r\n\t[1]'],
    ['json', '\ufeff{}'],
    ['json', '"aGk="'],
    ['form', '--x\r\nContent-Disposition: form-data'],
    ['form', '\r\n----WebKitFormBoundaryabc\r\n'],
    ['image', ''],
    ['image', 'a picture'],
    ['image', 'Just some words in lines\nof text'],
    ['image', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['image', '%PDF-1.7 {'],
    ['image', '-- a comment'],
  ])('takes for %s: %j', (kind, text) => {
    expect(sniffInput(Buffer.from(text), 'application/x-www-form-urlencoded')).toBe(kind);
  });

  it('believes a Content-Type that says form, where the bytes say nothing', () => {
    expect(sniffInput(Buffer.from('preamble\r\n--x\r\n'), 'Multipart/Form-Data; boundary=x')).toBe('form');
    expect(sniffInput(Buffer.from('preamble'), 'multipart/form-database')).toBe('image');
  });
});

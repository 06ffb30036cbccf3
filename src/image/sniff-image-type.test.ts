import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { sniffImageType } from './sniff-image-type.js';

function bytesOf(latin1: string): Uint8Array {
  return new Uint8Array(Buffer.from(latin1, 'latin1'));
}

function refusalOf(latin1: string): HornetError {
  try {
    sniffImageType(bytesOf(latin1));
  } catch (error) {
    if (error instanceof HornetError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('sniffImageType', () => {
  it.each([
    ['\xff\xd8\xff\xe0', 'jpeg'],
    ['\x89PNG\r\n\x1a\n\0\0', 'png'],
    ['RIFF\x10\0\0\0WEBPVP8 ', 'webp'],
    ['GIF87a', 'gif'],
    ['GIF89a', 'gif'],
    ['II*\0', 'tiff'],
    ['MM\0*', 'tiff'],
    ['II+\0', 'tiff'],
    ['MM\0+', 'tiff'],
  ])('takes %j for %s', (head, type) => {
    expect(sniffImageType(bytesOf(head))).toBe(type);
  });

  it.each([
    ['\0\0\0\x1cftypavif', 'AVIF'],
    ['\0\0\0\x1cftypheic', 'HEIF'],
    ['\0\0\0\x1cftypmif1', 'HEIF'],
    ['\0\0\0\x1cftypisom', 'video'],
    ['BM\x36\x10\0\0', 'BMP'],
    ['%PDF-1.7\n', 'PDF'],
    ['\xff\x0a\xff\xff', 'JPEG XL'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
    ['8BPS\0\x01', 'Photoshop'],
    ['\0\0\x01\0\x01\0', 'ICO'],
    ['PK\x03\x04\x14\0', 'ZIP'],
    ['\x1f\x8b\x08', 'gzip'],
    ['RIFF\x10\0\0\0WAVEfmt ', 'RIFF'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'],
    ['\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg width="1"/>', 'SVG'],
    ['<!DOCTYPE html><html></html>', 'HTML'],
    ['{"inputs": "..."}', 'JSON'],
    ['just some words', 'text'],
  ])('refuses %j naming %s', (head, name) => {
    const error = refusalOf(head);
    expect({ code: error.code, status: error.status }).toEqual({ code: 'ERR_IMAGE_UNSUPPORTED', status: 415 });
    expect(error.message).toContain(name);
    expect(error.message).toContain('JPEG, PNG, WebP, GIF and TIFF are accepted');
  });

  it('refuses bytes that it does not know without guessing', () => {
    expect(refusalOf('\x01\x02\x03\x04').message).toMatch(/^The file is not of a known image kind/);
  });

  it('refuses no bytes at all as an empty body', () => {
    expect(refusalOf('').code).toBe('ERR_BODY_EMPTY');
  });

  it('looks at a view and not at the buffer around it', () => {
    const buffer = bytesOf('XXGIF89aXX');
    expect(sniffImageType(buffer.subarray(2, 8))).toBe('gif');
    expect(() => sniffImageType(buffer.subarray(2, 7))).toThrow(/text/);
  });
});

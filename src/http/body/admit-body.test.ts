import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { Admission, type Reservation } from '../../serving/admission.js';
import { admitBody } from './admit-body.js';
import { imageLimits } from './body-limits.js';

const mebibyte = 1024 * 1024;

describe('admitBody', () => {
  let admission: Admission;
  beforeEach(() => {
    admission = new Admission('digits', { maxQueue: 100, maxQueueBytes: 40 * mebibyte });
  });
  const admit = (headers: Record<string, string>): Reservation =>
    admitBody(
      { reserve: (request) => admission.reserve(request) },
      { headers } as IncomingMessage,
      imageLimits(32 * mebibyte),
    );

  it('holds a small body whole, of a large one only the beginning, and nothing of one in chunks', () => {
    admit({ 'content-length': '5000' });
    expect(admission.bytes).toBe(5000);
    admit({ 'content-length': String(32 * mebibyte) });
    expect(admission.bytes).toBe(5000 + mebibyte);
    admit({ 'transfer-encoding': 'chunked' });
    admit({});
    expect([admission.bytes, admission.images]).toEqual([5000 + mebibyte, 4]);
  });

  it('lets nobody in for whose whole body there is no room just now, but stalled senders hold little of it', () => {
    for (let senders = 0; senders < 9; senders++) admit({ 'content-length': String(32 * mebibyte) });
    expect(admission.bytes).toBe(9 * mebibyte);
    expect(() => admit({ 'content-length': String(32 * mebibyte) })).toThrow(
      expect.objectContaining({ code: 'ERR_QUEUE_FULL' }),
    );
    admit({ 'content-length': String(mebibyte) });
    expect([admission.bytes, admission.images]).toEqual([10 * mebibyte, 10]);
  });

  it.each([
    [{ 'content-length': String(33 * mebibyte) }, 'ERR_IMAGE_TOO_LARGE'],
    [{ 'content-length': '5', 'content-encoding': 'zstd' }, 'ERR_ENCODING_UNSUPPORTED'],
  ])('refuses what will not be read, and holds no place for it: %j', (headers, code) => {
    expect(() => admit(headers)).toThrow(expect.objectContaining({ code }));
    expect([admission.bytes, admission.images]).toEqual([0, 0]);
  });
});

import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { isFromOtherSite, isOrigin, mayBeRebound } from './origins.js';

describe('headers that are no URLs', () => {
  // As Node hands out bytes above 0x7f, of which no host consists. Asked often, because Node 20 takes them for good then.
  const host = '\u00d0\u009f';
  const often = <T>(ask: () => T): T[] => [...new Set(Array.from({ length: 50_000 }, ask))];

  it('are those of another site, and of one that may be rebound, however often they come', () => {
    const request = (origin: string) => ({ headers: { host, origin } }) as Request;
    expect(often(() => isFromOtherSite(request(`http://${host}`)))).toEqual([true]);
    expect(often(() => isFromOtherSite(request('http://a.example')))).toEqual([true]);
    expect(often(() => mayBeRebound(request('http://a.example')))).toEqual([true]);
  });

  it('are no origins', () => {
    expect(often(() => isOrigin(`http://${host}`))).toEqual([false]);
  });
});

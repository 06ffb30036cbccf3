import { describe, expect, it } from 'vitest';
import { serverTiming } from '../http/server-timing.js';
import { parseServerTiming } from './server-timing.js';

describe('parseServerTiming', () => {
  it('reads what Hornet writes', () => {
    const timings = { queue: 1, decode: 2.345, preprocess: 3, batch: 4, inference: 5, postprocess: 6 };
    expect(Object.entries(parseServerTiming(serverTiming([timings])))).toEqual([
      ['decode', 2.35],
      ['preprocess', 3],
      ['queue', 5],
      ['inference', 5],
    ]);
  });

  it('takes descriptions with separators in them, and what proxies add', () => {
    expect(parseServerTiming('cdn;desc="a, b; dur=9";dur=1, edge, inference; DUR="2.5" ;desc=x')).toEqual({
      cdn: 1,
      inference: 2.5,
    });
  });

  it.each([null, '', ',;', 'a;dur=', 'a;dur=x', 'a;dur=-1', ';dur=1', 'a;dur=Infinity'])(
    'finds nothing in %j',
    (header) => {
      expect(parseServerTiming(header)).toEqual({});
    },
  );
});

import { describe, expect, it } from 'vitest';
import { HornetError } from './hornet-error.js';

describe('HornetError', () => {
  const framesOf = (error: Error): number => error.stack?.match(/^ {4}at /gm)?.length ?? 0;

  it('captures no stack where it says "not now", and leaves those of other errors alone', () => {
    expect(framesOf(new HornetError('ERR_QUEUE_FULL', 'No room.'))).toBe(0);
    expect(framesOf(new HornetError('ERR_INTERNAL', 'A defect.'))).toBeGreaterThan(0);
    expect(framesOf(new Error('Another.'))).toBeGreaterThan(0);
  });
});

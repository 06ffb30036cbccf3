import { describe, expect, it } from 'vitest';
import { HornetError, toHornetError } from './hornet-error.js';

describe('HornetError', () => {
  const framesOf = (error: Error): number => error.stack?.match(/^ {4}at /gm)?.length ?? 0;

  it('captures no stack where it says "not now", and leaves those of other errors alone', () => {
    expect(framesOf(new HornetError('ERR_QUEUE_FULL', 'No room.'))).toBe(0);
    expect(framesOf(new HornetError('ERR_INTERNAL', 'A defect.'))).toBeGreaterThan(0);
    expect(framesOf(new Error('Another.'))).toBeGreaterThan(0);
  });
});

describe('toHornetError', () => {
  const systemError = (code: string): Error => Object.assign(new Error(`${code}: something, open '/data/x'`), { code });

  it.each(['EIO', 'ESTALE', 'EUCLEAN'])('tells that a volume fails, without its path (%s)', (code) => {
    const error = toHornetError(systemError(code));
    expect(error).toMatchObject({ code: 'ERR_CACHE_UNWRITABLE', message: `A volume fails (${code}).` });
  });

  it('gives everything else that is not ours the code for defects', () => {
    expect(toHornetError(systemError('EMFILE')).code).toBe('ERR_INTERNAL');
    expect(toHornetError('text').code).toBe('ERR_INTERNAL');
  });

  it('leaves ours alone', () => {
    const error = new HornetError('ERR_QUEUE_FULL', 'No room.');
    expect(toHornetError(error)).toBe(error);
  });
});

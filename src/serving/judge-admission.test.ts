import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionQuestion, type Holding, judgeAdmission } from './judge-admission.js';

const unlimited = { maxLoaded: 0, maxResidentBytes: 0, availableBytes: null };

function holding(owner: string, fields: Partial<Holding<string>> = {}): Holding<string> {
  return {
    owner,
    bytes: 100,
    loadingBytes: fields.state === 'loading' ? 100 : 0,
    state: 'idle',
    usedAtMs: 0,
    ...fields,
  };
}

function judge(question: Partial<AdmissionQuestion<string>>): ReturnType<typeof judgeAdmission<string>> {
  return judgeAdmission({ owner: 'new', bytes: 100, holdings: [], ...unlimited, ...question });
}

describe('judgeAdmission', () => {
  it('admits anything without limits', () => {
    expect(judge({ bytes: 1e12, holdings: [holding('a', { state: 'busy' })] })).toEqual({ kind: 'admit' });
  });

  it('evicts the least recently used of those that are idle', () => {
    const holdings = [
      holding('kept', { state: 'kept', usedAtMs: 0 }),
      holding('busy', { state: 'busy', usedAtMs: 1 }),
      holding('young', { usedAtMs: 30 }),
      holding('old', { usedAtMs: 20 }),
    ];
    expect(judge({ holdings, maxLoaded: 4 })).toEqual({ kind: 'evict', owners: ['old'] });
  });

  it('leaves an old one alone whose place would not be enough', () => {
    const holdings = [holding('small', { bytes: 10, usedAtMs: 1 }), holding('large', { bytes: 90, usedAtMs: 2 })];
    expect(judge({ bytes: 90, holdings, maxResidentBytes: 100 })).toEqual({ kind: 'evict', owners: ['large'] });
  });

  it('evicts nothing where all that is idle is not enough', () => {
    const holdings = [holding('idle'), holding('kept', { state: 'kept' })];
    expect(judge({ bytes: 150, holdings, maxResidentBytes: 200 })).toEqual({
      kind: 'refuse',
      shortage: 'maxResidentBytes',
    });
  });

  it('lets a replacement through beside as many as may be loaded, but not beside as many bytes', () => {
    const holdings = [holding('new', { state: 'kept' })];
    expect(judge({ holdings, maxLoaded: 1 })).toEqual({ kind: 'admit' });
    expect(judge({ holdings, maxResidentBytes: 199 })).toMatchObject({ kind: 'refuse', shortage: 'maxResidentBytes' });
  });

  it('counts what is being loaded as missing from what is left, and waits for it instead of evicting', () => {
    const holdings = [holding('loading', { state: 'loading' }), holding('idle')];
    expect(judge({ holdings, availableBytes: 200 })).toEqual({ kind: 'admit' });
    expect(judge({ holdings, availableBytes: 199 })).toEqual({ kind: 'wait' });
    expect(judge({ holdings: [holding('idle')], availableBytes: 99 })).toEqual({ kind: 'evict', owners: ['idle'] });
  });

  it('waits for an eviction that goes on, and then for what is in use', () => {
    const holdings = [holding('busy', { state: 'busy' }), holding('leaving', { state: 'leaving' })];
    expect(judge({ holdings, maxLoaded: 2 })).toEqual({ kind: 'wait' });
    expect(judge({ holdings: holdings.slice(0, 1), maxLoaded: 1 })).toEqual({
      kind: 'wait-for-idle',
      shortage: 'maxLoaded',
    });
  });

  it('refuses at once what cannot fit whatever goes', () => {
    const holdings = [holding('loading', { state: 'loading' }), holding('kept', { state: 'kept' })];
    expect(judge({ bytes: 101, holdings, maxResidentBytes: 200 })).toMatchObject({ kind: 'refuse' });
    expect(judge({ holdings, maxLoaded: 1 })).toEqual({ kind: 'refuse', shortage: 'maxLoaded' });
  });

  describe('whatever is in memory', () => {
    const bytes = fc.integer({ min: 1, max: 10 });
    const other = fc.record({
      state: fc.constantFrom<Holding<string>['state']>('kept', 'loading', 'busy', 'idle', 'leaving'),
      bytes,
      usedAtMs: fc.nat({ max: 20 }),
    });
    const question = fc.record({
      bytes,
      others: fc.array(other, { maxLength: 6 }),
      maxLoaded: fc.nat({ max: 5 }),
      maxResidentBytes: fc.nat({ max: 40 }),
      availableBytes: fc.option(fc.nat({ max: 40 })),
    });
    const made = question.map(({ others, ...rest }) => ({
      owner: 'new',
      ...rest,
      holdings: others.map((fields, index) =>
        holding(`s${index}`, { ...fields, loadingBytes: fields.state === 'loading' ? fields.bytes : 0 }),
      ),
    }));
    /** Whether it would be admitted if these were gone, with what they take. */
    const fitsWithout = (asked: AdmissionQuestion<string>, gone: readonly string[]): boolean => {
      const holdings = asked.holdings.filter(({ owner }) => !gone.includes(owner));
      const freed = asked.holdings.filter(({ owner }) => gone.includes(owner)).reduce((sum, one) => sum + one.bytes, 0);
      const availableBytes = asked.availableBytes === null ? null : asked.availableBytes + freed;
      return judgeAdmission({ ...asked, holdings, availableBytes }).kind === 'admit';
    };
    const named = (asked: AdmissionQuestion<string>, ...states: Holding<string>['state'][]): string[] =>
      asked.holdings.filter(({ state }) => states.includes(state)).map(({ owner }) => owner);

    it('admits only what keeps the limits', () => {
      fc.assert(
        fc.property(made, (asked) => {
          if (judgeAdmission(asked).kind !== 'admit') return;
          const total = asked.holdings.reduce((sum, one) => sum + one.bytes, asked.bytes);
          const loading = asked.holdings.reduce((sum, one) => sum + one.loadingBytes, asked.bytes);
          if (asked.maxLoaded > 0) expect(asked.holdings.length).toBeLessThan(asked.maxLoaded);
          if (asked.maxResidentBytes > 0) expect(total).toBeLessThanOrEqual(asked.maxResidentBytes);
          if (asked.availableBytes !== null) expect(loading).toBeLessThanOrEqual(asked.availableBytes);
        }),
      );
    });

    it('evicts only idle ones, and only such as are needed', () => {
      fc.assert(
        fc.property(made, (asked) => {
          const verdict = judgeAdmission(asked);
          if (verdict.kind !== 'evict' || named(asked, 'loading').length > 0) return;
          const { owners } = verdict;
          expect(named(asked, 'idle')).toEqual(expect.arrayContaining([...owners]));
          expect(fitsWithout(asked, owners)).toBe(true);
          for (const owner of owners) {
            expect(
              fitsWithout(
                asked,
                owners.filter((one) => one !== owner),
              ),
            ).toBe(false);
          }
          const youngest = Math.max(
            ...asked.holdings.filter((one) => owners.includes(one.owner)).map((one) => one.usedAtMs),
          );
          const older = asked.holdings.filter((one) => one.state === 'idle' && one.usedAtMs < youngest);
          expect(
            fitsWithout(
              asked,
              older.map(({ owner }) => owner),
            ),
          ).toBe(false);
        }),
      );
    });

    it('refuses only what would not fit if everything went that may go', () => {
      fc.assert(
        fc.property(made, (asked) => {
          const everything = named(asked, 'loading', 'busy', 'idle', 'leaving');
          const { kind } = judgeAdmission(asked);
          if (kind === 'refuse') expect(fitsWithout(asked, everything)).toBe(false);
          else if (!everything.includes('leaving'))
            expect(kind === 'admit' || fitsWithout(asked, everything)).toBe(true);
        }),
      );
    });

    it('waits only for what goes on, or for what is busy', () => {
      fc.assert(
        fc.property(made, (asked) => {
          const { kind } = judgeAdmission(asked);
          if (kind === 'wait') expect(named(asked, 'loading', 'leaving')).not.toEqual([]);
          if (kind === 'wait-for-idle') expect(named(asked, 'busy')).not.toEqual([]);
        }),
      );
    });
  });
});

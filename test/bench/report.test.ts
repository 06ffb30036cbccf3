import { describe, expect, it } from 'vitest';
import { inTurns, judge, median, percentile, renderRecord } from '../../bench/report.mjs';

describe('the numbers of a benchmark', () => {
  it('have the middle one as median, and the mean of two', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
  });

  it('have percentiles that were measured', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([percentile(values, 0.99), percentile([5, 7], 0.5), percentile([], 0.5)]).toEqual([198, 5, Number.NaN]);
  });
});

describe('the sides of a benchmark', () => {
  it('are first in turn', () => {
    const sides = ['a', 'b', 'c'];
    expect([0, 1, 2, 3].map((round) => inTurns(sides, round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});

describe('a limit', () => {
  const name = 'hornet/bare';

  it('is met where the number is as good or better', () => {
    expect([judge({ name, value: 0.9, atLeast: 0.9 }), judge({ name, value: 1.1, atMost: 1.2 })]).toEqual([
      'met',
      'met',
    ]);
  });

  it('is missed where the number is worse or none', () => {
    const missed = [judge({ name, value: 0.89, atLeast: 0.9 }), judge({ name, value: Number.NaN, atMost: 1.2 })];
    expect(missed).toEqual(['missed', 'missed']);
  });

  it('is not judged where the number says nothing', () => {
    expect(judge({ name, value: 0.1, atLeast: 0.9, unless: 'the machine was busy' })).toBe('not judged');
  });
});

describe('a record', () => {
  it('says when, where, with what and how it was measured, and what came out', () => {
    const head = {
      title: 'What a server costs',
      command: 'node bench/server.mjs --rounds 3',
      date: '2026-11-28T10:00:00.000Z',
      machine: 'Some processor, 2 cores',
      versions: 'Node v20.20.2, sharp 0.35.5',
      conditions: '8 connections',
      rounds: 3,
    };
    const text = renderRecord(head, [
      { name: 'images/s', measured: '60.1', limit: '', verdict: '' },
      { name: 'hornet/bare', measured: '0.870', limit: 'at least 0.88', verdict: 'missed' },
    ]);
    expect(text).toBe(`
### What a server costs

- Date: 2026-11-28
- Machine: Some processor, 2 cores
- Versions: Node v20.20.2, sharp 0.35.5
- Command: \`node bench/server.mjs --rounds 3\`
- Rounds: 3; 8 connections

| | Measured | Limit | |
| --- | --- | --- | --- |
| images/s | 60.1 |  |  |
| hornet/bare | 0.870 | at least 0.88 | **missed** |
`);
  });
});

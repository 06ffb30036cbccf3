import { describe, expect, it } from 'vitest';
import { logProblems, problemsOf } from './judge-soak.mjs';
import type { Excuse } from './soak-operations.mjs';
import type { LoadRecord } from './start-load.mjs';

const kinds = [
  { name: 'digit', path: '/', serving: 'digits', allowed: { 200: null, 504: 'ERR_DEADLINE_EXCEEDED' } },
  { name: 'leaving', path: '/', serving: 'digits', allowed: { 200: null }, leaveWithinMs: 40 },
  { name: 'probe', path: '/health/ready', serving: 'digits', allowed: { 200: null }, isProbe: true },
];
const answered = {
  kind: 'digit',
  outcome: 'answered',
  status: 200,
  code: null,
  startedMs: 100,
  endedMs: 200,
  wrong: false,
} as LoadRecord;
const unloaded: Partial<LoadRecord> = { status: 409, code: 'ERR_SERVING_UNLOADED' };
const excuse: Excuse = {
  serving: 'digits',
  status: 409,
  code: 'ERR_SERVING_UNLOADED',
  fromMs: 150,
  toMs: Number.POSITIVE_INFINITY,
};
const problems = (record: Partial<LoadRecord>, excuses: readonly Excuse[] = []) =>
  problemsOf([{ ...answered, ...record }], kinds, excuses);

describe('what judges the answers of a soak', () => {
  it('takes what fits the kind of request', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ status: 504, code: 'ERR_DEADLINE_EXCEEDED' })).toEqual([]);
    expect(problems({ kind: 'leaving', outcome: 'left', status: null })).toEqual([]);
  });

  it.each<[string, Partial<LoadRecord>]>([
    ['another label', { wrong: true }],
    ['half an answer', { outcome: 'cut' }],
    ['no answer', { outcome: 'failed', status: null }],
    ['another status', { status: 500, code: 'ERR_INTERNAL' }],
    ['another code', { status: 504, code: 'ERR_REQUEST_TIMEOUT' }],
    ['a client that left although it was to stay', { outcome: 'left', status: null }],
  ])('finds %s', (_what, record) => {
    expect(problems(record)).toHaveLength(1);
  });

  it('excuses an answer only while it is due to what is done to that serving', () => {
    expect(problems(unloaded)).toHaveLength(1);
    expect(problems(unloaded, [excuse])).toEqual([]);
    expect(problems(unloaded, [{ ...excuse, serving: 'mobile' }])).toHaveLength(1);
    expect(problems(unloaded, [{ ...excuse, fromMs: 0, toMs: 50 }])).toHaveLength(1);
    expect(problems({ ...unloaded, endedMs: 140 }, [excuse])).toHaveLength(1);
    expect(problems({ kind: 'probe', status: 503 }, [excuse])).toEqual([]);
  });

  it('takes warnings of what was done to the server, and no others', () => {
    expect(logProblems([{ event: 'request', level: 30 }])).toEqual([]);
    expect(logProblems([{ event: 'worker.replaced', level: 40 }])).toEqual([]);
    expect(logProblems([{ event: 'anything', level: 40 }, { event: 'text' }])).toHaveLength(2);
  });
});

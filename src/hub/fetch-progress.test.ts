import { beforeEach, expect, it, vi } from 'vitest';
import { type FetchProgress, ProgressMeter } from './fetch-progress.js';

let now: number;
let reports: FetchProgress[];
let meter: ProgressMeter;
beforeEach(() => {
  now = 0;
  reports = [];
  meter = new ProgressMeter(
    (progress) => reports.push(progress),
    () => now,
  );
});

function add(at: number, bytes: number, kind: 'downloaded' | 'reused' = 'downloaded'): void {
  now = at;
  meter.add(bytes, kind);
}

it('reports at most every 200 ms, and the end always', () => {
  meter.expect(1000);
  for (let at = 10; at <= 500; at += 10) add(at, 10);
  add(501, 500);
  expect(reports.map(({ bytesDone }) => bytesDone)).toEqual([10, 210, 410, 1000]);
});

it('reports what came within those 200 ms when nothing follows', () => {
  vi.useFakeTimers();
  try {
    meter.expect(100);
    add(0, 1);
    add(10, 50);
    expect(reports.map(({ bytesDone }) => bytesDone)).toEqual([1]);
    vi.advanceTimersByTime(200);
    expect(reports.map(({ bytesDone }) => bytesDone)).toEqual([1, 51]);
  } finally {
    vi.useRealTimers();
  }
});

it('tells the rate and the time left', () => {
  meter.expect(10_000);
  add(1000, 2000);
  expect(reports).toEqual([
    { bytesDone: 2000, bytesTotal: 10_000, bytesReceived: 2000, bytesPerSecond: 2000, secondsLeft: 4 },
  ]);
});

it('goes by about the last five seconds', () => {
  meter.expect(100_000);
  for (let second = 1; second <= 5; second++) add(second * 1000, 1000);
  for (let second = 6; second <= 12; second++) add(second * 1000, 5000);
  expect(reports.at(-1)?.bytesPerSecond).toBe(5000);
});

it('does not count bytes of earlier tries as speed', () => {
  meter.expect(1000);
  add(0, 600, 'reused');
  add(1000, 100);
  expect(reports[0]).toMatchObject({ bytesDone: 600, bytesPerSecond: 0, secondsLeft: null });
  expect(reports[1]).toMatchObject({ bytesDone: 700, bytesPerSecond: 100, secondsLeft: 3 });
});

it('goes back when bytes are discarded, without a negative rate', () => {
  meter.expect(1000);
  add(1000, 800);
  add(2000, -800);
  expect(reports[1]).toMatchObject({ bytesDone: 0, bytesPerSecond: 0, secondsLeft: null });
});

it('grows with what turns out to be needed', () => {
  meter.expect(100);
  add(1000, 100);
  meter.expect(300);
  add(2000, 100);
  expect(reports.at(-1)).toMatchObject({ bytesDone: 200, bytesTotal: 400, secondsLeft: 2 });
});

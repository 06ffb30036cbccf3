import fc from 'fast-check';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { type AccessLogMode, type AccessRecord, accessLog } from './access-log.js';

const record: AccessRecord = {
  requestId: 'abc',
  method: 'POST',
  route: '/models/:name/classify',
  url: '/models/cats/classify?top_k=3&token=secret',
  status: 200,
  durationMs: 12.345678,
  requestBytes: 1000,
  responseBytes: 300,
  serving: 'cats',
  code: null,
};

/** The lines that a record leaves, as they were written. */
function linesOf(mode: AccessLogMode, change: Partial<AccessRecord> = {}): string[] {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
  accessLog(log, mode)({ ...record, ...change });
  return lines;
}

const parsed = (line: string | undefined): unknown => JSON.parse(line ?? 'null');

describe('accessLog', () => {
  it('writes one line with what is known, and no query', () => {
    const lines = linesOf('all');
    expect(lines.map(parsed)).toEqual([
      {
        level: 30,
        event: 'http.request',
        requestId: 'abc',
        method: 'POST',
        route: '/models/:name/classify',
        path: '/models/cats/classify',
        status: 200,
        durationMs: 12.346,
        requestBytes: 1000,
        responseBytes: 300,
        serving: 'cats',
        msg: 'POST /models/cats/classify 200',
      },
    ]);
  });

  it.each([
    ['none', 500, 0],
    ['none', 200, 0],
    ['errors', 200, 0],
    ['errors', 404, 0],
    ['errors', 499, 0],
    ['errors', 500, 1],
    ['errors', 503, 1],
    ['all', 200, 1],
    ['all', 499, 1],
  ] as const)('with %s and the status %i writes %i lines', (mode, status, count) => {
    expect(linesOf(mode, { status })).toHaveLength(count);
  });

  it.each(['/health/live', '/health/ready', '/metrics', '/models/:name/ready', '/v2/health/ready'])(
    'takes %s for a probe, which is only logged with all',
    (route) => {
      expect(linesOf('errors', { route, status: 503 })).toEqual([]);
      expect(linesOf('all', { route, status: 503 })).toHaveLength(1);
    },
  );

  it('says so where a request could not be understood', () => {
    const unknown = { method: null, url: null, durationMs: null, serving: undefined, route: 'none' };
    const [line] = linesOf('all', { ...unknown, status: 400, code: 'ERR_REQUEST_INVALID' });
    expect(parsed(line)).toMatchObject({
      ...{ method: null, path: null, durationMs: null, status: 400, code: 'ERR_REQUEST_INVALID' },
      msg: 'Malformed request 400',
    });
  });

  it.each([
    ['http://user:password@host:1/a/b?c#d', '/a/b'],
    ['http://host', ''],
    ['*', '*'],
    ['/a#b', '/a'],
    ['/a\u009b31m\u001b[0m', '/a%9B31m%1B[0m'],
    ['//x/y', '//x/y'],
  ])('shows %j as the path %j', (url, path) => {
    expect(parsed(linesOf('all', { url })[0])).toMatchObject({ path });
  });

  it('keeps to one short line of plain characters, whatever was asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const lines = linesOf('all', { url: `/${text}` });
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/);
        expect((lines[0] as string).length).toBeLessThan(4000);
      }),
    );
  });
});

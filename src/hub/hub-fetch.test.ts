import { describe, expect, it } from 'vitest';
import { HttpStatusError } from './download/http-status-error.js';
import { createHubFetch, type HubFetchOptions, HubUnreachable } from './hub-fetch.js';

const endpoint = 'https://hub.test';
const url = `${endpoint}/api/models/org/name?secret=1`;
type Answer = Response | Error | ((signal: AbortSignal) => Promise<Response>);

/** A Hub that answers from a list, the last answer again and again, and a clock that never waits. */
function hubFetch(answers: readonly Answer[], options: Partial<HubFetchOptions> = {}) {
  const requests: Request[] = [];
  const waits: number[] = [];
  const ask = createHubFetch({
    endpoint,
    token: undefined,
    fetch: async (input, init) => {
      requests.push(new Request(input as string, init));
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      if (typeof answer === 'function') return answer(init?.signal as AbortSignal);
      if (answer instanceof Error) throw answer;
      // Not the clone itself: cancelling the body of one waits for the other.
      const { status: code, headers } = answer as Response;
      return new Response(await (answer as Response).clone().text(), { status: code, headers });
    },
    sleep: async (ms) => waits.push(ms),
    ...options,
  });
  return { ask, requests, waits };
}

const status = (code: number, headers: Record<string, string> = {}) => new Response('{}', { status: code, headers });
const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });

describe('a request for metadata', () => {
  it('is repeated after broken connections, 408, 429 and 5xx, with growing pauses', async () => {
    const { ask, requests, waits } = hubFetch([refused, status(503), status(408), status(429), Response.json([1])]);
    await expect((await ask(url)).json()).resolves.toEqual([1]);
    expect(requests).toHaveLength(5);
    waits.forEach((wait, index) => {
      expect(wait).toBeLessThanOrEqual(300 * 2 ** index);
    });
  });

  it('fails with the last reason when tries are used up, without the query', async () => {
    const { ask, requests } = hubFetch([status(500), refused], { attempts: 2 });
    const error = await ask(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HubUnreachable);
    expect(error).toMatchObject({ message: `${endpoint}/api/models/org/name: connect ECONNREFUSED 127.0.0.1:1` });
    expect(requests).toHaveLength(2);
  });

  it.each([400, 401, 403, 404, 410])('is not repeated after %i, which is told with its codes', async (code) => {
    const headers = { 'x-error-code': 'GatedRepo', 'x-error-message': 'ask for it' };
    const { ask, requests } = hubFetch([status(code, headers)]);
    const error = await ask(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HttpStatusError);
    expect(error).toMatchObject({ status: code, errorCode: 'GatedRepo', errorMessage: 'ask for it' });
    expect(requests).toHaveLength(1);
  });

  it('waits as long as Retry-After says, in seconds or until a date', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const answers = [status(429, { 'retry-after': '7' }), status(503, { 'retry-after': date }), status(200)];
    const { ask, waits } = hubFetch(answers);
    await ask(url);
    expect(waits[0]).toBeGreaterThanOrEqual(7000);
    expect(waits[0]).toBeLessThanOrEqual(7300);
    expect(waits[1]).toBeGreaterThan(55_000);
  });

  it('gives up at once where Retry-After is longer than it may wait', async () => {
    const { ask, requests, waits } = hubFetch([status(429, { 'retry-after': '11' })], { longestWaitMs: 10_000 });
    await expect(ask(url)).rejects.toThrow('it answered 429');
    expect([requests.length, waits.length]).toEqual([1, 0]);
  });

  it('is repeated when no answer comes in time', async () => {
    const silence = (signal: AbortSignal): Promise<Response> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { ask, requests } = hubFetch([silence, status(200)], { timeoutMs: 500 });
    await expect(ask(url)).resolves.toMatchObject({ ok: true });
    expect(requests).toHaveLength(2);
  });

  it('is repeated when the body breaks off', async () => {
    const broken = async (): Promise<Response> =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.error(new TypeError('terminated')),
        }),
      );
    const { ask, requests } = hubFetch([broken, Response.json({ a: 1 })]);
    await expect((await ask(url)).json()).resolves.toEqual({ a: 1 });
    expect(requests).toHaveLength(2);
  });

  it("ends with the signal's reason, while asking and while waiting", async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const asking = hubFetch([async () => Promise.reject(stop.abort(reason))], { signal: stop.signal });
    await expect(asking.ask(url)).rejects.toBe(reason);
    expect(asking.requests).toHaveLength(1);

    const later = new AbortController();
    const sleep = async (): Promise<never> => {
      later.abort(reason);
      throw new DOMException('aborted', 'AbortError');
    };
    await expect(hubFetch([refused], { signal: later.signal, sleep }).ask(url)).rejects.toBe(reason);
  });
});

describe('the token', () => {
  it("goes to the endpoint's own origin only", async () => {
    const { ask, requests } = hubFetch([status(200)], { token: 'hf_secret' });
    for (const target of [url, 'https://cdn.test/a', 'http://hub.test/a', 'https://hub.test:444/a']) await ask(target);
    expect(requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer hf_secret', null, null, null]);
  });

  it('is refused without being quoted where it cannot be sent', () => {
    const make = (): unknown => createHubFetch({ endpoint, token: 'hf_sëcret' });
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_HUB_UNAUTHORIZED' }));
    expect(make).not.toThrow(/hf_/);
  });
});

it.each(['huggingface.co', 'ftp://hub.test', ''])('refuses %j as an endpoint', (wrong) => {
  expect(() => createHubFetch({ endpoint: wrong, token: undefined })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
});

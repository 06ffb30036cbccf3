// Sends requests at a rate (open loop), from a number of connections (closed loop) or all at once (burst), and notes what
// became of each.
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readAnswer } from './read-answer.mjs';
import { summarize } from './summarize-load.mjs';

/** @import { LoadPlan, LoadRecord, LoadResult, RequestKind } from './start-load.mjs' */

/** Milliseconds of a clock that all processes of a machine share. */
export function monotonicMs() {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/**
 * Runs a plan until its time is over, `signal` aborts or, in a closed loop, nobody listens any more; then waits for the
 * answers that are still to come.
 * @param {LoadPlan} plan
 * @param {AbortSignal} signal
 * @param {() => void} onFirstAnswer
 * @returns {Promise<LoadResult>}
 */
export async function generateLoad(plan, signal, onFirstAnswer) {
  const { loop, durationMs, keepRecords = false } = plan;
  const random = randomFrom(plan.seed ?? 1);
  const choose = chooserOf(plan.mix, random);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: loop.kind === 'closed' ? loop.connections : Number.POSITIVE_INFINITY,
    maxFreeSockets: 1024,
  });
  /** @type {LoadRecord[]} */
  const records = [];
  let hasAnswer = false;
  const startedMs = monotonicMs();
  const startCpu = process.cpuUsage();
  const ended = () => signal.aborted || monotonicMs() - startedMs >= durationMs;
  const one = async () => {
    const record = await send(plan.url, choose(), agent, random);
    if (record.outcome === 'answered' && !hasAnswer) {
      hasAnswer = true;
      onFirstAnswer();
    }
    records.push(record);
    return record;
  };
  if (loop.kind === 'closed') {
    const connection = async () => {
      while (!ended()) {
        const { outcome, retryAfter } = await one();
        if (outcome === 'refused') return;
        if (!loop.heedsRetryAfter || retryAfter === null) continue;
        await delay(Math.max(0, Math.min(1000 * Number(retryAfter), startedMs + durationMs - monotonicMs())));
      }
    };
    await Promise.all(Array.from({ length: loop.connections }, connection));
  } else if (loop.kind === 'burst') {
    await Promise.all(Array.from({ length: loop.requests }, one));
  } else {
    const pending = new Set();
    // What is late is made up for, so that the rate holds although timers are coarse.
    for (let due = startedMs; !ended(); due += 1000 / loop.ratePerSecond) {
      const early = due - monotonicMs();
      if (early > 0) await delay(early, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const request = one().finally(() => pending.delete(request));
      pending.add(request);
      // A loop that is behind must not keep answers from being read.
      if (early < -50) await delay(0);
    }
    await Promise.all(pending);
  }
  agent.destroy();
  const tookMs = monotonicMs() - startedMs;
  const { user, system } = process.cpuUsage(startCpu);
  return {
    ...summarize(records, startedMs, Math.min(durationMs, tookMs)),
    cpuShare: (user + system) / 1000 / (tookMs * availableParallelism()),
    records: keepRecords ? records : [],
  };
}

/**
 * @param {string} url
 * @param {RequestKind & { bodies: readonly { file: string, bytes: Buffer }[] }} kind
 * @param {Agent} agent
 * @param {() => number} random
 * @returns {Promise<LoadRecord>}
 */
function send(url, kind, agent, random) {
  const body = kind.bodies[Math.floor(random() * kind.bodies.length)];
  const startedMs = monotonicMs();
  /** @type {LoadRecord} */
  const record = {
    kind: kind.name,
    outcome: 'failed',
    startedMs,
    continuedMs: null,
    sentMs: null,
    endedMs: startedMs,
    status: null,
    code: null,
    label: null,
    state: null,
    wrong: false,
    retryAfter: null,
    connection: null,
    reused: false,
    error: null,
  };
  return new Promise((resolve) => {
    let isOver = false;
    /** @type {NodeJS.Timeout | undefined} */
    let leaving;
    const end = (/** @type {LoadRecord['outcome']} */ outcome) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(leaving);
      record.outcome = outcome;
      record.endedMs = monotonicMs();
      resolve(record);
    };
    /** @type {import('node:http').OutgoingHttpHeaders} */
    const headers = {
      ...(body === undefined ? {} : { 'Content-Length': body.bytes.length }),
      ...(kind.timeoutMs === undefined ? {} : { 'X-Timeout-Ms': kind.timeoutMs }),
      ...kind.headers,
    };
    const isSlow = body !== undefined && kind.pauseMs !== undefined;
    if (isSlow) headers.Expect = '100-continue';
    const method = kind.method ?? (body === undefined ? 'GET' : 'POST');
    const request = httpRequest(url + kind.path, { method, agent, headers });
    request.on('finish', () => {
      record.sentMs = monotonicMs();
    });
    request.on('error', (error) => {
      record.reused = request.reusedSocket;
      const code = 'code' in error ? String(error.code) : '';
      record.error ??= code || error.message;
      end(record.status !== null ? 'cut' : code === 'ECONNREFUSED' ? 'refused' : 'failed');
    });
    request.on('response', (response) => {
      record.status = response.statusCode ?? 0;
      record.retryAfter = response.headers['retry-after'] ?? null;
      record.connection = response.headers.connection ?? null;
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', () => end('cut'));
      if (kind.answer === 'events' && record.status === 200) {
        response.once('data', () => leaveAs('answered'));
        response.on('end', () => end('cut'));
        return;
      }
      response.on('end', () => {
        readAnswer(record, kind, body?.file, Buffer.concat(chunks));
        end(response.complete ? 'answered' : 'cut');
        // The server did not ask for the body that was announced: nothing else can follow on this connection.
        if (isSlow && record.continuedMs === null) request.destroy();
      });
    });
    const leaveAs = (/** @type {'answered' | 'left'} */ outcome) => {
      leaving = setTimeout(
        () => {
          end(outcome);
          request.destroy();
        },
        random() * (kind.leaveWithinMs ?? 0),
      );
    };
    if (kind.leaveWithinMs !== undefined && kind.answer !== 'events') leaveAs('left');
    if (!isSlow) {
      request.end(body?.bytes);
      return;
    }
    request.flushHeaders();
    request.once('continue', () => {
      record.continuedMs = monotonicMs();
      const middle = body.bytes.length >> 1;
      request.write(body.bytes.subarray(0, middle));
      setTimeout(() => request.end(body.bytes.subarray(middle)), kind.pauseMs);
    });
  });
}

/** @param {LoadPlan['mix']} mix @param {() => number} random */
function chooserOf(mix, random) {
  const kinds = mix.map((kind) => ({
    ...kind,
    bodies: (kind.pictures ?? []).map((file) => ({ file, bytes: readFileSync(file) })),
  }));
  const total = kinds.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return () => {
    let rest = random() * total;
    const found = kinds.find(({ weight = 1 }) => {
      rest -= weight;
      return rest < 0;
    });
    const kind = found ?? kinds[0];
    if (kind === undefined) throw new RangeError('a plan needs a mix');
    return kind;
  };
}

/** Numbers from 0 to 1 that a seed repeats: mulberry32. @param {number} seed */
export function randomFrom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// A client that sends whatever bytes it is told, and reads answers more strictly than clients do.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** @type {import('./converse.mjs').converse} */
export function converse(port, { parts, pauseMs = 0, leave = 'stay', answers: enough = 1, mostMs = 20_000 }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let bytes = Buffer.alloc(0);
    let isReset = false;
    const end = (/** @type {import('./converse.mjs').Outcome['end']} */ how) => {
      clearTimeout(timer);
      socket.destroy();
      try {
        const { answers, rest } = readAnswers(bytes);
        resolve({ answers, end: how, rest: rest.toString('latin1') });
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(() => end('late'), mostMs);
    socket.on('error', () => {
      isReset = true;
    });
    socket.on('close', () => end(isReset ? 'reset' : 'closed'));
    // The server has ended its side.
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      let found = 0;
      try {
        found = readAnswers(bytes).answers.length;
      } catch (error) {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      }
      if (found >= enough) end('enough');
    });
    socket.on('connect', async () => {
      for (const [index, part] of parts.entries()) {
        if (index > 0 && pauseMs > 0) await delay(pauseMs);
        if (socket.destroyed || !socket.writable) return;
        socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
      }
      if (leave === 'half') socket.end();
      if (leave === 'break') {
        socket.resetAndDestroy();
        end('broken');
      }
    });
  });
}

/** @type {import('./converse.mjs').readAnswers} */
export function readAnswers(bytes) {
  /** @type {import('./converse.mjs').RawAnswer[]} */
  const answers = [];
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd === -1) break;
    const [line = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line)?.[1]);
    if (Number.isNaN(status)) throw new Error(`not an answer of HTTP/1.1: ${JSON.stringify(line.slice(0, 200))}`);
    /** @type {Record<string, string>} */
    const headers = {};
    for (const header of lines) {
      const [, name = '', value = ''] = /^([\w-]+): (.*)$/.exec(header) ?? [];
      const key = name.toLowerCase();
      if (key === '' || key in headers) throw new Error(`a header that is malformed or there twice: ${header}`);
      headers[key] = value;
    }
    const start = headEnd + 4;
    const hasBody = status >= 200 && status !== 204 && status !== 304;
    const isChunked = headers['transfer-encoding'] === 'chunked';
    const body = isChunked
      ? readChunks(rest, start)
      : readLength(rest, start, hasBody ? headers['content-length'] : '0');
    if (body === undefined) break;
    // "100 Continue" is no answer yet.
    if (status >= 200) answers.push({ status, headers, body: body.bytes.toString('utf8') });
    rest = rest.subarray(body.end);
  }
  return { answers, rest };
}

/** @typedef {{ bytes: Buffer, end: number } | undefined} Body undefined: not whole yet */

/** @param {Buffer} from @param {number} start @param {string | undefined} given @returns {Body} */
function readLength(from, start, given) {
  if (given === undefined || !/^\d+$/.test(given)) throw new Error(`an answer whose length is ${given}`);
  const end = start + Number(given);
  return from.length < end ? undefined : { bytes: from.subarray(start, end), end };
}

/** @param {Buffer} from @param {number} start @returns {Body} */
function readChunks(from, start) {
  const chunks = [];
  for (let at = start; ; ) {
    const lineEnd = from.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(from.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (from.length < end) return undefined;
    chunks.push(from.subarray(lineEnd + 2, end - 2));
    if (size === 0) return { bytes: Buffer.concat(chunks), end };
    at = end;
  }
}

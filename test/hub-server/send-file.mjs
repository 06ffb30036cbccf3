// The content of a file over HTTP: ranges, preconditions and the faults that change what is served.

import { gzipSync } from 'node:zlib';
import { openContent } from './content.mjs';
import { storeFile } from './stored-file.mjs';

/** @import { StoredFile } from './index.mjs' */
/** @import { Exchange, Headers } from './exchange.mjs' */

/**
 * A Range header against a size. Several ranges, and what cannot be read, are ignored, as object stores do.
 * @param {string | null} header
 * @param {number} size
 * @returns {{ start: number, end: number } | 'whole' | 'unsatisfiable'}
 */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** Whether a list of quoted tags in If-Match or If-None-Match names this one. */
function listsTag(/** @type {string} */ header, /** @type {string} */ etag) {
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

export function contentDisposition(/** @type {string} */ path) {
  const name = path.split('/').at(-1) ?? path;
  return `inline; filename*=UTF-8''${encodeURIComponent(name)}; filename="${name}";`;
}

/**
 * @param {Exchange} exchange
 * @param {StoredFile} stored
 * @param {{ etagOf: (file: StoredFile) => string, headers: Headers, compress?: boolean }} options
 */
export async function sendFile(exchange, stored, { etagOf, headers, compress = false }) {
  const { record, state } = exchange;
  const isGet = exchange.request.method === 'GET';
  const replacement = isGet ? state.faults.takeReplacement(record) : null;
  const file = replacement === null ? stored : await storeFile(stored.path, { content: replacement, lfs: stored.lfs });
  const etag = `"${etagOf(file)}"`;
  const known = { ETag: etag, 'Accept-Ranges': 'bytes', ...headers };

  const ifMatch = exchange.header('if-match');
  if (ifMatch !== null && !listsTag(ifMatch, etag)) return exchange.sendText(412, 'Precondition Failed', known);
  const ifNoneMatch = exchange.header('if-none-match');
  if (ifNoneMatch !== null && listsTag(ifNoneMatch, etag)) {
    exchange.writeHead(304, known);
    return exchange.finish();
  }

  const ifRange = exchange.header('if-range');
  const asked = ifRange === null || ifRange === etag ? exchange.header('range') : null;
  let range = parseRange(isGet ? asked : null, file.size);
  if (range === 'unsatisfiable') {
    return exchange.sendText(416, 'Requested range not satisfiable', { 'Content-Range': `bytes */${file.size}` });
  }
  record.content = isGet;
  const { start, end } = range === 'whole' ? { start: 0, end: file.size } : range;
  const active = isGet ? state.faults.takeForBody(record, start, end) : null;
  if (active?.fault.kind === 'ignore-range') range = 'whole';
  if (range === 'whole' && active === null && compress && /\bgzip\b/.test(exchange.header('accept-encoding') ?? '')) {
    return sendCompressed(exchange, file, { ...known, ETag: `W/${etag}` });
  }
  const reader = await openContent(file.content);
  try {
    if (range === 'whole') return await exchange.sendBody(200, known, reader, 0, file.size, active);
    const partial = { ...known, 'Content-Range': `bytes ${start}-${end - 1}/${file.size}` };
    await exchange.sendBody(206, partial, reader, start, end, active);
  } finally {
    await reader.close();
  }
}

/**
 * As the Hub's front gives small text files to clients that take gzip: no length, no ranges, a weak tag.
 * @param {Exchange} exchange
 * @param {StoredFile} file
 * @param {Headers} headers
 */
async function sendCompressed(exchange, file, headers) {
  const reader = await openContent(file.content);
  const packed = gzipSync(file.size === 0 ? '' : await reader.read(0, file.size));
  await reader.close();
  const { 'Accept-Ranges': _, ...kept } = headers;
  exchange.writeHead(200, { ...kept, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  if (exchange.request.method !== 'HEAD') {
    exchange.response.write(packed);
    exchange.record.bytesSent += packed.length;
  }
  await exchange.finish();
}

// The second host: files by signed URLs, as an object store behind a CDN gives them.

import { createHmac } from 'node:crypto';
import { contentDisposition, sendFile } from './send-file.mjs';

/** @import { StoredFile } from './index.mjs' */
/** @import { Exchange } from './exchange.mjs' */
/** @import { Repository } from './repository.mjs' */

const route = /^\/repos\/([^/]+\/[^/]+)\/([0-9a-f]{64})$/;

/** @param {string} pathname @param {string} file @param {string} expires */
function signatureOf(pathname, file, expires) {
  return createHmac('sha256', 'the key of the test CDN').update(`${pathname}\n${file}\n${expires}`).digest('hex');
}

/** A signed path for a file of a repository. */
export function signedPath(
  /** @type {Repository} */ repository,
  /** @type {StoredFile} */ file,
  /** @type {number} */ expires,
) {
  const pathname = `/repos/${repository.id}/${file.sha256}`;
  const query = new URLSearchParams({
    'response-content-disposition': contentDisposition(file.path),
    'response-content-type': 'application/octet-stream',
    'x-path': file.path,
    Expires: String(expires),
    Signature: signatureOf(pathname, file.path, String(expires)),
    'Key-Pair-Id': 'KTESTHUB',
  });
  return `${pathname}?${query}`;
}

/** The file that a URL of this host is about, as org/name/path, or null. */
export function fileOfSignedUrl(/** @type {URL} */ url) {
  const match = route.exec(url.pathname);
  return match ? `${match[1]}/${url.searchParams.get('x-path') ?? ''}` : null;
}

/** @param {Exchange} exchange @param {number} status @param {string} code @param {string} message */
function refuse(exchange, status, code, message) {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return exchange.sendText(status, xml, { 'Content-Type': 'application/xml' });
}

/**
 * @param {Exchange} exchange
 * @returns {Promise<void>}
 */
export async function answerCdn(exchange) {
  const { url, state } = exchange;
  if (exchange.header('authorization') !== null) {
    const message =
      'Only one auth mechanism allowed; only the Signature query string parameter or the Authorization header should be specified';
    return refuse(exchange, 400, 'InvalidArgument', message);
  }
  const [, id = '', sha256 = ''] = route.exec(url.pathname) ?? [];
  const expires = url.searchParams.get('Expires') ?? '';
  const signature = signatureOf(url.pathname, url.searchParams.get('x-path') ?? '', expires);
  if (url.searchParams.get('Signature') !== signature) return refuse(exchange, 403, 'AccessDenied', 'Access denied');
  if (Number(expires) * 1000 < Date.now()) return refuse(exchange, 403, 'AccessDenied', 'Request has expired');
  const file = state.repositories.get(id)?.filesBySha256.get(sha256);
  if (!file) return refuse(exchange, 404, 'NoSuchKey', 'The specified key does not exist.');
  await sendFile(exchange, file, {
    etagOf: state.cdnEtag === 'sha256' ? (served) => served.sha256 : (served) => served.storeEtag,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': contentDisposition(file.path),
      'Last-Modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'Cache-Control': 'public, max-age=31536000',
    },
  });
}

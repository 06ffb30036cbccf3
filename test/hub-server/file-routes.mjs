// Files by name at the Hub's host: /resolve, /raw, and the cached form that /resolve redirects small files to.

import { requireCommit, splitRevision } from './api-routes.mjs';
import { HubError, requireGranted, requireReadable } from './hub-error.mjs';
import { contentDisposition, sendFile } from './send-file.mjs';

/** @import { Commit, StoredFile } from './index.mjs' */
/** @import { Exchange, Headers } from './exchange.mjs' */
/** @import { Repository } from './repository.mjs' */

const route = /^\/([^/]+\/[^/]+)\/(resolve|raw)\/(.+)$/;
const cachedRoute = /^\/api\/resolve-cache\/models\/([^/]+\/[^/]+)\/([0-9a-f]{40})\/(.+)$/;

/** The file that a URL of the Hub's host is about, as org/name/path, or null. */
export function fileOfPath(/** @type {string} */ pathname) {
  const cached = cachedRoute.exec(pathname);
  if (cached) return decodeURIComponent(`${cached[1]}/${cached[3]}`);
  const match = route.exec(pathname);
  return match ? `${decodeURIComponent(match[1] ?? '')}/${splitRevision(match[3] ?? '').path}` : null;
}

/** @returns {Promise<boolean>} whether the URL is one of these routes */
export async function answerCachedFile(/** @type {Exchange} */ exchange) {
  const match = cachedRoute.exec(exchange.url.pathname);
  if (!match) return false;
  const [, id = '', sha = '', path = ''] = match;
  const repository = requireReadable(exchange, exchange.state.repositories.get(decodeURIComponent(id)));
  requireGranted(exchange, repository);
  const commit = requireCommit(repository, sha);
  await sendSmallFile(exchange, requireFile(commit, decodeURIComponent(path)), commitHeaders(exchange, commit));
  return true;
}

/** @returns {Promise<boolean>} whether the URL is one of these routes */
export async function answerFile(/** @type {Exchange} */ exchange) {
  const match = route.exec(exchange.url.pathname);
  if (!match) return false;
  const [, encodedId = '', kind, rest = ''] = match;
  const id = decodeURIComponent(encodedId);
  const renamed = exchange.redirectRenamed(id, '/');
  if (renamed) {
    await renamed;
    return true;
  }
  const repository = requireReadable(exchange, exchange.state.repositories.get(id));
  requireGranted(exchange, repository);
  const { revision, path } = splitRevision(rest);
  const commit = requireCommit(repository, revision);
  const file = requireFile(commit, path);
  const headers = commitHeaders(exchange, commit);
  if (kind === 'raw') {
    const { pointer, oid } = file;
    const asStored = { ...file, content: pointer ?? file.content, size: pointer?.length ?? file.size, etag: oid };
    await sendSmallFile(exchange, asStored, headers);
  } else if (file.lfs) await sendLfs(exchange, repository, file, headers);
  else if (repository.private || repository.gated !== false || !exchange.state.resolveCache) {
    await sendSmallFile(exchange, file, headers);
  } else await redirectToCache(exchange, repository, commit, file, headers);
  return true;
}

/** @returns {StoredFile} */
function requireFile(/** @type {Commit} */ commit, /** @type {string} */ path) {
  const file = commit.files.get(path);
  if (!file) throw new HubError(404, 'Entry not found', { code: 'EntryNotFound', commit: commit.id });
  return file;
}

/** @returns {Headers} */
function commitHeaders(/** @type {Exchange} */ exchange, /** @type {Commit} */ commit) {
  return {
    'X-Repo-Commit': commit.id,
    'Accept-Ranges': 'bytes',
    Vary: 'Origin, Accept',
    'Access-Control-Allow-Origin': exchange.state.hubUrl,
    'Access-Control-Expose-Headers':
      'X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash',
  };
}

/** @returns {Headers} */
function linkedHeaders(/** @type {StoredFile} */ file) {
  return { 'X-Linked-Size': file.size, 'X-Linked-ETag': `"${file.etag}"` };
}

/** @param {Exchange} exchange @param {StoredFile} file @param {Headers} headers */
function sendSmallFile(exchange, file, headers) {
  const shown = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Disposition': contentDisposition(file.path) };
  return sendFile(exchange, file, {
    etagOf: (served) => served.etag,
    headers: { ...headers, ...shown },
    compress: exchange.state.compress,
  });
}

/**
 * @param {Exchange} exchange
 * @param {Repository} repository
 * @param {Commit} commit
 * @param {StoredFile} file
 * @param {Headers} headers
 */
function redirectToCache(exchange, repository, commit, file, headers) {
  const query = `${encodeURIComponent(exchange.url.pathname)}=&etag=${encodeURIComponent(`"${file.etag}"`)}`;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const location = `/api/resolve-cache/models/${repository.id}/${commit.id}/${path}?${query}`;
  return exchange.redirect(307, location, { ...headers, ...linkedHeaders(file) });
}

/** @param {Exchange} exchange @param {Repository} repository @param {StoredFile} file @param {Headers} headers */
function sendLfs(exchange, repository, file, headers) {
  const { state } = exchange;
  if (!state.xet)
    return exchange.redirect(302, state.cdnLocation(repository, file), { ...headers, ...linkedHeaders(file) });
  const links = {
    'xet-auth': `${state.hubUrl}/api/models/${repository.id}/xet-read-token/${headers['X-Repo-Commit']}`,
    'xet-reconstruction-info': `${state.cdnUrl}/v1/reconstructions/${file.sha256}`,
  };
  const all = {
    ...headers,
    ...linkedHeaders(file),
    'X-Xet-Hash': file.sha256,
    Link: Object.entries(links)
      .map(([name, url]) => `<${url}>; rel="${name}"`)
      .join(', '),
  };
  if (exchange.header('accept')?.includes('application/vnd.xet-fileinfo+json')) {
    const info = {
      hash: file.sha256,
      refreshUrl: links['xet-auth'],
      reconstructionUrl: links['xet-reconstruction-info'],
    };
    return exchange.sendJson(200, info, { ...all, 'Content-Type': 'application/vnd.xet-fileinfo+json; charset=utf-8' });
  }
  return exchange.redirect(302, state.cdnLocation(repository, file), all);
}

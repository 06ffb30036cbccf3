// The Hub's JSON API, as far as reading models goes.

import { createHash } from 'node:crypto';
import { HubError, requireReadable, tokenOf } from './hub-error.mjs';
import { fileEntry, lfsOf, treeEntries } from './tree-entries.mjs';

/** @import { Commit } from './index.mjs' */
/** @import { Exchange } from './exchange.mjs' */
/** @import { Repository } from './repository.mjs' */

const isTrue = (/** @type {unknown} */ value) => /^(?:true|1)$/i.test(String(value ?? ''));

/** @param {Repository} repository @param {string} revision @returns {Commit} */
export function requireCommit(repository, revision) {
  const commit = repository.resolve(revision);
  if (!commit) throw new HubError(404, `Invalid rev id: ${revision}`, { code: 'RevisionNotFound' });
  return commit;
}

/** Splits "REVISION/PATH": clients write a slash in a revision as %2F, or plainly in refs/pr/1. */
export function splitRevision(/** @type {string} */ rest) {
  const parts = rest.split('/');
  const length = parts[0] === 'refs' ? 3 : 1;
  const [revision = '', path = ''] = [parts.slice(0, length).join('/'), parts.slice(length).join('/')];
  return { revision: decodeURIComponent(revision), path: decodeURIComponent(path) };
}

/**
 * @param {Exchange} exchange
 * @returns {Promise<void>}
 */
export async function answerApi(exchange) {
  const { pathname } = exchange.url;
  if (pathname === '/api/whoami-v2') return sendWhoAmI(exchange);
  const match = /^\/api\/models\/([^/]+)\/([^/]+)(?:\/(revision|tree|paths-info)\/(.+?)\/?)?$/.exec(pathname);
  if (!match) throw new HubError(404, "Sorry, we can't find the page you are looking for.");
  const [, organisation = '', name = '', route, rest = ''] = match;
  const id = decodeURIComponent(`${organisation}/${name}`);
  const renamed = exchange.redirectRenamed(id, '/api/models/');
  if (renamed) return renamed;
  const repository = requireReadable(exchange, exchange.state.repositories.get(id));
  const { revision, path } = route === undefined ? { revision: 'main', path: '' } : splitRevision(rest);
  if (route === 'revision') {
    return sendModel(exchange, repository, requireCommit(repository, path === '' ? revision : `${revision}/${path}`));
  }
  const commit = requireCommit(repository, revision);
  if (route === 'tree') return sendTree(exchange, repository, commit, path, revision);
  if (route === 'paths-info') return sendPathsInfo(exchange, repository, commit);
  return sendModel(exchange, repository, commit);
}

/** @param {Exchange} exchange @param {Repository} repository @param {Commit} commit */
async function sendModel(exchange, repository, commit) {
  const { searchParams } = exchange.url;
  const withBlobs = isTrue(searchParams.get('blobs'));
  const siblings = [...commit.files.values()].map((file) => ({
    rfilename: file.path,
    ...(withBlobs ? { size: file.size, blobId: file.oid, ...lfsOf(file, 'sha256') } : {}),
  }));
  const identity = { _id: createHash('sha1').update(repository.id).digest('hex').slice(0, 24), id: repository.id };
  /** @type {Record<string, unknown>} */
  const fields = {
    author: repository.id.split('/')[0],
    cardData: { pipeline_tag: repository.pipelineTag, library_name: repository.libraryName },
    config: {},
    createdAt: '2026-01-01T00:00:00.000Z',
    disabled: false,
    downloads: 0,
    downloadsAllTime: 0,
    gated: repository.gated,
    lastModified: commit.date,
    library_name: repository.libraryName,
    likes: 0,
    'model-index': null,
    pipeline_tag: repository.pipelineTag,
    private: repository.private,
    sha: commit.id,
    siblings,
    spaces: [],
    tags: repository.tags,
    usedStorage: siblings.length === 0 ? 0 : [...commit.files.values()].reduce((sum, file) => sum + file.size, 0),
  };
  const expand = searchParams.getAll('expand');
  if (expand.length === 0) {
    const { downloadsAllTime: _, ...all } = fields;
    return exchange.sendJson(200, { ...identity, modelId: repository.id, ...all });
  }
  const chosen = expand.filter((key) => key in fields).map((key) => [key, fields[key]]);
  return exchange.sendJson(200, { ...identity, ...Object.fromEntries(chosen) });
}

/**
 * @param {Exchange} exchange
 * @param {Repository} repository
 * @param {Commit} commit
 * @param {string} folder
 * @param {string} revision
 */
async function sendTree(exchange, repository, commit, folder, revision) {
  const { searchParams } = exchange.url;
  const expand = isTrue(searchParams.get('expand'));
  const entries = treeEntries(repository, commit, { folder, recursive: isTrue(searchParams.get('recursive')), expand });
  if (entries.length === 0 && folder !== '') {
    const message = `${folder} does not exist on "${revision}"`;
    throw new HubError(404, message, { code: 'EntryNotFound', commit: commit.id });
  }
  const most = expand ? 100 : 1000;
  const limit = Math.min(Number(searchParams.get('limit') ?? exchange.state.treePageSize ?? most) || most, most);
  // A cursor is opaque to clients: the position, coded.
  const from = Number(Buffer.from(searchParams.get('cursor') ?? '', 'base64url').toString() || 0);
  /** @type {Record<string, string>} */
  const headers = {};
  if (from + limit < entries.length) {
    const next = new URL(exchange.url);
    next.searchParams.set('limit', String(limit));
    next.searchParams.set('cursor', Buffer.from(String(from + limit)).toString('base64url'));
    headers.Link = `<${next.href}>; rel="next"`;
  }
  return exchange.sendJson(200, entries.slice(from, from + limit), headers);
}

/** @param {Exchange} exchange @param {Repository} repository @param {Commit} commit */
async function sendPathsInfo(exchange, repository, commit) {
  const body = await exchange.readBody();
  const isJson = exchange.header('content-type')?.startsWith('application/json') ?? false;
  const form = new URLSearchParams(isJson ? '' : body);
  /** @type {{ paths: string | string[], expand?: unknown }} */
  const asked = isJson ? JSON.parse(body) : { paths: form.getAll('paths'), expand: form.get('expand') };
  const options = { recursive: true, expand: isTrue(asked.expand) };
  const folders = treeEntries(repository, commit, { ...options, folder: '' }).filter(
    ({ type }) => type === 'directory',
  );
  const infos = [asked.paths].flat().flatMap((path) => {
    const file = commit.files.get(path);
    if (file) return [fileEntry(repository, commit, file, options.expand)];
    return folders.filter((entry) => entry.path === path);
  });
  return exchange.sendJson(200, infos);
}

/** @param {Exchange} exchange */
async function sendWhoAmI(exchange) {
  const token = tokenOf(exchange);
  if (token === null || !exchange.state.knowsToken(token)) throw new HubError(401, 'Invalid username or password.');
  return exchange.sendJson(200, {
    type: 'user',
    id: createHash('sha1').update(token).digest('hex').slice(0, 24),
    name: 'tester',
    fullname: 'Tester',
    email: 'tester@example.org',
    emailVerified: true,
    canPay: false,
    billingMode: 'prepaid',
    periodEnd: null,
    isPro: false,
    avatarUrl: '/avatars/tester.svg',
    orgs: [],
    auth: {
      type: 'access_token',
      accessToken: { displayName: 'test', role: 'read', createdAt: '2026-01-01T00:00:00.000Z' },
    },
  });
}

import { createHash } from 'node:crypto';
import { downloadFile, fileDownloadInfo, HubApiError, listFiles, modelInfo, pathsInfo, whoAmI } from '@huggingface/hub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubServer, Repository, readFolder, startHubServer } from './index.mjs';

const digits = new URL('../../models/digits', import.meta.url).pathname;
const model = 'onnx/model.onnx';
const repo = 'tests/digits';
let hub: HubServer;
let first: string;
let second: string;

beforeAll(async () => {
  const repository = await Repository.create({ id: repo, files: await readFolder(digits), formerIds: ['old/digits'] });
  first = repository.resolve('main')?.id ?? '';
  repository.setRevision('v1', first);
  second = await repository.addCommit({ 'README.md': '# changed\n', 'notes/a.txt': 'a', 'notes/b.txt': 'b' });
  hub = await startHubServer({
    tokens: ['hf_stranger'],
    repositories: [
      repository,
      { id: 'tests/secret', private: true, tokens: ['hf_owner'], files: { 'config.json': '{}', [model]: 'weights' } },
      { id: 'tests/gated', gated: 'manual', tokens: ['hf_owner'], files: { 'config.json': '{}', [model]: 'weights' } },
    ],
  });
});
afterAll(() => hub.stop());

async function paths(options: { recursive?: boolean; path?: string; revision?: string } = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of listFiles({ repo, hubUrl: hub.url, ...options })) found.push(entry.path);
  return found;
}

async function statusOf(promise: Promise<unknown>): Promise<number> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubApiError)) throw new Error(`no HubApiError but ${String(error)}`);
  return error.statusCode;
}

function resolveUrl(path: string, revision = 'main', id = repo): string {
  return `${hub.url}/${id}/resolve/${revision}/${path}`;
}

describe('metadata through @huggingface/hub', () => {
  it('gives the commit of a branch, a tag, a commit and HEAD', async () => {
    const ask = (revision?: string) =>
      modelInfo({ name: repo, hubUrl: hub.url, additionalFields: ['sha', 'filePaths'], ...(revision && { revision }) });
    expect(await ask()).toMatchObject({ name: repo, sha: second, private: false, gated: false });
    expect((await ask('main')).sha).toBe(second);
    expect((await ask('v1')).sha).toBe(first);
    expect((await ask(first)).filePaths).not.toContain('notes/a.txt');
    expect(await statusOf(ask('nowhere'))).toBe(404);
  });

  it('lists a folder, or all of it page by page', async () => {
    expect(await paths()).toEqual(['README.md', 'config.json', 'notes', 'onnx', 'preprocessor_config.json']);
    expect(await paths({ path: 'notes' })).toEqual(['notes/a.txt', 'notes/b.txt']);
    const all = await paths({ recursive: true });
    expect(all).toContain(model);
    const small = await startHubServer({ repositories: [hub.repository(repo)], treePageSize: 3 });
    const paged: string[] = [];
    for await (const entry of listFiles({ repo, hubUrl: small.url, recursive: true })) paged.push(entry.path);
    expect(paged).toEqual(all);
    expect(small.requests).toHaveLength(Math.ceil(all.length / 3));
    await small.stop();
  });

  it('tells size, git oid, sha256 and the commit that last changed a file', async () => {
    const [onnx, readme] = await pathsInfo({
      repo,
      hubUrl: hub.url,
      paths: [model, 'README.md', 'none'],
      expand: true,
    });
    const file = hub.repository(repo).file(model);
    expect(onnx).toMatchObject({ size: file.size, oid: file.oid, lfs: { oid: file.sha256, size: file.size } });
    expect(onnx?.lastCommit?.id).toBe(first);
    expect(readme?.lastCommit?.id).toBe(second);
    // git hash-object of "# changed\n"
    expect(readme?.oid).toBe(createHash('sha1').update('blob 10\0# changed\n').digest('hex'));
  });

  it('knows who a token belongs to and refuses unknown ones', async () => {
    expect(await whoAmI({ accessToken: 'hf_owner', hubUrl: hub.url })).toMatchObject({ type: 'user' });
    expect(await statusOf(whoAmI({ accessToken: 'hf_forged', hubUrl: hub.url }))).toBe(401);
    expect(await statusOf(modelInfo({ name: repo, accessToken: 'hf_forged', hubUrl: hub.url }))).toBe(401);
  });

  it('hides private repositories like missing ones, and shows gated ones', async () => {
    const ask = (name: string, accessToken?: string) =>
      modelInfo({ name, hubUrl: hub.url, ...(accessToken && { accessToken }) });
    for (const name of ['tests/secret', 'tests/none']) {
      expect(await statusOf(ask(name))).toBe(401);
      expect(await statusOf(ask(name, 'hf_stranger'))).toBe(404);
    }
    expect((await ask('tests/secret', 'hf_owner')).private).toBe(true);
    expect((await ask('tests/gated')).gated).toBe('manual');
    expect(await statusOf(fileDownloadInfo({ repo: 'tests/gated', path: model, hubUrl: hub.url }))).toBe(401);
  });

  it('follows a renamed repository', async () => {
    expect((await modelInfo({ name: 'old/digits', hubUrl: hub.url })).name).toBe(repo);
    const response = await fetch(resolveUrl(model, 'main', 'old/digits'), { redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toBe(`/${repo}/resolve/main/${model}`);
  });
});

describe('files', () => {
  it('downloads LFS and small files through @huggingface/hub with the right bytes', async () => {
    for (const path of [model, 'config.json']) {
      const blob = await downloadFile({ repo, path, hubUrl: hub.url });
      const bytes = Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(hub.repository(repo).file(path).sha256);
    }
    expect(await fileDownloadInfo({ repo, path: 'none.txt', hubUrl: hub.url })).toBeNull();
  });

  it('names an LFS file by sha256 on a redirect to another host', async () => {
    const file = hub.repository(repo).file(model);
    const response = await fetch(resolveUrl(model, 'v1'), { method: 'HEAD', redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(response.headers.get('x-repo-commit')).toBe(first);
    expect(response.headers.get('x-linked-etag')).toBe(`"${file.sha256}"`);
    expect(response.headers.get('x-linked-size')).toBe(String(file.size));
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.hostname).not.toBe(new URL(hub.url).hostname);
    const signed = await fetch(location, { method: 'HEAD' });
    expect(signed.headers.get('etag')).toBe(`"${file.storeEtag}"`);
    location.searchParams.set('Expires', '1');
    expect((await fetch(location)).status).toBe(403);
  });

  it('names a small file by its git oid and redirects it within the host', async () => {
    const { oid } = hub.repository(repo).file('config.json');
    const response = await fetch(resolveUrl('config.json'), { method: 'HEAD', redirect: 'manual' });
    expect(response.status).toBe(307);
    expect(response.headers.get('location')).toMatch(/^\/api\/resolve-cache\/models\/tests\/digits\//);
    const followed = await fetch(resolveUrl('config.json'));
    expect(followed.headers.get('etag')).toBe(`"${oid}"`);
    expect(followed.headers.get('x-repo-commit')).toBe(second);
  });

  it('refuses with the codes of the Hub', async () => {
    const cases = [
      [resolveUrl('none.txt'), null, 404, 'EntryNotFound'],
      [resolveUrl('config.json', 'none'), null, 404, 'RevisionNotFound'],
      [resolveUrl('config.json', 'main', 'tests/none'), null, 401, 'RepoNotFound'],
      [resolveUrl('config.json', 'main', 'tests/none'), 'hf_stranger', 404, 'RepoNotFound'],
      [resolveUrl('config.json', 'main', 'tests/gated'), null, 401, 'GatedRepo'],
      [resolveUrl('config.json', 'main', 'tests/gated'), 'hf_stranger', 403, 'GatedRepo'],
      [resolveUrl('config.json', 'main', 'tests/gated'), 'hf_owner', 200, null],
    ] as const;
    for (const [url, token, status, code] of cases) {
      const response = await fetch(url, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
      expect([response.status, response.headers.get('x-error-code')]).toEqual([status, code]);
    }
  });

  it('does not let a token through to the second host', async () => {
    const headers = { authorization: 'Bearer hf_owner' };
    const url = resolveUrl(model, 'main', 'tests/secret');
    hub.clearRequests();
    expect(await (await fetch(url, { headers })).text()).toBe('weights');
    expect(hub.stats().authorization).toEqual({ hub: ['Bearer hf_owner'], cdn: [] });
    const { headers: answer } = await fetch(url, { headers, redirect: 'manual' });
    expect((await fetch(answer.get('location') ?? '', { headers })).status).toBe(400);
    expect(hub.stats().authorization.cdn).toEqual(['Bearer hf_owner']);
  });

  it('serves ranges under the conditions that a request names', async () => {
    const repository = await hub.addRepository({ id: 'tests/ranges', files: { [model]: '0123456789' } });
    const etag = `"${repository.file(model).storeEtag}"`;
    const get = async (headers: Record<string, string>) => {
      const response = await fetch(resolveUrl(model, 'main', 'tests/ranges'), { headers });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await get({ range: 'bytes=2-4' })).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await get({ range: 'bytes=7-' })).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await get({ range: 'bytes=-2' })).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await get({ range: 'bytes=8-99' })).toEqual([206, 'bytes 8-9/10', '89']);
    expect((await get({ range: 'bytes=10-' })).slice(0, 2)).toEqual([416, 'bytes */10']);
    expect(await get({ range: 'bytes=2-4', 'if-range': etag })).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await get({ range: 'bytes=2-4', 'if-range': '"other"' })).toEqual([200, null, '0123456789']);
    expect((await get({ range: 'bytes=2-4', 'if-match': '"other"' }))[0]).toBe(412);
    expect((await get({ 'if-match': etag }))[0]).toBe(200);
    expect((await get({ 'if-none-match': etag }))[0]).toBe(304);
  });

  it('compresses small files on request and drops their length, as the Hub does', async () => {
    const server = await startHubServer({ repositories: [hub.repository(repo)], compress: true });
    const file = hub.repository(repo).file('config.json');
    const response = await fetch(`${server.url}/${repo}/resolve/main/config.json`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('content-length')).toBeNull();
    expect(response.headers.get('etag')).toBe(`W/"${file.oid}"`);
    expect((await response.arrayBuffer()).byteLength).toBe(file.size);
    await server.stop();
  });
});

describe('commits', () => {
  it('have the same id for the same content', async () => {
    const twin = await Repository.create({ id: repo, files: await readFolder(digits) });
    expect(twin.resolve('main')?.id).toBe(first);
  });

  it('can be written out by id, oldest first', async () => {
    const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];
    const commits = { [a]: { 'a.txt': 'one', 'same.txt': '=' }, [b]: { 'a.txt': 'two', 'same.txt': '=' } };
    const repository = await Repository.create({ id: 'tests/written', commits, revisions: { old: a } });
    expect([repository.resolve('main')?.id, repository.resolve('old')?.id]).toEqual([b, a]);
    const newest = repository.resolve(b);
    expect(newest && repository.lastCommitOf(newest, 'same.txt').id).toBe(a);
  });
});

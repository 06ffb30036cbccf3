import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteSkip } from '../skips/note-skip.js';
import { Repository, readFolder } from './index.mjs';

const digits = new URL('../../models/digits', import.meta.url).pathname;
const python = process.env.HORNET_TEST_PYTHON;
let child: ChildProcess;
let urls: { url: string; cdnUrl: string; controlUrl: string };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-server-'));
  const main = new URL('main.mjs', import.meta.url).pathname;
  const args = ['--with-stdin', '--repo', `tests/digits=${digits}`, '--token', 'hf_owner'];
  child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    urls = JSON.parse(line);
    break;
  }
});
afterAll(async () => {
  const ended = once(child, 'exit');
  child.stdin?.end();
  expect(await ended).toEqual([0, null]);
  await rm(folder, { recursive: true, force: true });
});

async function control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${urls.controlUrl}/_control/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

describe('the server as a process', () => {
  it('takes faults and tells what it sent', async () => {
    const config = `${urls.url}/tests/digits/resolve/main/config.json`;
    const { id } = await control('POST', 'faults', { kind: 'status', status: 503, path: 'config.json' });
    expect((await fetch(config)).status).toBe(503);
    expect(await control('GET', `faults/${id}`)).toEqual({ hits: 1 });
    await control('DELETE', 'stats');
    const text = await (await fetch(config)).text();
    const files = { 'tests/digits/config.json': { gets: 1, complete: 1, bytes: text.length } };
    expect(await control('GET', 'stats')).toMatchObject({ requests: 2, files });
  });

  it('stops, starts and gets new commits', async () => {
    await control('POST', 'stop');
    await expect(fetch(urls.url)).rejects.toThrow();
    await control('POST', 'start');
    const { commit } = await control('POST', 'commits', { repository: 'tests/digits', files: { 'new.txt': 'new' } });
    const response = await fetch(`${urls.url}/tests/digits/resolve/main/new.txt`);
    expect(response.headers.get('x-repo-commit')).toBe(commit);
  });
});

if (!python) noteSkip('the Hub of the tests and the Python client', 'HORNET_TEST_PYTHON names no interpreter');

describe.skipIf(!python)('the server and the Python client', () => {
  it('is a Hub to snapshot_download, the model API and the cache verifier', async () => {
    const script = `
import json
from huggingface_hub import HfApi, hf_hub_download, scan_cache_dir, snapshot_download
from huggingface_hub.errors import RemoteEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
api = HfApi()
info = api.model_info("tests/digits", files_metadata=True)
tree = sorted(entry.path for entry in api.list_repo_tree("tests/digits", recursive=True))
path = snapshot_download("tests/digits", allow_patterns=["*.json", "onnx/*"])
def refused(*args, **more):
    try:
        hf_hub_download(*args, **more)
    except Exception as error:
        return type(error).__name__
print(json.dumps({
    "sha": info.sha,
    "sizes": {file.rfilename: file.size for file in info.siblings},
    "tree": tree,
    "path": path,
    "offline": snapshot_download("tests/digits", allow_patterns=["*.json"], local_files_only=True) == path,
    "warnings": len(scan_cache_dir().warnings),
    "refused": [refused("tests/none", "a"), refused("tests/digits", "none"), refused("tests/digits", "a", revision="none")],
}))`;
    const env = {
      ...process.env,
      HF_ENDPOINT: urls.url,
      HF_HOME: folder,
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_TOKEN: 'hf_owner',
    };
    const run = promisify(execFile);
    const { stdout } = await run(python ?? '', ['-c', script], { env });
    const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    const repository = await Repository.create({ id: 'tests/digits', files: await readFolder(digits) });
    const onnx = repository.file('onnx/model.onnx');
    expect(seen).toMatchObject({
      sizes: { 'onnx/model.onnx': onnx.size },
      offline: true,
      warnings: 0,
      refused: ['RepositoryNotFoundError', 'RemoteEntryNotFoundError', 'RevisionNotFoundError'],
    });
    expect(seen.tree).toEqual(expect.arrayContaining(['config.json', 'onnx', 'onnx/model.onnx']));
    const blob = await readFile(join(folder, 'hub/models--tests--digits/blobs', onnx.sha256));
    expect(blob.length).toBe(onnx.size);
    const verify = ['-m', 'huggingface_hub.cli.hf', 'cache', 'verify', 'tests/digits', '--revision', seen.sha];
    expect((await run(python ?? '', verify, { env })).stdout).toContain('Verified');
    expect(await control('GET', 'stats')).toMatchObject({ authorization: { cdn: [] } });
  });
});

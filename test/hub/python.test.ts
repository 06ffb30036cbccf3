import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { verifyCache } from '../../src/hub/cache/verify-cache.js';
import { isMet, noteSkip } from '../skips/note-skip.js';
import { neededFiles, onnx, repository } from './hub-fixture.js';
import { fetcher, hub, useHub } from './use-hub.js';

const python = process.env.HORNET_TEST_PYTHON;
if (python === undefined) {
  noteSkip('a cache shared with Python', 'HORNET_TEST_PYTHON names no python with huggingface_hub');
}
const hf = join(dirname(python ?? ''), 'hf');

useHub();

function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<{ stdout: string }> {
  return promisify(execFile)(command, args, {
    env: {
      PATH: process.env.PATH ?? '',
      HF_HOME: join(fetcher.folder, 'python'),
      HF_HUB_CACHE: fetcher.cacheDir,
      HF_ENDPOINT: hub.url,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      NO_COLOR: '1',
      NO_PROXY: '127.0.0.1,localhost',
      ...env,
    },
  });
}

/** What an expression is in Python, with huggingface_hub imported and `repo` the name of the repository. */
async function inPython<T>(expression: string, env: Record<string, string> = {}): Promise<T> {
  // By name: all of the package takes twice as long to import.
  const program = `import json
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
repo = ${JSON.stringify(repository)}
print(json.dumps(${expression}))`;
  return JSON.parse((await run(python ?? '', ['-c', program], env)).stdout) as T;
}

const scan = '[[str(w) for w in info.warnings] for info in [scan_cache_dir()]][0]';

describe.skipIf(python === undefined)('with huggingface_hub', () => {
  it('is found by Python offline after we have fetched, whole and without warnings', async () => {
    const { folder } = await fetcher.fetch();
    hub.clearRequests();
    const local = 'snapshot_download(repo, local_files_only=True)';
    const absent = 'try_to_load_from_cache(repo, "processor_config.json") is not None';
    expect(await inPython(`[${local}, ${absent}, ${scan}]`)).toEqual([folder, true, []]);
    const files = `[hf_hub_download(repo, path) for path in ${JSON.stringify(neededFiles)}]`;
    expect(await inPython(`[snapshot_download(repo), ${files}]`, { HF_HUB_OFFLINE: '1' })).toEqual([
      folder,
      neededFiles.map((path) => join(folder, path)),
    ]);
    expect(hub.requests.filter(({ path }) => path.includes(repository))).toEqual([]);
  });

  const hasHf = isMet(python === undefined || existsSync(hf), 'verification by the command hf', `${hf} is not there`);
  it.runIf(hasHf)('passes the verification of its command line', async () => {
    await fetcher.fetch();
    const { stdout } = await run(hf, ['cache', 'verify', repository]);
    expect(stdout).toMatch(/3 file/);
  });

  it('is not fetched again by Python but for what it wants besides', async () => {
    await fetcher.fetch();
    hub.clearRequests();
    expect(await inPython(`[snapshot_download(repo), ${scan}][1]`)).toEqual([]);
    expect(hub.downloads(`${repository}/${onnx}`).gets).toBe(0);
    expect(hub.downloads(`${repository}/README.md`).gets).toBe(1);
    expect(await verifyCache(fetcher.cacheDir)).toMatchObject({ damaged: [], warnings: [] });
  });

  it.each(['0', '1'])('is found by us offline after Python has fetched (links off: %s)', async (disabled) => {
    const folder = await inPython('snapshot_download(repo)', { HF_HUB_DISABLE_SYMLINKS: disabled });
    hub.clearRequests();
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder, source: 'cache', dtype: 'fp32' });
    expect(await fetcher.fetch({ dtype: 'q4' }, { offline: true })).toMatchObject({ folder, dtype: 'q4' });
    expect(hub.requests).toEqual([]);
    expect(await fetcher.fetch()).toMatchObject({ folder, source: 'hub' });
    expect(hub.requests.filter(({ content }) => content)).toEqual([]);
  });

  it('is incomplete after Python has fetched a part, until we fetch the rest', async () => {
    await inPython('snapshot_download(repo, allow_patterns=["*.json"])');
    await expect(fetcher.fetch({}, { offline: true })).rejects.toMatchObject({
      code: 'ERR_CACHE_INCOMPLETE',
      message: expect.stringContaining('an ONNX file'),
    });
    hub.clearRequests();
    await fetcher.fetch();
    expect(hub.requests.filter(({ content }) => content).map(({ file }) => file)).toEqual([`${repository}/${onnx}`]);
    expect(await inPython(scan)).toEqual([]);
  });

  it('is fetched by both into one folder at the same moment', async () => {
    hub.setThrottle(400_000);
    const patterns = `allow_patterns=${JSON.stringify(neededFiles)}`;
    const theirs = inPython<string>(`snapshot_download(repo, ${patterns})`);
    await hub.until(({ requests }) => requests.some(({ content }) => content));
    const [ours, folder] = await Promise.all([fetcher.fetch(), theirs]);
    expect(ours.folder).toBe(folder);
    expect(await verifyCache(fetcher.cacheDir)).toMatchObject({ damaged: [], orphaned: [], warnings: [] });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ folder });
    const local = `snapshot_download(repo, ${patterns}, local_files_only=True)`;
    expect(await inPython(`[${scan}, ${local}]`)).toEqual([[], folder]);
  });
});

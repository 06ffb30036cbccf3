import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { hornetEntry, runHornet } from '../e2e/run-hornet.js';
import { classifierFiles, filesBelow, neededFiles, onnx, repository, weightBytes } from './hub-fixture.js';
import { fetcher, hub, useHub } from './use-hub.js';

let env: Record<string, string>;
useHub(() => {
  const { folder, cacheDir } = fetcher;
  env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cacheDir, HF_HOME: join(folder, 'hf'), HORNET_HOME: folder };
});

const hornet = (...args: readonly string[]) => runHornet(args, { env, cwd: fetcher.folder });
const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const blobOf = (path: string): string =>
  join(fetcher.cacheDir, 'models--tests--classifier', 'blobs', hub.repository(repository).file(path).etag);

/** The model, and an older revision of it that no branch points to. */
async function storeTwoRevisions(): Promise<{ old: string; now: string }> {
  const { commit: old } = await fetcher.fetch();
  const now = await hub.repository(repository).addCommit({ 'config.json': '{"new":true}' });
  await fetcher.fetch();
  return { old, now };
}

describe('hornet cache ls', () => {
  it('shows models with size, revisions, engines and prepared models', async () => {
    const { old, now } = await storeTwoRevisions();
    const engine = join(fetcher.folder, 'engines', 'tests--classifier', 'one');
    await mkdir(engine, { recursive: true });
    await writeFile(join(engine, 'engine.json'), '{}');
    await writeFile(join(engine, 'plan'), 'x'.repeat(998));
    const { exitCode, stdout, stderr } = await hornet('cache', 'ls');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(
      /^tests\/classifier {2}300\.\dKB, last used \d{4}-\d\d-\d\d \d\d:\d\d, engines: 1 \(1KB\), prepared: 0 \(0B\)$/m,
    );
    expect(stdout).toContain(`${old}  no branch, 3 files`);
    expect(stdout).toContain(`${now}  main, 3 files`);
  });

  it('prints the same as JSON', async () => {
    const { old, now } = await storeTwoRevisions();
    const [model] = parse((await hornet('cache', 'ls', '--json')).stdout).models as Record<string, unknown>[];
    expect(model).toMatchObject({ repository, unfinishedBytes: 0, engines: { count: 0 }, prepared: { count: 0 } });
    const revisions = model?.revisions as { commit: string; refs: string[] }[];
    expect(new Map(revisions.map(({ commit, refs }) => [commit, refs]))).toEqual(
      new Map([
        [old, []],
        [now, ['main']],
      ]),
    );
  });

  it('shows an unfinished download, which nobody has used yet', async () => {
    hub.addFault({ kind: 'cut', path: onnx, afterBytes: 100_000 });
    hub.addFault({ kind: 'status', host: 'cdn', status: 500, skip: 1, times: 100 });
    await expect(fetcher.fetch()).rejects.toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    expect((await hornet('cache', 'ls')).stdout).toMatch(/last used never, .*unfinished downloads: \d+/);
  });

  it('shows an empty cache', async () => {
    const { exitCode, stdout } = await hornet('cache', 'ls', '--json');
    expect(exitCode).toBe(0);
    expect(parse(stdout)).toMatchObject({ bytes: 0, models: [] });
  });
});

describe('hornet cache verify', () => {
  it('ends well when everything is whole', async () => {
    await fetcher.fetch();
    const { exitCode, stdout } = await hornet('cache', 'verify');
    expect({ exitCode, stdout: stdout.split('\n')[0] }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^3 files, .* checked, 0 damaged$/),
    });
  });

  it('names a damaged file with exit code 1, and fetches it again with --repair', async () => {
    const { commit } = await fetcher.fetch();
    await writeFile(blobOf(onnx), Buffer.alloc(weightBytes));
    const found = await hornet('cache', 'verify');
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toContain(`damaged: ${repository} ${onnx} at ${commit}`);
    expect(found.stdout).toContain(blobOf(onnx));

    hub.clearRequests();
    const repaired = await hornet('cache', 'verify', '--repair');
    expect({ ...repaired, stderr: '' }).toMatchObject({ exitCode: 0 });
    expect(repaired.stdout).toContain(`repaired: ${repository} ${onnx}`);
    expect(hub.requests.filter(({ content }) => content).map(({ file }) => file)).toEqual([`${repository}/${onnx}`]);
    expect((await hornet('cache', 'verify')).exitCode).toBe(0);
  });

  it('repairs what the Hub has, and names what it does not have any more', async () => {
    await hub.addRepository({ id: 'tests/gone', files: { ...classifierFiles, 'config.json': '{"gone":1}' } });
    await fetcher.fetchOf('tests/gone');
    await fetcher.fetch();
    const { etag } = hub.repository('tests/gone').file('config.json');
    hub.removeRepository('tests/gone');
    const lost = join(fetcher.cacheDir, 'models--tests--gone', 'blobs', etag);
    await writeFile(lost, 'x');
    await writeFile(blobOf('config.json'), 'x');
    const { exitCode, stdout } = await hornet('cache', 'verify', '--repair', '--json');
    expect(exitCode).toBe(1);
    expect(parse(stdout)).toMatchObject({ damaged: [{ path: lost }], repaired: [{ path: blobOf('config.json') }] });
    const offline = await hornet('cache', 'verify', '--repair', '--offline');
    expect(offline).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[ERR_HUB_OFFLINE]') });
  });
});

describe('hornet cache rm', () => {
  it('removes one revision, or all of a model', async () => {
    const { old, now } = await storeTwoRevisions();
    expect(await hornet('cache', 'rm', `${repository}@${old}`)).toMatchObject({ exitCode: 0, stderr: '' });
    const snapshots = join(fetcher.cacheDir, 'models--tests--classifier', 'snapshots');
    expect(await readdir(snapshots)).toEqual([now]);
    const { exitCode, stdout } = await hornet('cache', 'rm', repository, '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ model: repository, bytes: expect.any(Number) }]);
    expect(await readdir(fetcher.cacheDir)).not.toContain('models--tests--classifier');
  });

  it('fails for what is not there, and refuses what is no model of the Hub', async () => {
    const absent = await hornet('cache', 'rm', 'tests/absent');
    expect(absent).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[ERR_CACHE_NOT_FOUND]') });
    expect(await hornet('cache', 'rm', 'digits')).toMatchObject({ exitCode: 2 });
    expect(await hornet('cache', 'rm')).toMatchObject({ exitCode: 2 });
  });
});

describe('hornet cache prune', () => {
  it('only shows what would go, and removes it with --yes', async () => {
    const { old, now } = await storeTwoRevisions();
    const before = await filesBelow(fetcher.cacheDir);
    const plan = await hornet('cache', 'prune', '--unreferenced');
    expect(plan).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`revision ${old}`) });
    expect(plan.stdout).toContain('add --yes');
    expect(await filesBelow(fetcher.cacheDir)).toEqual(before);

    const done = parse((await hornet('cache', 'prune', '--unreferenced', '--yes', '--json')).stdout);
    expect(done).toMatchObject({ applied: true, removed: [{ commit: old }], skipped: [] });
    expect(await fetcher.fetch({}, { offline: true })).toMatchObject({ commit: now });
    expect((await hornet('cache', 'prune', '--unreferenced')).stdout).toBe('nothing to remove\n');
  });

  it('goes by the last use', async () => {
    const { old, now } = await storeTwoRevisions();
    const longAgo = new Date(Date.now() - 40 * 86_400_000);
    const blobs = join(fetcher.cacheDir, 'models--tests--classifier', 'blobs');
    for (const name of await readdir(blobs)) await utimes(join(blobs, name), longAgo, longAgo);
    const unusedFor = async (age: string): Promise<unknown[]> => {
      const { stdout } = await hornet('cache', 'prune', '--older-than', age, '--json');
      return (parse(stdout).items as Record<string, unknown>[]).map(({ commit }) => commit);
    };
    expect(await unusedFor('50d')).toEqual([]);
    expect(new Set(await unusedFor('30d'))).toEqual(new Set([old, now]));
    expect(await hornet('cache', 'prune', '--older-than', 'long')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--older-than is "long"'),
    });
  });
});

describe('hornet fetch', () => {
  it('prints where the model is, for people and as JSON', async () => {
    const { exitCode, stdout, stderr } = await hornet('fetch', repository);
    const commit = hub.repository(repository).revisions.get('main') ?? '';
    const folder = join(fetcher.cacheDir, 'models--tests--classifier', 'snapshots', commit);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe(`${repository}: fp32 at ${commit}\n  ${folder}\n`);
    const rows = JSON.parse((await hornet('fetch', repository, '--offline', '--json')).stdout) as unknown;
    expect(rows).toMatchObject([{ model: repository, repository, commit, dtype: 'fp32', folder, source: 'cache' }]);
  });

  it('copies what the model needs to a folder with --to, as plain files', async () => {
    await fetcher.fetch({ dtype: 'q4' });
    const to = join(fetcher.folder, 'out');
    expect(await hornet('fetch', repository, '--to', to)).toMatchObject({ exitCode: 0 });
    expect(await filesBelow(to)).toEqual(neededFiles.toSorted());
    expect((await stat(join(to, onnx))).size).toBe(weightBytes);
    expect(await readFile(join(to, 'config.json'), 'utf8')).toBe(classifierFiles['config.json']);
  });

  it('takes the revision and the dtype that it is told', async () => {
    const first = hub.repository(repository).revisions.get('main') ?? '';
    const second = await hub.repository(repository).addCommit({ 'config.json': '{"new":true}' });
    hub.repository(repository).setRevision('v1', first);
    const fetched = async (...args: readonly string[]): Promise<unknown> =>
      (JSON.parse((await hornet('fetch', '--json', ...args)).stdout) as unknown[])[0];
    expect(await fetched(repository, '--revision', 'v1', '--dtype', 'q4')).toMatchObject({
      commit: first,
      dtype: 'q4',
    });
    expect(await fetched(`${repository}@main`, '--revision', 'v1')).toMatchObject({ commit: second, dtype: 'fp32' });
  });

  it('ends with 1 and one sentence for what the Hub refuses, with 2 for wrong arguments', async () => {
    const refused = await hornet('fetch', 'tests/absent', '--json');
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[ERR_HUB_REPOSITORY_NOT_FOUND]') });
    expect(parse(refused.stdout)).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    hub.clearRequests();
    expect(await hornet('fetch', repository, './folder')).toMatchObject({ exitCode: 2 });
    expect(await hornet('fetch')).toMatchObject({ exitCode: 2 });
    expect(await hornet('fetch', repository, '--dtype', 'fp8')).toMatchObject({ exitCode: 2 });
    expect(hub.requests).toEqual([]);
    const offline = await hornet('fetch', repository, '--offline');
    expect(offline).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[ERR_HUB_OFFLINE]') });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with a sentence at %s, and goes on from there the next time',
    async (signal) => {
      const file = `${repository}/${onnx}`;
      // Far from done when the signal comes, however slow this machine is.
      const size = 15_000_000;
      await hub.repository(repository).addCommit({ [onnx]: { size, seed: 5 } });
      hub.setThrottle(1_000_000);
      const child = spawn(process.execPath, [hornetEntry, 'fetch', repository], {
        cwd: packageRoot,
        env: { PATH: process.env.PATH ?? '', HOME: fetcher.folder, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
      await hub.until((server) => server.downloads(file).bytes > 1_500_000);
      child.kill(signal);
      expect(await closed).toBe(1);
      expect(stderr).toMatch(/^hornet: The download was interrupted.*\[ERR_CANCELLED\]\n$/);

      hub.setThrottle(null);
      const interrupted = hub.downloads(file).bytes;
      expect(await hornet('fetch', repository)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(hub.downloads(file).bytes).toBeLessThan(interrupted + size);
      expect((await hornet('cache', 'verify')).exitCode).toBe(0);
    },
  );
});

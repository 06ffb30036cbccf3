import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-info.js';
import { noteSkip } from '../skips/note-skip.js';
import { commandEnvironment, hornetEntry, runHornet, startHornet } from './run-hornet.js';

const pictures = join(packageRoot, 'test/pictures');
const shared = join(packageRoot, '../shared');
const hasShared = existsSync(shared);
if (!hasShared) noteSkip('scores of SqueezeNet as Python gives them', '../shared is not beside this checkout');

interface Row {
  readonly image: string;
  readonly labels?: { label: string; score: number }[];
  readonly code?: string;
}

describe('hornet classify', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('prints a table for people', async () => {
    const image = join(pictures, 'digit-7.jpg');
    const { exitCode, stdout, stderr } = await runHornet(['classify', 'digits', image, '--top-k', '2']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe(image);
    expect(stdout.split('\n')[1]).toMatch(/^ +[01]\.\d{4} {2}7$/);
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });

  it('says in one line why a model cannot be loaded', async () => {
    const { exitCode, stderr } = await runHornet(['classify', '/nonexistent', join(pictures, 'digit-7.jpg')]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^hornet: There is no model folder \/nonexistent\. .* \[ERR_MODEL_NOT_FOUND\]\n$/);
  });

  it('keeps onnxruntime from sending what it runs, which would leave files behind', async () => {
    const env = { HOME: folder, TMPDIR: folder, HORNET_HOME: join(folder, 'home') };
    const { exitCode } = await runHornet(['classify', 'digits', join(pictures, 'digit-7.jpg')], { env });
    expect(exitCode).toBe(0);
    expect(
      readdirSync(folder, { recursive: true }).filter((path) => /microsoft|onnxruntime|mat-debug/i.test(`${path}`)),
    ).toEqual([]);
  });

  it('takes folders and prints JSON in the order of the paths', async () => {
    for (const digit of [3, 1, 2]) cpSync(join(pictures, `digit-${digit}.png`), join(folder, `${digit}.png`));
    cpSync(join(pictures, 'digits.json'), join(folder, 'notes.json'));
    const { exitCode, stdout } = await runHornet(['classify', 'digits', folder, '--json', '--top-k', '1']);
    const rows = JSON.parse(stdout) as Row[];
    expect(exitCode).toBe(0);
    expect(rows.map(({ image, labels }) => [image, labels?.[0]?.label])).toEqual(
      [1, 2, 3].map((digit) => [join(folder, `${digit}.png`), String(digit)]),
    );
  });

  it('goes on after a bad file, reports it with its code and exits 1', async () => {
    const bad = join(pictures, 'invalid', readdirSync(join(pictures, 'invalid'))[0] as string);
    const missing = join(folder, 'missing.png');
    const images = [bad, missing, join(pictures, 'digit-4.png')];
    const { exitCode, stdout } = await runHornet(['classify', 'digits', ...images, '--json']);
    const rows = JSON.parse(stdout) as Row[];
    expect(exitCode).toBe(1);
    expect(rows.map(({ image }) => image)).toEqual(images);
    expect(rows[0]?.code).toMatch(/^ERR_/);
    expect(rows[1]?.code).toBe('ERR_IMAGE_UNREADABLE');
    expect(rows[2]?.labels?.[0]?.label).toBe('4');
    const table = await runHornet(['classify', 'digits', ...images]);
    expect(table.exitCode).toBe(1);
    expect(table.stdout).toContain('[ERR_IMAGE_UNREADABLE]');
  });

  it('classifies more images than the serving may hold at once', async () => {
    const env = { HORNET_MAX_QUEUE: '2' };
    const { exitCode, stdout } = await runHornet(
      ['classify', 'digits', ...Array(12).fill(join(pictures, 'digit-4.png')), '--json'],
      { env },
    );
    expect([exitCode, (JSON.parse(stdout) as Row[]).length]).toEqual([0, 12]);
  });

  it.each([
    [['classify', 'digits'], 2, /missing required argument/],
    [['nonsense'], 2, /unknown command/],
    [['serve', '--nonsense'], 2, /unknown option/],
    [['serve', '--port', 'x', '--top-k', '0'], 2, /--port.*--top-k.*ERR_CONFIG_INVALID/s],
    [['serve', 'a/same', 'b/same'], 2, /"same"/],
    [['classify', '/nonexistent', '/nonexistent/a.png'], 1, /ERR_MODEL_NOT_FOUND/],
    [['classify', 'digits', '--dtype', 'q4', join(pictures, 'digit-1.png')], 1, /ERR_MODEL_DTYPE_NOT_FOUND/],
  ])('ends "hornet %j" with exit code %i', async (args, expected, message) => {
    const { exitCode, stderr } = await runHornet(args);
    expect(exitCode).toBe(expected);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('prints its version and its help', async () => {
    expect(await runHornet(['--version'])).toMatchObject({ exitCode: 0, stdout: `${packageVersion}\n` });
    expect((await runHornet(['serve', '--help'])).stdout).toContain('HORNET_MAX_BATCH');
  });

  it.each([
    [{}, '18'],
    [{ UV_THREADPOOL_SIZE: '5' }, '5'],
  ])('gives itself threads to decode on all processors, unless told otherwise: %j', async (env, expected) => {
    const code = `require('node:os').availableParallelism = () => 16; process.on('exit', () => console.log(process.env.UV_THREADPOOL_SIZE)); require('${hornetEntry}')`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code, 'hornet', '--version'], {
      env: { ...commandEnvironment(), ...env },
    });
    expect(stdout).toBe(`${packageVersion}\n${expected}\n`);
  });

  it('runs in a folder that "npm link" has linked it into', async () => {
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(packageRoot, join(modules, 'hornet'));
    const command = join(modules, '.bin/hornet');
    symlinkSync('../hornet/dist/cli/main.cjs', command);
    const run = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(command, args, { cwd: folder, env: commandEnvironment() })).stdout;
    expect(await run('--version')).toBe(`${packageVersion}\n`);
    expect(await run('--help')).toContain('build-engine');
    expect(await run('classify', 'digits', join(pictures, 'digit-7.png'), '--top-k', '1')).toMatch(/ 7$/m);
  });

  it.skipIf(!hasShared)('gives the ImageNet model of ../shared the scores that Python gives it', async () => {
    const golden = JSON.parse(readFileSync(join(shared, 'golden/squeezenet.json'), 'utf8')) as {
      images: Record<string, { label: string; score: number }[]>;
    };
    const names = Object.keys(golden.images);
    const photos = names.map((name) => join(shared, 'photos', name));
    const model = join(shared, 'models/squeezenet-imagenet');
    const { exitCode, stdout } = await runHornet(['classify', model, ...photos, '--json']);
    expect(exitCode).toBe(0);
    const rows = JSON.parse(stdout) as Row[];
    const toleranceOfScores = 2e-3;
    names.forEach((name, photo) => {
      const expected = golden.images[name] ?? [];
      const actual = rows[photo]?.labels ?? [];
      expect(actual).toHaveLength(expected.length);
      expected.forEach(({ label, score }, rank) => {
        // The score at each rank, and the label wherever no neighbour is within the tolerance.
        expect(Math.abs((actual[rank]?.score ?? 0) - score)).toBeLessThanOrEqual(toleranceOfScores);
        const neighbours = [expected[rank - 1], expected[rank + 1]];
        const isClear = neighbours.every(
          (other) => other === undefined || Math.abs(other.score - score) > toleranceOfScores,
        );
        // The sixth label is not known, so the last rank is clear only if its label agrees anyway.
        if (isClear && rank < expected.length - 1) expect(actual[rank]?.label).toBe(label);
      });
    });
  });
});

describe('hornet serve', () => {
  it('prints where it listens and ends with exit code 0 on SIGTERM', async () => {
    const server = await startHornet();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const image = readFileSync(join(pictures, 'digit-9.png'));
    const response = await fetch(`${server.url}/classify`, { method: 'POST', body: image as Buffer<ArrayBuffer> });
    expect(await response.json()).toMatchObject([{ label: '9' }, {}, {}, {}, {}]);
    expect(await server.stop('SIGTERM')).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    const server = await startHornet();
    const request = httpRequest(`${server.url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
    request.on('error', () => {}).flushHeaders();
    await once(request, 'continue');
    const stopping = server.next('server.stopping');
    const ended = server.stop('SIGTERM');
    await stopping;
    // The request that is still arriving holds the server until the second signal.
    void server.stop('SIGTERM');
    expect(await ended).not.toBe(0);
  });

  it('warns about a variable that it does not know', async () => {
    const server = await startHornet([], { HORNET_PROT: '80' });
    expect(server.log.map(({ msg }) => msg)).toContain(
      'The environment variable HORNET_PROT is not known and has no effect.',
    );
    expect(await server.stop('SIGINT')).toBe(0);
  });

  it.each([['probe'], ['cache', 'ls'], ['build-engine', '--backend', 'onnxruntime', 'digits']])(
    'warns about it in "%s %s" too, beside what is asked for',
    async (...words) => {
      const { exitCode, stdout, stderr } = await runHornet([...words, '--json'], { env: { HORNET_PROT: '80' } });
      expect(exitCode).toBe(0);
      expect(() => JSON.parse(stdout)).not.toThrow();
      expect(stderr).toContain('HORNET_PROT is not known and has no effect.');
    },
  );
});

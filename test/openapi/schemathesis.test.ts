import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type RunningServer, startHornet } from '../e2e/run-hornet.js';
import { isMet } from '../skips/note-skip.js';

/** The one that the configuration is for: what it finds depends on its version. */
const version = '4.32.5';
const python = process.env.HORNET_TEST_PYTHON ?? '';
const program = join(dirname(python), 'schemathesis');
const folder = join(packageRoot, 'test/openapi');
/** It takes a quarter of that on two cores with nothing else to do. */
const mostMs = 110_000;

const hasSchemathesis = isMet(
  python !== '' && existsSync(program),
  'every route against the OpenAPI document',
  'HORNET_TEST_PYTHON names no python with schemathesis',
);

if (!hasSchemathesis && process.env.HORNET_REQUIRE_CLIENTS === '1') {
  throw new Error('HORNET_REQUIRE_CLIENTS=1, but HORNET_TEST_PYTHON names no python with schemathesis');
}

describe.runIf(hasSchemathesis)('schemathesis', () => {
  let server: RunningServer | undefined;
  let storage = '';
  beforeAll(() => {
    storage = mkdtempSync(join(tmpdir(), 'hornet-schemathesis-'));
  });
  afterEach(() => server?.stop());
  afterAll(() => rmSync(storage, { recursive: true }));

  /** What it printed; rejects where it found something. */
  async function run({ url }: RunningServer, token: string): Promise<string> {
    // Once with all that it can think of is enough: what is to be seen here is who is let in.
    const secured = [
      '--header',
      `Authorization: Bearer ${token}`,
      '--max-examples',
      '3',
      '--phases',
      'examples,coverage',
    ];
    const { stdout } = await promisify(execFile)(
      program,
      [
        '--config-file',
        join(folder, 'schemathesis.toml'),
        'run',
        `${url}/openapi.json`,
        ...(token === '' ? [] : secured),
      ],
      {
        cwd: folder,
        maxBuffer: 64 * 1024 * 1024,
        timeout: mostMs,
        env: {
          PATH: process.env.PATH ?? '',
          HORNET_TEST_PICTURES: join(packageRoot, 'test/pictures'),
          HORNET_TEST_TOKEN: token,
          PYTHONDONTWRITEBYTECODE: '1',
          HYPOTHESIS_STORAGE_DIRECTORY: storage,
          NO_COLOR: '1',
          NO_PROXY: '127.0.0.1,localhost',
        },
      },
    ).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`schemathesis found something:\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    });
    return stdout;
  }

  /** Loaded, so that whatever is asked first has something to ask. */
  async function start(token = ''): Promise<RunningServer> {
    server = await startHornet(['digits'], { HORNET_BACKEND: 'onnxruntime', HORNET_TOKEN: token });
    const headers: Record<string, string> = token === '' ? {} : { Authorization: `Bearer ${token}` };
    const loaded = await fetch(`${server.url}/models/digits/load?wait=60000`, { method: 'POST', headers });
    expect(loaded.status).toBe(200);
    return server;
  }

  it(`is the version that it is configured for, ${version}`, () => {
    expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toContain(version);
  });

  it.each([
    ['open to all', ''],
    ['that asks for a token', 'token-of-the-test'],
  ])('finds no failure of a server %s, and no answer that is not as documented', async (_which, token) => {
    const running = await start(token);
    const report = await run(running, token);
    expect(report).toMatch(/Operations:\s+(\d+) selected \/ \1 total/);
    expect(report).toMatch(/Tested:\s+\d+/);
    // It has not been left in a state that nothing works in.
    expect((await fetch(`${running.url}/health/ready`)).status).toBe(200);
  });
});

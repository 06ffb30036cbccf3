import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { makeModel } from '../../test/load/make-model.mjs';
import type { Logger } from '../logging/create-logger.js';
import { packageRoot } from '../package-info.js';
import { type OpenServingOptions, openServing } from './open-serving.js';

const image = readFileSync(join(packageRoot, 'test/pictures/scene-333x251.png'));

let folder: string;
let home: string;
let model: string;
let isMounted = false;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-cpu-'));
  home = join(folder, 'home');
  model = makeModel(join(folder, 'mobile'), 'mobile');
});
afterEach(() => {
  if (isMounted) execFileSync('umount', ['-l', home]);
  isMounted = false;
  rmSync(folder, { recursive: true, force: true });
});

interface Served {
  readonly labels: unknown;
  readonly states: readonly unknown[];
  /** Lines of the log, with what belongs to them, by their events. */
  readonly events: readonly (Record<string, unknown> & { readonly level: string; readonly line: string })[];
}

/** Loads the model, classifies a picture and closes it again. */
async function serve(options: OpenServingOptions = {}, name = model): Promise<Served> {
  const events: Served['events'][number][] = [];
  const write = (level: string) => (fields: Record<string, unknown>, line: string) => {
    events.push({ ...fields, level, line });
  };
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, write(level)]));
  const baked = join(folder, 'baked');
  const given = { backend: 'onnxruntime', home, baked, log: log as unknown as Logger, ...options } as const;
  const serving = await openServing(name, given);
  try {
    const { labels } = await serving.classify(image);
    const states = events.filter(({ event }) => event === 'serving.state').map(({ state }) => state);
    return { labels, states, events };
  } finally {
    await serving.close();
  }
}

/** Where it does not matter how it runs best, so that nobody measures that for seconds. */
const settled = { cpuThreads: 1, cpuWorkers: 1 } as const;

const preparedFiles = (): string[] =>
  readdirSync(join(home, 'prepared'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const warnings = ({ events }: Served): Served['events'] => events.filter(({ level }) => level === 'warn');

/** Mounts a volume over the folder `home`, or skips the test with the reason. */
function mountVolume(context: TestContext, options: string): void {
  mkdirSync(home);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', home], { stdio: 'pipe' });
    isMounted = true;
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    context.skip(`no volume can be mounted here: ${String(stderr ?? error).trim()}`);
  }
}

describe('a model on the CPU', () => {
  it('is prepared when it is first loaded, and is the same from then on', async () => {
    const original = await serve({ prepare: 'off' });
    expect(original.states).toEqual(['loading', 'warming', 'ready']);
    expect(existsSync(home)).toBe(false);
    const first = await serve();
    expect(first.states).toEqual(['building', 'loading', 'warming', 'ready']);
    const files = preparedFiles();
    expect(files).toHaveLength(3);
    const second = await serve();
    expect(second.states).toEqual(['loading', 'warming', 'ready']);
    expect(preparedFiles()).toEqual(files);
    expect([first.labels, second.labels]).toEqual([original.labels, original.labels]);
    expect([...warnings(first), ...warnings(second)]).toEqual([]);
    const forced = await serve({ forceBuild: true });
    expect(forced.events).toContainEqual(expect.objectContaining({ event: 'model.prepared' }));
    expect(preparedFiles()).not.toEqual(files);
  });

  it('is not prepared where that is not worth it: the sample starts without writing anything', async () => {
    const { states } = await serve({}, 'digits');
    expect(states).toEqual(['loading', 'warming', 'ready']);
    expect(existsSync(home)).toBe(false);
  });

  it.each(['data', 'onnx', 'json'])(
    'is prepared again, and served, where the file .%s is damaged',
    async (extension) => {
      const first = await serve(settled);
      const path = preparedFiles().find((file) => file.endsWith(`.${extension}`)) ?? '';
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, extension === 'json' ? bytes.subarray(9) : bytes);
      const second = await serve(settled);
      expect(second.labels).toEqual(first.labels);
      expect(second.events.filter(({ event }) => event === 'model.prepare')).toEqual([
        expect.objectContaining({ line: expect.stringMatching(/ again: .+/) }),
      ]);
      expect(preparedFiles()).toHaveLength(3);
    },
  );

  it('is prepared again, and served, where its own file has changed', async () => {
    await serve(settled);
    // A producer_name that is empty: another file of the same model.
    appendFileSync(join(model, 'onnx/model.onnx'), Buffer.from([0x12, 0x00]));
    const { events } = await serve(settled);
    const [line] = events.filter(({ event }) => event === 'model.prepare').map(({ line: text }) => text);
    expect(line).toMatch(/again: the ONNX file has changed$/);
    expect(preparedFiles()).toHaveLength(3);
  });

  it('is served from its own file, with one warning, where there is no volume', async () => {
    writeFileSync(home, 'in the way');
    const served = await serve();
    expect(served.states.at(-1)).toBe('ready');
    expect(warnings(served)).toEqual([
      expect.objectContaining({
        event: 'model.unprepared',
        code: 'ERR_MODEL_UNPREPARED',
        line: expect.stringContaining('HORNET_PREPARE=off'),
      }),
    ]);
  });

  for (const [title, options, code] of [
    ['read-only', 'ro', 'ERR_CACHE_UNWRITABLE'],
    ['full', 'size=64k', 'ERR_MODEL_UNPREPARED'],
  ] as const) {
    it(`is served from its own file, with one warning, where the volume is ${title}`, async (context) => {
      mountVolume(context, options);
      const served = await serve();
      expect(served.states.at(-1)).toBe('ready');
      expect(warnings(served)).toEqual([expect.objectContaining({ event: 'model.unprepared', code })]);
      const left = readdirSync(home, { recursive: true, withFileTypes: true });
      expect(left.filter((entry) => entry.isFile())).toEqual([]);
    });
  }
});

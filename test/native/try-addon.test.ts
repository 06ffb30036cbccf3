import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { tryAddon } from '../../src/native/try-addon.js';
import { compiledModule } from '../../src/package-info.js';
import { skipSuite } from '../skips/skip-suite.js';
import { describeWithAddon } from './describe-with-addon.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-try-addon-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A library that does something while it is loaded. */
function compile(name: string, declarations: string, statement: string): string {
  const path = join(folder, `${name}.node`);
  const input = `${declarations}\n[[gnu::constructor]] static void begin() { ${statement} }`;
  const { status, stderr } = spawnSync('g++', ['-x', 'c++', '-shared', '-fPIC', '-', '-o', path], { input });
  if (status !== 0) throw new Error(String(stderr));
  return path;
}

describeWithAddon('tryAddon with the built addon', (_, path) => {
  it('loads it', () => {
    expect(tryAddon(path)).toEqual({ tried: true });
  });

  it('loads it where NODE_OPTIONS would stop a process', () => {
    vi.stubEnv('NODE_OPTIONS', '--require=/does/not/exist.cjs');
    expect(tryAddon(path)).toEqual({ tried: true });
  });

  it('tells that a truncated copy does not load, whatever that does to the process', () => {
    const copy = join(folder, 'truncated.node');
    copyFileSync(path, copy);
    truncateSync(copy, 100_000);
    expect(tryAddon(copy)).toMatchObject({ tried: true, problem: expect.any(String) });
  });
});

describeWithAddon('loadAddon where nothing can be remembered', (_, path) => {
  it('tries the addon once for all threads of a process', () => {
    const copy = join(folder, 'threads.node');
    copyFileSync(path, copy);
    // Nothing can be renamed to where a folder is that is not empty.
    const home = join(folder, 'full-home');
    for (const mark of [`${copy}.loads`, join(home, 'addon', 'threads.node.loads')]) {
      mkdirSync(join(mark, 'full'), { recursive: true });
    }
    const node = join(folder, 'counting-node');
    const count = join(folder, 'count');
    writeFileSync(node, `#!/bin/sh\necho >> '${count}'\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    const load = `
      process.execPath = ${JSON.stringify(node)};
      import(${JSON.stringify(compiledModule('native/load-addon.js').href)}).then(({ loadAddon }) => {
        console.log(loadAddon().version);`;
    const program = `${load}
        new (require('node:worker_threads').Worker)(${JSON.stringify(`${load} });`)}, { eval: true });
      });`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      env: { ...process.env, HORNET_NATIVE: copy, HORNET_HOME: home },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(readFileSync(count, 'utf8')).toBe('\n');
  });
});

describe('tryAddon', () => {
  it('gives the message of what is no library', () => {
    const text = join(folder, 'text.node');
    writeFileSync(text, 'not a library, but long enough to look at');
    const { tried, problem } = tryAddon(text);
    expect(tried).toBe(true);
    expect(problem).toMatch(/\w/);
    expect(problem).not.toContain(folder);
  });
});

if (process.platform === 'linux' && spawnSync('g++', ['--version']).status === 0) {
  describe('tryAddon with a binary that was compiled for it', () => {
    it('survives one that crashes', () => {
      const crashes = compile('crashes', '', '*(volatile int*)8 = 1;');
      expect(tryAddon(crashes).problem).toBe('ends the process that loads it (SIGSEGV)');
    });

    it('survives one that aborts', () => {
      const aborts = compile('aborts', 'extern "C" void abort();', 'abort();');
      expect(tryAddon(aborts).problem).toBe('ends the process that loads it (SIGABRT)');
    });

    it('does not take an early end for success', () => {
      const exits = compile('exits', 'extern "C" void _exit(int);', '_exit(0);');
      expect(tryAddon(exits).problem).toBe('ends the process that loads it (status 0)');
    });

    it('does not wait for one that hangs', () => {
      const hangs = compile('hangs', 'extern "C" int pause();', 'for (;;) pause();');
      expect(tryAddon(hangs, { timeoutMs: 500 }).problem).toBe('does not load within 0.5 s');
    });

    it('names a function that is missing, though nothing calls it while loading', () => {
      const lacks = compile('lacks', 'void missing();', '}\nvoid later() { missing();');
      expect(tryAddon(lacks).problem).toMatch(/undefined symbol: .*missing/);
    });

    it('leaves a process with an error that says what to type', () => {
      const path = compile('server', '', '*(volatile int*)8 = 1;');
      const program = `
        const { loadAddon } = await import(process.argv[1]);
        try { loadAddon(); } catch (error) { console.log(error.code, error.message); }`;
      const module = compiledModule('native/load-addon.js').href;
      const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program, module], {
        env: { ...process.env, HORNET_NATIVE: path, HORNET_HOME: join(folder, 'home') },
        encoding: 'utf8',
      });
      expect(status).toBe(0);
      expect(stdout).toMatch(/^ERR_NATIVE_LOAD_FAILED .*server\.node ends the process.*SIGSEGV.*npm run build:native/);
      expect(existsSync(`${path}.loads`)).toBe(false);
    });
  });
} else {
  skipSuite('tryAddon with a binary that was compiled for it', 'there is no g++', 'HORNET_REQUIRE_NATIVE');
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { addonStatus, createAddonLoader, loadAddon } from './load-addon.js';

let packageRoot: string;
let release: string;
let debug: string;

beforeEach(() => {
  packageRoot = mkdtempSync(join(tmpdir(), 'hornet-load-addon-'));
  writeFileSync(join(packageRoot, 'package.json'), '{"version":"1.2.3"}');
  release = join(packageRoot, 'build', 'Release', 'hornet.node');
  debug = join(packageRoot, 'build', 'Debug', 'hornet.node');
});

afterEach(() => {
  rmSync(packageRoot, { recursive: true });
});

function touch(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}

function fakeAddon(version = '1.2.3') {
  return {
    version,
    errorCodes: [],
    preprocess: () => Promise.resolve(),
    trimMemory: () => Promise.resolve(),
    exitNow: () => {},
    releaseBytes: () => true,
  };
}

function loaderOf(load: (path: string) => unknown, HORNET_NATIVE?: string) {
  return createAddonLoader({ packageRoot, env: { HORNET_NATIVE }, problemOf: () => undefined, load });
}

function reasonOf(loader: ReturnType<typeof loaderOf>): string {
  const status = loader.status();
  return status.loaded ? 'loaded' : status.reason;
}

describe('createAddonLoader', () => {
  it('loads the release build, once', () => {
    touch(release);
    touch(debug);
    const addon = fakeAddon();
    const load = vi.fn(() => addon);
    const loader = loaderOf(load);
    expect(loader.load()).toBe(addon);
    expect(loader.load()).toBe(addon);
    expect(loader.status()).toEqual({ loaded: true, path: release });
    expect(load.mock.calls).toEqual([[release]]);
  });

  it('does not load a file that has failed in another process, and tells why', () => {
    touch(release);
    touch(debug);
    const load = vi.fn(() => fakeAddon());
    const problemOf = (path: string) => (path === release ? 'ends the process that loads it (SIGSEGV)' : undefined);
    const options = { packageRoot, env: {}, load };
    expect(createAddonLoader({ ...options, problemOf }).status()).toEqual({ loaded: true, path: debug });
    expect(load.mock.calls).toEqual([[debug]]);
    const both = createAddonLoader({ ...options, problemOf: () => 'does not load within 10 s' });
    expect(both.load()).toBeNull();
    const reason = reasonOf(both);
    expect(reason).toContain(`${release} does not load within 10 s; ${debug} does not load within 10 s`);
    expect(reason).toContain('npm run build:native');
  });

  it('falls back to the debug build when the release build cannot be loaded', () => {
    touch(release);
    touch(debug);
    const loader = loaderOf((path) => {
      if (path === release) throw new Error('wrong ELF class');
      return fakeAddon();
    });
    expect(loader.status()).toEqual({ loaded: true, path: debug });
  });

  it('returns null and names every path and what to type when nothing was built', () => {
    const loader = loaderOf(() => fakeAddon());
    expect(loader.load()).toBeNull();
    const reason = reasonOf(loader);
    expect(reason).toContain(`${release} does not exist`);
    expect(reason).toContain(`${debug} does not exist`);
    expect(reason).toContain('npm run build:native');
    expect(reason).not.toContain('install.log');
  });

  it('points to the log of the last build when there is one', () => {
    const log = join(packageRoot, 'build', 'install.log');
    touch(log);
    expect(reasonOf(loaderOf(() => fakeAddon()))).toContain(log);
  });

  it('tells why a file could not be loaded', () => {
    touch(release);
    const loader = loaderOf(() => {
      throw new Error('invalid ELF header');
    });
    expect(reasonOf(loader)).toContain(`${release} invalid ELF header`);
  });

  it.each([
    ['of another version', { ...fakeAddon(), version: '1.2.2' }],
    ['without preprocess', { version: '1.2.3', errorCodes: [] }],
    ['from before trimMemory', { version: '1.2.3', errorCodes: [], preprocess: () => {} }],
    ['that is no object', undefined],
  ])('refuses an addon %s as stale', (_, exports) => {
    touch(release);
    const loader = loaderOf(() => exports);
    expect(loader.load()).toBeNull();
    expect(reasonOf(loader)).toMatch(/stale.*rebuild/);
  });

  it('loads nothing when HORNET_NATIVE is off', () => {
    touch(release);
    const load = vi.fn(() => fakeAddon());
    const loader = loaderOf(load, 'off');
    expect(loader.load()).toBeNull();
    expect(reasonOf(loader)).toContain('HORNET_NATIVE=off');
    expect(load).not.toHaveBeenCalled();
  });

  it('throws ERR_NATIVE_LOAD_FAILED with the explanation when HORNET_NATIVE is require', () => {
    const loader = loaderOf(() => fakeAddon(), 'require');
    expect(() => loader.load()).toThrow(HornetError);
    expect(() => loader.load()).toThrow(
      expect.objectContaining({ code: 'ERR_NATIVE_LOAD_FAILED', message: expect.stringContaining(release) }),
    );
    expect(loader.status().loaded).toBe(false);
  });

  it('loads the file that HORNET_NATIVE names, and no other one', () => {
    touch(release);
    const other = join(packageRoot, 'sanitized.node');
    expect(() => loaderOf(() => fakeAddon(), other).load()).toThrow(`${other} does not exist`);
    touch(other);
    expect(loaderOf(() => fakeAddon(), other).status()).toEqual({ loaded: true, path: other });
  });

  it('throws ERR_CONFIG_INVALID when HORNET_NATIVE is none of its values', () => {
    expect(() => loaderOf(() => fakeAddon(), 'maybe').load()).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
    );
  });

  it('takes an empty HORNET_NATIVE for auto', () => {
    touch(release);
    expect(loaderOf(() => fakeAddon(), '').status().loaded).toBe(true);
  });
});

describe('loadAddon', () => {
  it("looks in this package's own build folder", () => {
    const status = addonStatus();
    const root = join(import.meta.dirname, '..', '..');
    expect(status.loaded ? status.path : status.reason).toContain(join(root, 'build'));
    expect(loadAddon() !== null).toBe(status.loaded);
  });
});

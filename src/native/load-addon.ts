import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, isAbsolute, join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { hornetHome } from '../config/hornet-home.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { packageRoot } from '../package-info.js';
import { createAddonTrials } from './addon-trials.js';
import type { Addon } from './addon-types.js';
import { tryAddon } from './try-addon.js';

/** Whether the addon is in use, from which file, and if not, why and what to type. */
export type AddonStatus =
  | { readonly loaded: true; readonly path: string }
  | { readonly loaded: false; readonly reason: string };

/** What {@link createAddonLoader} works with; tests replace it. */
export interface AddonLoaderOptions {
  /** Folder with Hornet's package.json; the addon is looked for in its build/ folder. */
  readonly packageRoot: string;
  /** Only HORNET_NATIVE is read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why a `.node` file must not be loaded into this process, or undefined. */
  readonly problemOf: (path: string) => string | undefined;
  /** Loads one `.node` file and returns its exports. */
  readonly load: (path: string) => unknown;
}

/** Loads the addon once and remembers the outcome. */
export interface AddonLoader {
  /** @see loadAddon */
  readonly load: () => Addon | null;
  /** @see addonStatus */
  readonly status: () => AddonStatus;
}

const candidates = [
  ['build', 'Release', 'hornet.node'],
  ['build', 'Debug', 'hornet.node'],
];

type Outcome = { readonly addon: Addon; readonly path: string } | { readonly reason: string };

function packageVersion(packageRoot: string): unknown {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
}

/** Exports of another version of Hornet pass no check but this one, so nothing else is looked at before it. */
function checkExports(exports: unknown, version: unknown): Addon {
  const found = typeof exports === 'object' && exports !== null ? (exports as Partial<Addon>) : {};
  if (found.version !== version) {
    throw new Error(`is stale (built from version ${String(found.version)}, this is ${String(version)}), rebuild it`);
  }
  const functions = [found.preprocess, found.trimMemory, found.exitNow, found.releaseBytes];
  if (functions.some((one) => typeof one !== 'function') || !Array.isArray(found.errorCodes)) {
    throw new Error('is stale (its exports are not those of this version), rebuild it');
  }
  return found as Addon;
}

function firstThatLoads({ packageRoot, problemOf, load }: AddonLoaderOptions, paths: readonly string[]): Outcome {
  const version = packageVersion(packageRoot);
  const failures: string[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      failures.push(`${path} does not exist`);
      continue;
    }
    try {
      const problem = problemOf(path);
      if (problem !== undefined) throw new Error(problem);
      return { addon: checkExports(load(path), version), path };
    } catch (error) {
      failures.push(`${path} ${messageOf(error)}`);
    }
  }
  const log = join(packageRoot, 'build', 'install.log');
  const hint = existsSync(log) ? ` The output of the last build is in ${log}.` : '';
  return {
    reason:
      `The native addon is not loaded: ${failures.join('; ')}. Run "npm run build:native" in ${packageRoot}; it ` +
      `needs a C++ compiler and cmake.${hint}`,
  };
}

/** A loader with its own memory; everything but tests wants {@link loadAddon}. */
export function createAddonLoader(options: AddonLoaderOptions): AddonLoader {
  const mode = options.env.HORNET_NATIVE || 'auto';
  const isFile = isAbsolute(mode) && mode.endsWith('.node');
  let outcome: Outcome | undefined;

  const resolve = (): Outcome => {
    if (mode !== 'auto' && mode !== 'off' && mode !== 'require' && !isFile) {
      const message = `HORNET_NATIVE is "${mode}"; it must be auto, off, require or the absolute path of a .node file.`;
      throw new HornetError('ERR_CONFIG_INVALID', message);
    }
    const paths = isFile ? [mode] : candidates.map((segments) => join(options.packageRoot, ...segments));
    outcome ??=
      mode === 'off'
        ? { reason: 'The native addon is switched off by HORNET_NATIVE=off.' }
        : firstThatLoads(options, paths);
    return outcome;
  };

  return {
    load() {
      const found = resolve();
      if ('addon' in found) return found.addon;
      if (mode === 'require' || isFile) throw new HornetError('ERR_NATIVE_LOAD_FAILED', found.reason);
      return null;
    },
    status() {
      const found = resolve();
      return 'addon' in found ? { loaded: true, path: found.path } : { loaded: false, reason: found.reason };
    },
  };
}

/** Beside the binary, where an installation writes it, or on the volume. */
function markPaths(path: string): string[] {
  const beside = `${path}.loads`;
  try {
    return [beside, join(hornetHome(process.env.HORNET_HOME ?? ''), 'addon', basename(beside))];
  } catch {
    // A user without a home.
    return [beside];
  }
}

let shared: AddonLoader | undefined;

/** Made on first use, not on import: the environment may be set in between, and importing must never fail. */
function sharedLoader(): AddonLoader {
  shared ??= createAddonLoader({
    packageRoot,
    env: process.env,
    problemOf: createAddonTrials({
      tryAddon,
      markPaths,
      shared: { get: getEnvironmentData, set: setEnvironmentData },
    }),
    load: createRequire(import.meta.url),
  });
  return shared;
}

/**
 * The native addon, or null where it was not built or cannot be loaded; callers then use the TypeScript reference.
 * The outcome is remembered for the life of this thread. A binary that is not known to load is loaded by another process
 * first, which blocks for about 50 ms, and for 10 s where it hangs; so a broken one costs no more than its use.
 * `HORNET_NATIVE`: `auto` (default), `off` (always null), the
 * absolute path of a `.node` file (that one, or an error; how the sanitizers' build is tested),
 * `require` (absence is an error).
 * @throws ERR_NATIVE_LOAD_FAILED when it is required and absent; ERR_CONFIG_INVALID when HORNET_NATIVE is none of these
 */
export function loadAddon(): Addon | null {
  return sharedLoader().load();
}

/**
 * Where the addon was loaded from, or one explanation with every path tried, its failure, and what to type.
 * @throws ERR_CONFIG_INVALID when HORNET_NATIVE has no allowed value
 */
export function addonStatus(): AddonStatus {
  return sharedLoader().status();
}

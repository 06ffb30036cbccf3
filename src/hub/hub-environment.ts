import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where models come from and go to. */
export interface HubEnvironment {
  /** Base URL of the Hub, without a slash at its end. */
  readonly endpoint: string;
  /** The cache on the volume, in the layout of Python's huggingface_hub. */
  readonly cacheDir: string;
  /** Searched after it, never written: what an image carries. */
  readonly bakedCacheDir: string;
  /** Sent to the endpoint's own host only, and never logged. */
  readonly token: string | undefined;
  /** No socket is opened. */
  readonly offline: boolean;
  /** False: snapshots hold plain copies. */
  readonly symlinks: 'auto' | false;
}

/** The settings of Hornet that take part; the rest is read from the ecosystem's own variables. */
export interface HubSettings {
  /** HORNET_HOME, or empty. */
  readonly home: string;
  /** HORNET_BAKED. */
  readonly baked: string;
  readonly offline: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Resolves the variables that Python's huggingface_hub reads, with the same meaning: HF_ENDPOINT, HF_HUB_CACHE,
 * HF_HOME, XDG_CACHE_HOME, HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE,
 * HF_HUB_DISABLE_SYMLINKS.
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function readHubEnvironment(settings: HubSettings, env: Environment = process.env): HubEnvironment {
  const userCache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  const hfHome = env.HF_HOME ? withHome(env.HF_HOME) : undefined;
  const givenCache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  const hornetHome = settings.home === '' ? undefined : join(settings.home, 'huggingface', 'hub');
  return {
    endpoint: (env.HF_ENDPOINT?.trim() || 'https://huggingface.co').replace(/\/+$/, ''),
    cacheDir: givenCache
      ? withHome(givenCache)
      : hfHome === undefined
        ? (hornetHome ?? join(userCache, 'hub'))
        : join(hfHome, 'hub'),
    bakedCacheDir: join(settings.baked, 'hub'),
    token:
      cleanToken(env.HF_TOKEN) ??
      cleanToken(env.HUGGING_FACE_HUB_TOKEN) ??
      readToken(env.HF_TOKEN_PATH ? withHome(env.HF_TOKEN_PATH) : join(hfHome ?? userCache, 'token')),
    offline: settings.offline || isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
    symlinks: isOn(env.HF_HUB_DISABLE_SYMLINKS) ? false : 'auto',
  };
}

/** The words that Python's library takes for "on". */
export function isOn(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}

/** As Python's library does: a leading "~" is the user's folder. */
function withHome(path: string): string {
  return /^~(?:\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path;
}

/** Line ends go wherever they are, as in Python's library. */
function cleanToken(text: string | undefined): string | undefined {
  return text?.replace(/[\r\n]/g, '').trim() || undefined;
}

function readToken(path: string): string | undefined {
  try {
    return cleanToken(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

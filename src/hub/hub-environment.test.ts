import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HubSettings, isOn, readHubEnvironment } from './hub-environment.js';

const settings: HubSettings = { home: '', baked: '/opt/hornet', offline: false };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-environment-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** With HF_HOME in an empty folder, so that the token of whoever runs the tests is not found. */
const read = (env: Record<string, string>, changed: Partial<HubSettings> = {}) =>
  readHubEnvironment({ ...settings, ...changed }, { HF_HOME: folder, ...env });

describe('the endpoint', () => {
  it('is the Hub, or HF_ENDPOINT without slashes at its end', () => {
    expect(read({}).endpoint).toBe('https://huggingface.co');
    expect(read({ HF_ENDPOINT: '' }).endpoint).toBe('https://huggingface.co');
    expect(read({ HF_ENDPOINT: 'http://127.0.0.1:1/hub//' }).endpoint).toBe('http://127.0.0.1:1/hub');
  });
});

describe('the cache folder', () => {
  const cacheDir = (env: Record<string, string>, home = '') =>
    readHubEnvironment({ ...settings, home }, { HF_TOKEN_PATH: join(folder, 'none'), ...env }).cacheDir;
  const all = { HF_HUB_CACHE: '/a', HUGGINGFACE_HUB_CACHE: '/b', HF_HOME: '/c', XDG_CACHE_HOME: '/d' };

  it.each([
    ['HF_HUB_CACHE before all', all, '/v', '/a'],
    ['its old name', { ...all, HF_HUB_CACHE: '' }, '/v', '/b'],
    ['HF_HOME', { HF_HOME: '/c', XDG_CACHE_HOME: '/d' }, '/v', '/c/hub'],
    ['the volume', { XDG_CACHE_HOME: '/d' }, '/v', '/v/huggingface/hub'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/d' }, '', '/d/huggingface/hub'],
    ["the user's cache", {}, '', join(homedir(), '.cache/huggingface/hub')],
    ['a path below the home folder', { HF_HUB_CACHE: '~/models' }, '', join(homedir(), 'models')],
    ['HF_HOME below the home folder', { HF_HOME: '~/hf' }, '', join(homedir(), 'hf/hub')],
  ])('is %s', (_, env, home, expected) => expect(cacheDir(env, home)).toBe(expected));

  it('of the image is below HORNET_BAKED', () => {
    expect(read({}, { baked: '/image' }).bakedCacheDir).toBe('/image/hub');
  });
});

describe('the token', () => {
  it('comes from HF_TOKEN, its old name, the file at HF_TOKEN_PATH, the file in HF_HOME, in this order', () => {
    writeFileSync(join(folder, 'token'), 'hf_home\n');
    writeFileSync(join(folder, 'other'), 'hf_path');
    const path = { HF_TOKEN_PATH: join(folder, 'other') };
    const old = { ...path, HUGGING_FACE_HUB_TOKEN: 'hf_old' };
    expect(read({ ...old, HF_TOKEN: 'hf_new' }).token).toBe('hf_new');
    expect(read({ ...old, HF_TOKEN: ' \n' }).token).toBe('hf_old');
    expect(read(old).token).toBe('hf_old');
    expect(read(path).token).toBe('hf_path');
    expect(read({}).token).toBe('hf_home');
  });

  it('loses blanks and line ends, and is undefined where there is none', () => {
    expect(read({ HF_TOKEN: ' hf_a\r\n' }).token).toBe('hf_a');
    expect(read({ HF_TOKEN: 'hf_\nb' }).token).toBe('hf_b');
    expect(read({}).token).toBeUndefined();
    expect(read({ HF_TOKEN_PATH: folder }).token).toBeUndefined();
    writeFileSync(join(folder, 'token'), '\n');
    expect(read({}).token).toBeUndefined();
  });

  it('is looked for in the cache of the user where HF_HOME is not set', () => {
    mkdirSync(join(folder, 'huggingface'));
    writeFileSync(join(folder, 'huggingface', 'token'), 'hf_user');
    expect(readHubEnvironment(settings, { XDG_CACHE_HOME: folder }).token).toBe('hf_user');
  });
});

describe('words for "on"', () => {
  it.each(['1', 'on', 'ON', 'yes', 'True'])('%s is one', (word) => expect(isOn(word)).toBe(true));
  it.each(['0', 'off', 'no', 'false', '', 'y', undefined])('%s is none', (word) => expect(isOn(word)).toBe(false));

  it('turn fetching off by either variable of the ecosystem, or by the setting', () => {
    expect(read({}).offline).toBe(false);
    expect(read({ HF_HUB_OFFLINE: '1' }).offline).toBe(true);
    expect(read({ TRANSFORMERS_OFFLINE: 'yes' }).offline).toBe(true);
    expect(read({ HF_HUB_OFFLINE: '0' }, { offline: true }).offline).toBe(true);
  });

  it('turn links off by HF_HUB_DISABLE_SYMLINKS', () => {
    expect(read({}).symlinks).toBe('auto');
    expect(read({ HF_HUB_DISABLE_SYMLINKS: 'true' }).symlinks).toBe(false);
  });
});

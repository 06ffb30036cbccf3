import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.js';

describe('loadConfig', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content));

  it('serves the embedded sample on port 3000 of the loopback address when nothing is said', () => {
    const { settings, servings, warnings } = loadConfig({ env: {}, folder });
    expect(settings).toMatchObject({ port: 3000, host: '127.0.0.1', backend: 'auto', topK: 5, timeoutMs: 30_000 });
    expect(servings.map(({ reference }) => reference.name)).toEqual(['digits']);
    expect(warnings).toEqual([]);
  });

  it('prefers a flag to the environment, that to the file, and the file for NODE_ENV to the plain one', () => {
    write('hornet.config.json', { port: 1, topK: 1, maxBatch: 1, maxQueue: 1 });
    write('hornet.config.test.json', { topK: 2, maxBatch: 2, maxQueue: 2 });
    const env = { NODE_ENV: 'test', HORNET_MAX_BATCH: '3', HORNET_MAX_QUEUE: '3' };
    const { settings } = loadConfig({ env, folder, flags: { maxQueue: '4' } });
    expect(settings).toMatchObject({ port: 1, topK: 2, maxBatch: 3, maxQueue: 4 });
  });

  it('refuses a value that is deeply nested', () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    writeFileSync(join(folder, 'hornet.config.json'), `{"port": ${deep}, "servings": [${deep}, {"model": ${deep}}]}`);
    expect(() => loadConfig({ env: {}, folder })).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: expect.stringMatching(/"port" in hornet\.config\.json is (nested too deeply|\[+\.{3})/),
      }),
    );
  });

  it('takes models from the arguments, else HORNET_MODEL, else the file', () => {
    write('hornet.config.json', { servings: ['a/file'] });
    const names = (sources: { models?: string[]; variable?: string }): string[] =>
      loadConfig({ models: sources.models ?? [], env: { HORNET_MODEL: sources.variable }, folder }).servings.map(
        ({ reference }) => reference.name,
      );
    expect(names({ models: ['a/argument'], variable: 'a/variable' })).toEqual(['argument']);
    expect(names({ variable: 'a/one, two=a/one' })).toEqual(['one', 'two']);
    expect(names({})).toEqual(['file']);
  });

  it('counts an empty variable as unset', () => {
    expect(loadConfig({ env: { PORT: '' }, folder }).settings.port).toBe(3000);
  });

  it('reports all problems together, each with where it comes from', () => {
    write('hornet.config.json', { decode: 'sloppy', prot: 1 });
    const env = { PORT: 'eighty', HORNET_MODEL: 'nonsense' };
    const load = () => loadConfig({ env, folder, flags: { topK: '0' } });
    expect(load).toThrowError(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    for (const part of ['prot', 'PORT', '"decode"', '--top-k', 'nonsense']) expect(load).toThrowError(part);
  });

  it('does not show what is secret, also where it is wrong', () => {
    write('hornet.config.json', { token: 123456789 });
    expect(() => loadConfig({ env: {}, folder })).toThrow(/"token" in hornet.config.json is not usable/);
    expect(() => loadConfig({ env: {}, folder })).not.toThrow(/123456789/);
    const env = { HORNET_TOKEN: 'one,secret words', HORNET_CORS_ORIGINS: 'https://a.example,https://b.example/' };
    expect(() => loadConfig({ env })).toThrow(/HORNET_TOKEN is not usable \(token 2 .*b.example\/ is not an origin/);
    expect(() => loadConfig({ env })).not.toThrow(/secret/);
  });

  it('refuses a config file that is not JSON', () => {
    writeFileSync(join(folder, 'hornet.config.json'), '{');
    expect(() => loadConfig({ env: {}, folder })).toThrowError(/hornet\.config\.json is not a JSON object/);
  });

  it('warns about HORNET_ names that it does not know', () => {
    const { warnings } = loadConfig({ env: { HORNET_PROT: '1', HORNET_NATIVE: 'off', HORNET_LOG: 'warn' }, folder });
    expect(warnings).toEqual(['The environment variable HORNET_PROT is not known and has no effect.']);
  });

  it('warns about folders of libraries that do not exist', () => {
    const { warnings } = loadConfig({ env: { HORNET_TENSORRT_PATH: `${folder}:/nowhere/trt` }, folder });
    expect(warnings).toEqual(['The folder /nowhere/trt of HORNET_TENSORRT_PATH (--tensorrt-path) does not exist.']);
  });
});

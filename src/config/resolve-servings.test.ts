import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigSources, loadConfig } from './load-config.js';

describe('servings of the configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (content: unknown, name = 'hornet.config.json'): void =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  const load = (sources: ConfigSources = {}) => loadConfig({ env: {}, folder, ...sources });
  const problemsOf = (sources: ConfigSources = {}): string => {
    try {
      load(sources);
    } catch (error) {
      return String(error);
    }
    throw new Error('There was no problem.');
  };

  it('refuses an object where a text belongs, whatever it says of its length', () => {
    const crafted = { length: { toString: {} } };
    for (const entry of [{ model: crafted }, { model: 'digits', name: crafted }, { model: 'digits', dtype: crafted }]) {
      write({ servings: [entry] });
      expect(problemsOf()).toContain('HornetError: The configuration is not usable: ');
    }
    write({ host: crafted });
    expect(problemsOf()).toContain('"host" in hornet.config.json');
  });

  it('takes what is said for all of them', () => {
    write({ memory: 'on-demand', unloadAfter: '1m', servings: ['digits', 'a/b'] });
    const { servings } = load({ env: { HORNET_MAX_BATCH: '7' }, flags: { dtype: 'fp16' } });
    const common = { memory: 'on-demand', unloadAfterMs: 60_000, maxBatch: 7, dtype: 'fp16', topK: 5 };
    expect(servings).toMatchObject([
      { reference: { name: 'digits' }, ...common },
      { reference: { name: 'b' }, ...common },
    ]);
  });

  it('has only the settings that may differ', () => {
    const serving = load().servings[0];
    expect(serving).toMatchObject({ backend: 'auto', decode: 'exact', maxQueueBytes: 268_435_456, forceBuild: false });
    for (const setting of ['port', 'home', 'shutdownGraceMs', 'maxLoaded']) expect(serving).not.toHaveProperty(setting);
  });

  it('prefers what the file says for one to what even a flag says for all', () => {
    write({ maxBatch: 2, servings: [{ model: 'a/pets', maxBatch: 16, unloadAfter: 0 }, 'a/cars'] });
    const { servings } = load({ env: { HORNET_UNLOAD_AFTER: '5m' }, flags: { maxBatch: '8' } });
    expect(servings).toMatchObject([
      { reference: { name: 'pets' }, maxBatch: 16, unloadAfterMs: 0 },
      { reference: { name: 'cars' }, maxBatch: 8, unloadAfterMs: 300_000 },
    ]);
  });

  it('takes options behind a model of the arguments and of HORNET_MODEL', () => {
    const expected = [
      {
        reference: { name: 'pets', source: { kind: 'hub', repository: 'a/b', revision: 'v1' }, text: 'a/b@v1' },
        dtype: 'fp16',
        maxBatch: 8,
        unloadAfterMs: 90_000,
      },
      { reference: { name: 'digits' }, dtype: 'auto', maxBatch: 4, forceBuild: true },
    ];
    const models = ['pets=a/b@v1?dtype=fp16&maxBatch=8&unloadAfter=90s', 'digits?forceBuild=1'];
    expect(load({ models }).servings).toMatchObject(expected);
    expect(load({ env: { HORNET_MODEL: models.join(', ') } }).servings).toMatchObject(expected);
  });

  it('means the same by an object of the file as by an argument with options', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const options = fc.record(
      {
        backend: fc.constantFrom('auto', 'onnxruntime'),
        maxBatch: fc.integer({ min: 1, max: 256 }),
        maxDelayMs: fc.integer({ min: 0, max: 10_000 }),
        unloadAfter: fc.constantFrom('0', '90s', '1.5h'),
        forceBuild: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const serving = fc.record({ name: word, owner: word, repository: word, revision: word, options });
    fc.assert(
      fc.property(serving, ({ name, owner, repository, revision, options: given }) => {
        write({ servings: [{ name, model: `${owner}/${repository}`, revision, ...given }] });
        const query = Object.entries(given).map(([key, value]) => `${key}=${value}`);
        const argument = `${name}=${owner}/${repository}@${revision}${query.length === 0 ? '' : '?'}${query.join('&')}`;
        expect(load().servings).toEqual(load({ models: [argument] }).servings);
      }),
      { numRuns: 50 },
    );
  });

  it('takes an argument that is the name of a serving of the file for that one, with options on top', () => {
    write({ servings: ['digits', { name: 'pets', model: './pets', maxBatch: 8, topK: 2 }] });
    expect(load({ models: ['pets?maxBatch=1', 'again=pets'] }).servings).toMatchObject([
      { reference: { name: 'pets', text: './pets' }, maxBatch: 1, topK: 2 },
      { reference: { name: 'again', text: './pets' }, maxBatch: 8, topK: 2 },
    ]);
    expect(load({ env: { HORNET_MODEL: 'pets' } }).servings).toHaveLength(1);
  });

  it('takes "digits" for the sample, even where the file gives that name to another', () => {
    write({ servings: [{ name: 'digits', model: 'a/b' }] });
    expect(load({ models: ['digits'] }).servings).toMatchObject([{ reference: { source: { kind: 'sample' } } }]);
    expect(load().servings).toMatchObject([{ reference: { source: { kind: 'hub' } } }]);
  });

  it('replaces the whole list by that of the file for NODE_ENV', () => {
    write({ servings: ['a/b', 'a/c'] });
    write({ servings: ['digits'] }, 'hornet.config.test.json');
    expect(load({ env: { NODE_ENV: 'test' } }).servings.map(({ reference }) => reference.name)).toEqual(['digits']);
  });

  it('serves the sample where the list is empty', () => {
    write({ servings: [] });
    expect(load().servings).toMatchObject([{ reference: { name: 'digits' } }]);
  });

  it('reports everything that is wrong with the file together, by serving and field', () => {
    write({
      servings: [
        { name: 'pets', model: 'a/b@v1', revision: 'v2', maxBatch: 0, batch: 1, unloadAfter: 'soon' },
        { model: './cars', revision: 'v1' },
        { name: 'cars', model: 'a/b--c' },
        { name: 5, model: 'a/d' },
        { maxBatch: 1 },
        { name: 'two words', model: 'digits' },
        { model: 'a/f', revision: 'not a revision' },
        5,
        'a/b/c',
      ],
    });
    const problems = problemsOf();
    for (const part of [
      '"revision" of serving "pets" is "v2", but its model "a/b@v1" has a revision already',
      '"maxBatch" of serving "pets" is 0 (Too small',
      '"unloadAfter" of serving "pets" is "soon" (expected a time',
      'serving "pets" has unknown settings: batch (known are backend',
      '"revision" of serving "cars" is "v1", but its model "./cars" has no revisions',
      '"a/b--c" does not name a model',
      'two servings have the name "cars"',
      '"name" of servings[3] in hornet.config.json is 5',
      '"model" of servings[4] in hornet.config.json is missing',
      '"digits" cannot have the name "two words"',
      '"a/f@not a revision" does not name a model',
      'servings[7] in hornet.config.json is 5, neither a string nor an object',
      '"a/b/c" does not name a model',
    ]) {
      expect(problems).toContain(part);
    }
  });

  it('reports everything that is wrong with arguments together', () => {
    write({ servings: ['a/pets', 'a/cars'] });
    const models = ['x=a/b?maxBatch=0&port=1&topK=1&topK=2', 'pts', 'x=a/c'];
    const problems = problemsOf({ models });
    for (const part of [
      '"maxBatch" of serving "x" is "0"',
      'serving "x" has unknown settings: port',
      'serving "x" has "topK" more than once',
      '"pts" does not name a model',
      'the config file has the servings pets, cars',
      'two servings have the name "x"',
    ]) {
      expect(problems).toContain(part);
    }
  });

  it('reports a problem of a serving of the file once, also where an argument means that one', () => {
    write({ servings: [{ name: 'pets', model: 'nonsense', maxBatch: 0 }] });
    const problems = problemsOf({ models: ['pets'] });
    expect(problems.match(/nonsense/g)).toHaveLength(1);
    expect(problems.match(/maxBatch/g)).toHaveLength(1);
  });

  it('names the file for NODE_ENV where the problem is in that one', () => {
    write({ servings: 'digits', topK: 0 }, 'hornet.config.test.json');
    const problems = problemsOf({ env: { NODE_ENV: 'test' } });
    expect(problems).toContain('"servings" in hornet.config.test.json must be a list');
    expect(problems).toContain('"topK" in hornet.config.test.json is 0');
  });
});

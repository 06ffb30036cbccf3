import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../dist/config/load-config.js';
import { servingSettingKeys } from '../../../dist/config/serving-settings.js';
import { configKeyOf, settings } from '../../../dist/config/settings.js';
import { HornetError } from '../../../dist/errors/hornet-error.js';
import { hold, withoutValues } from '../invariants.mjs';
import { mutateSections, sectionsOf } from '../sections.mjs';

/** @import { Config } from '../../../dist/config/load-config.js' */
/** @import { Setting } from '../../../dist/config/setting.js' */
/** @import { Target } from '../target.mjs' */

const all = /** @type {[keyof typeof settings, Setting<unknown>][]} */ (Object.entries(settings));
const words = [
  ...all.flatMap(([key, { env }]) => [configKeyOf(key), `${env}=`]),
  'servings',
  '$schema',
  'model',
  'name',
  'revision',
  'digits',
  'a/b',
  'a/b@main',
  './m',
  '~/m',
  'x=a/b',
  'a/b?dtype=fp16',
  '&maxBatch=8',
  '15m',
  '1h',
  '500ms',
  '90 s',
  'true',
  'on',
  'auto',
  'fp16',
  'tensorrt',
  'on-demand',
  '*',
  'https://a.b',
  'MODEL',
];

/**
 * An input is hornet.config.json, the MODEL arguments, one a line, and variables of the environment, one a line.
 * @param {Buffer} input
 */
function sourcesOf(input) {
  const [file = '', models = '', variables = ''] = sectionsOf(input, 3).map((section) => section.toString('utf8'));
  const lines = (/** @type {string} */ text) => text.split('\n').filter((line) => line !== '');
  // Names only that are Hornet's own: others make it read files of their choice, which is what they are for.
  const given = lines(variables).flatMap((line) =>
    [/^((?:HORNET_\w+)|HOST|PORT)=(.*)$/s.exec(line)?.slice(1) ?? []].filter(({ length }) => length > 0),
  );
  return { file, models: lines(models), env: Object.fromEntries(given) };
}

/** Texts that were given for what is secret, and that are long enough to be told from others. @param {{ file: string, env: Record<string, string> }} sources */
function secretsOf({ file, env }) {
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(file);
  } catch {}
  const fields = typeof json === 'object' && json !== null ? /** @type {Record<string, unknown>} */ (json) : {};
  const given = all
    .filter(([, { secret }]) => secret)
    .flatMap(([key, setting]) => [env[setting.env], fields[configKeyOf(key)]]);
  return given.filter((value) => typeof value === 'string' && value.length >= 8);
}

/** @type {Target} */
export const config = {
  reads: 'hornet.config.json, MODEL arguments and variables',
  covers: ['config/', 'model/model-reference.js'],
  maxBytes: 16 * 1024,
  work: 100_000,
  workPerByte: 200,
  mostMemory: 32 * 2 ** 20,
  mutate: mutateSections(3, words),
  invariant(input, folder) {
    const sources = sourcesOf(input);
    const { file, models, env } = sources;
    const path = join(folder, 'hornet.config.json');
    if (file === '') rmSync(path, { force: true });
    else writeFileSync(path, file);
    // Of the Hub's variables only those that keep it from looking at the home of whoever runs this.
    const home = { HF_HOME: folder, HF_HUB_CACHE: join(folder, 'hub'), HF_TOKEN: 'hf_none' };
    /** @type {Config} */
    let read;
    try {
      read = loadConfig({ models, env: { ...env, ...home }, folder });
    } catch (error) {
      if (!(error instanceof HornetError) || error.code !== 'ERR_CONFIG_INVALID') throw error;
      for (const secret of secretsOf(sources)) {
        const text = /** @type {string} */ (secret);
        // Unless it is said in another place too, where it may be shown.
        const isOnlyThere = input.indexOf(text) === input.lastIndexOf(text);
        hold(!isOnlyThere || !error.message.includes(text), 'a secret in a message');
      }
      const [problem = ''] = error.message.replace('The configuration is not usable: ', '').split('; ');
      return withoutValues(problem);
    }
    hold(read.servings.length > 0, 'no serving');
    const names = read.servings.map(({ reference }) => reference.name);
    hold(new Set(names).size === names.length, 'two servings of one name');
    for (const { reference } of read.servings) {
      hold(/^[A-Za-z0-9][\w.-]{0,95}$/.test(reference.name), 'a name of a serving that is none');
      const { source } = reference;
      hold(
        source.kind !== 'hub' || (/^[\w.-]+\/[\w.-]+$/.test(source.repository) && !/\.\.|--/.test(source.repository)),
        'a name of a repository that is none',
      );
      hold(
        source.kind !== 'hub' || !/(^|\/)\.\.?(\/|$)/.test(source.revision),
        'a revision that is a path out of its folder',
      );
    }
    holdSettings(read, folder);
    return `${names.length} ${read.warnings.map(withoutValues).slice(0, 2)} ${read.servings[0]?.reference.source.kind}`;
  },
};

/** What was resolved can be written down as a config file, and is then resolved to the same. @param {Config} read @param {string} folder */
function holdSettings(read, folder) {
  const servings = read.servings.map((serving) => ({
    model: serving.reference.text,
    name: serving.reference.name,
    ...Object.fromEntries(servingSettingKeys.map((key) => [configKeyOf(key), serving[key]])),
  }));
  const written = Object.fromEntries(all.map(([key]) => [configKeyOf(key), read.settings[key]]));
  writeFileSync(join(folder, 'hornet.config.json'), JSON.stringify({ ...written, servings }));
  const again = loadConfig({ env: { HF_HOME: folder, HF_TOKEN: 'hf_none' }, folder });
  hold(JSON.stringify(again.settings) === JSON.stringify(read.settings), 'settings that were written down are others');
  hold(JSON.stringify(again.servings) === JSON.stringify(read.servings), 'servings that were written down are others');
}

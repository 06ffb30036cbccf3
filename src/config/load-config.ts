import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { givenFolders } from '../gpu/library-search.js';
import { type HubEnvironment, readHubEnvironment } from '../hub/hub-environment.js';
import { type ModelReference, parseModelReferences } from '../model/model-reference.js';
import { otherVariables, type Setting, type Settings, settings } from './settings.js';

/** What a process is configured with, checked and frozen. */
export interface Config {
  readonly settings: Settings;
  readonly models: readonly ModelReference[];
  /** Where models of the Hub come from and go to. */
  readonly hub: HubEnvironment;
  /** Sentences worth a warning: unknown HORNET_* names, folders of libraries that are not there. */
  readonly warnings: readonly string[];
}

/** Where configuration comes from. */
export interface ConfigSources {
  /** MODEL arguments of the command line. */
  readonly models?: readonly string[];
  /** Values of flags by setting. */
  readonly flags?: Readonly<Partial<Record<keyof Settings, unknown>>>;
  /** Instead of the defaults of the settings, where a command has other ones. */
  readonly defaults?: Partial<Settings>;
  /** Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folder that holds hornet.config.json, default the working directory; null: no config file, as in the library. */
  readonly folder?: string | null;
}

type Problem = string;
type FileContent = Readonly<Record<string, unknown>>;

/**
 * Resolves every setting: flag, environment, config file for this NODE_ENV, config file, default.
 * @throws ERR_CONFIG_INVALID with all problems in one message
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const problems: Problem[] = [];
  const file = sources.folder === null ? {} : readConfigFiles(sources.folder ?? process.cwd(), env.NODE_ENV, problems);
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(settings) as [keyof Settings, Setting<unknown>][]) {
    const candidates = [
      { value: sources.flags?.[key], source: definition.flag?.split(' ')[0] ?? key },
      // An empty variable counts as unset: that is how shells and compose files clear one.
      { value: env[definition.env] || undefined, source: definition.env },
      { value: file[key], source: `"${key}" in hornet.config.json` },
    ];
    const given = candidates.find(({ value }) => value !== undefined);
    values[key] =
      given === undefined
        ? (sources.defaults?.[key] ?? definition.default)
        : check(definition, given.value, given.source, problems);
  }
  const models = resolveModels(sources.models ?? [], env.HORNET_MODEL, file.servings, problems);
  if (problems.length > 0) {
    throw new HornetError('ERR_CONFIG_INVALID', `The configuration is not usable: ${problems.join('; ')}.`);
  }
  return Object.freeze({
    settings: Object.freeze(values) as Settings,
    models: Object.freeze(models),
    hub: Object.freeze(readHubEnvironment(values as Settings, env)),
    warnings: Object.freeze([...unknownVariables(env), ...missingFolders(values as Settings)]),
  });
}

function check(definition: Setting<unknown>, value: unknown, source: string, problems: Problem[]): unknown {
  const result = definition.schema.safeParse(value);
  if (result.success) return result.data;
  problems.push(
    `${source} is ${JSON.stringify(value)} (${result.error.issues.map(({ message }) => message).join(', ')})`,
  );
  return definition.default;
}

function readConfigFiles(folder: string, nodeEnv: string | undefined, problems: Problem[]): FileContent {
  const names = ['hornet.config.json'];
  if (nodeEnv !== undefined && /^[\w-]+$/.test(nodeEnv)) names.push(`hornet.config.${nodeEnv}.json`);
  return Object.assign({}, ...names.map((name) => readConfigFile(join(folder, name), name, problems))) as FileContent;
}

function readConfigFile(path: string, name: string, problems: Problem[]): FileContent {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      problems.push(`${name} cannot be read (${messageOf(error)})`);
    return {};
  }
  try {
    const content = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    const unknown = Object.keys(content).filter(
      (key) => key !== 'servings' && key !== '$schema' && !Object.hasOwn(settings, key),
    );
    if (unknown.length > 0) problems.push(`${name} has unknown fields: ${unknown.join(', ')}`);
    return content;
  } catch (error) {
    problems.push(`${name} is not a JSON object (${messageOf(error)})`);
    return {};
  }
}

function resolveModels(
  argumentModels: readonly string[],
  variable: string | undefined,
  servings: unknown,
  problems: Problem[],
): readonly ModelReference[] {
  const fromFile = z.array(z.string()).default([]).safeParse(servings);
  if (!fromFile.success) problems.push('"servings" in hornet.config.json must be a list of models, each a string');
  const fromVariable = (variable ?? '').split(',').flatMap((model) => model.trim() || []);
  const models = [argumentModels, fromVariable, fromFile.data ?? [], ['digits']].find((list) => list.length > 0) ?? [];
  try {
    return parseModelReferences(models);
  } catch (error) {
    problems.push(messageOf(error).replace(/\.$/, ''));
    return [];
  }
}

/** The search goes on elsewhere, and may find another TensorRT than the one that was meant. */
function missingFolders(given: Settings): string[] {
  return givenFolders(given)
    .filter((folder) => !existsSync(folder))
    .map((folder) => `The folder ${folder} of HORNET_TENSORRT_PATH (--tensorrt-path) does not exist.`);
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>([
    ...Object.values(settings).map((definition) => definition.env),
    ...Object.keys(otherVariables),
  ]);
  return Object.keys(env)
    .filter((name) => name.startsWith('HORNET_') && !known.has(name))
    .map((name) => `The environment variable ${name} is not known and has no effect.`);
}

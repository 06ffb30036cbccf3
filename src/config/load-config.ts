import { existsSync } from 'node:fs';
import { describeValue } from '../errors/describe-value.js';
import { HornetError } from '../errors/hornet-error.js';
import { givenFolders } from '../gpu/library-search.js';
import { type HubEnvironment, readHubEnvironment } from '../hub/hub-environment.js';
import { parseSafely } from '../schema/parse-safely.js';
import { type FileField, readConfigFiles } from './config-files.js';
import { otherVariables } from './other-variables.js';
import { resolveServings, type ServingConfig } from './resolve-servings.js';
import type { Setting } from './setting.js';
import { configKeyOf, type SettingKey, type Settings, settings } from './settings.js';

/** What a process is configured with, checked and frozen. */
export interface Config {
  readonly settings: Settings;
  /** What to serve; the first one is the default one. Never empty. */
  readonly servings: readonly ServingConfig[];
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

/**
 * Resolves every setting: flag, environment, config file for this NODE_ENV, config file, default.
 * @throws ERR_CONFIG_INVALID with all problems in one message
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const env = sources.env ?? process.env;
  const problems: string[] = [];
  const file =
    sources.folder === null
      ? new Map<string, FileField>()
      : readConfigFiles(sources.folder ?? process.cwd(), env.NODE_ENV, problems);
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(settings) as [SettingKey, Setting<unknown>][]) {
    const configKey = configKeyOf(key);
    const field = file.get(configKey);
    const candidates = [
      { value: sources.flags?.[key], source: definition.flag?.split(' ')[0] ?? key },
      // An empty variable counts as unset: that is how shells and compose files clear one.
      { value: env[definition.env] || undefined, source: definition.env },
      { value: field?.value, source: `"${configKey}" in ${field?.file}` },
    ];
    const given = candidates.find(({ value }) => value !== undefined);
    values[key] =
      given === undefined
        ? (sources.defaults?.[key] ?? definition.default)
        : check(definition, given.value, given.source, problems);
  }
  const resolved = Object.freeze(values) as Settings;
  const servings = resolveServings(
    { models: sources.models ?? [], variable: env.HORNET_MODEL, file: file.get('servings'), settings: resolved },
    problems,
  );
  if (problems.length > 0) {
    throw new HornetError('ERR_CONFIG_INVALID', `The configuration is not usable: ${problems.join('; ')}.`);
  }
  return Object.freeze({
    settings: resolved,
    servings: Object.freeze(servings),
    hub: Object.freeze(readHubEnvironment(resolved, env)),
    warnings: Object.freeze([...unknownVariables(env), ...missingFolders(resolved)]),
  });
}

function check(definition: Setting<unknown>, value: unknown, source: string, problems: string[]): unknown {
  const result = parseSafely(definition.schema, value);
  if (result.success) return result.data;
  const reasons = result.error.issues.map(({ message }) => message);
  const shown = definition.secret ? 'not usable' : describeValue(value);
  problems.push(`${source} is ${shown} (${reasons.join(', ')})`);
  return definition.default;
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

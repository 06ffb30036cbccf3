import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors/hornet-error.js';
import { configKeyOf, type SettingKey, settings } from './settings.js';

/** A field of a config file. */
export interface FileField {
  readonly value: unknown;
  /** Name of the file. */
  readonly file: string;
}

const knownFields = new Set(['$schema', 'servings', ...(Object.keys(settings) as SettingKey[]).map(configKeyOf)]);

/** The fields of hornet.config.json, each replaced by that of hornet.config.$NODE_ENV.json where that has it. */
export function readConfigFiles(
  folder: string,
  nodeEnv: string | undefined,
  problems: string[],
): ReadonlyMap<string, FileField> {
  const names = ['hornet.config.json'];
  if (nodeEnv !== undefined && /^[\w-]+$/.test(nodeEnv)) names.push(`hornet.config.${nodeEnv}.json`);
  return new Map(names.flatMap((name) => readConfigFile(join(folder, name), name, problems)));
}

function readConfigFile(path: string, file: string, problems: string[]): [string, FileField][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      problems.push(`${file} cannot be read (${messageOf(error)})`);
    return [];
  }
  try {
    const content = Object.entries(z.record(z.string(), z.unknown()).parse(JSON.parse(text)));
    const unknown = content.flatMap(([key]) => (knownFields.has(key) ? [] : key));
    if (unknown.length > 0) problems.push(`${file} has unknown fields: ${unknown.join(', ')}`);
    return content.map(([key, value]) => [key, { value, file }]);
  } catch (error) {
    problems.push(`${file} is not a JSON object (${messageOf(error)})`);
    return [];
  }
}

import { type Command, Option } from 'commander';
import { type Setting, type Settings, settings } from '../config/settings.js';

/** Adds the flags of these settings; values stay strings, the configuration checks them all together. */
export function addSettingFlags(command: Command, keys: readonly (keyof Settings)[]): void {
  for (const key of keys) {
    const { flag, meaning, env, default: value } = settings[key] as Setting<unknown>;
    if (flag === undefined) continue;
    command.addOption(new Option(flag, `${meaning} [${env}, default ${String(value)}]`));
  }
}

/** The flags that were given, by setting. */
export function settingFlags(command: Command): Partial<Record<keyof Settings, unknown>> {
  const given = new Map<string, unknown>(Object.entries(command.opts()));
  const entries = (Object.entries(settings) as [keyof Settings, Setting<unknown>][]).flatMap(([key, { flag }]) => {
    if (flag === undefined) return [];
    const value = given.get(new Option(flag).attributeName());
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

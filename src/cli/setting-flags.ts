import { type Command, Option } from 'commander';
import { describeDefault, type Setting } from '../config/setting.js';
import { type Settings, settings } from '../config/settings.js';

/** What is said of MODEL arguments in the help of commands. */
export const modelArgument = '[NAME=](ORG/REPO[@REVISION]|PATH|digits)[?SETTING=VALUE&...]';

/** Adds the flags of these settings; values stay strings, the configuration checks them all together. */
export function addSettingFlags(command: Command, keys: readonly (keyof Settings)[]): void {
  for (const key of keys) {
    const definition = settings[key] as Setting<unknown>;
    const { flag, meaning, env } = definition;
    if (flag === undefined) continue;
    const byDefault = describeDefault(definition) || 'none';
    command.addOption(new Option(flag, `${meaning} [${env}, default ${byDefault}]`));
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

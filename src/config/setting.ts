import type { z } from 'zod';
import { duration, formatDuration } from './setting-schemas.js';

/** One setting: where it can be given, what it may be, what it is when nobody says. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Its name in the config file, where that is not the key: the unit is in the key, but not in what people write. */
  readonly configKey?: string;
  /** Command-line flag of `serve` and `classify`, with its placeholder; none: not a flag. */
  readonly flag?: string;
  readonly schema: z.ZodType<T>;
  readonly default: NoInfer<T>;
  readonly meaning: string;
  /** Its value is never shown, also not where it is wrong. */
  readonly secret?: true;
}

/** Lets the compiler infer what a setting may be from its schema. */
export const setting = <T>(definition: Setting<T>): Setting<T> => definition;

/** The default of a setting, as people would write it. */
export function describeDefault({ schema, default: value }: Setting<unknown>): string {
  return schema === duration && typeof value === 'number' ? formatDuration(value) : String(value);
}

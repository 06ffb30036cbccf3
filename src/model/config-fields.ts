import { describeValue } from '../errors/describe-value.js';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError } from '../errors/hornet-error.js';

/** An object of a JSON file, its values not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads typed values out of one object of a JSON configuration file. Every wrong value is an error that names the
 * file and the field, and says what was found and what was expected.
 */
export class ConfigFields {
  readonly file: string;
  readonly code: ErrorCode;
  readonly json: JsonObject;

  constructor(file: string, code: ErrorCode, json: unknown) {
    this.file = file;
    this.code = code;
    if (!isJsonObject(json)) {
      throw new HornetError(code, `${file} holds ${describeValue(json)}, expected an object.`);
    }
    this.json = json;
  }

  /** The error for a field whose value is not what is expected. */
  invalid(field: string, expected: string): HornetError {
    return this.invalidValue(field, this.json[field], expected);
  }

  /** As {@link invalid}, for a value inside a field. */
  invalidValue(field: string, found: unknown, expected: string): HornetError {
    return new HornetError(this.code, `"${field}" in ${this.file} is ${describeValue(found)}, expected ${expected}.`, {
      details: { field },
    });
  }

  /** `true` or `false`; null is false, as Python reads it; absent is the default. */
  readSwitch(field: string, byDefault: boolean): boolean {
    const value = this.json[field];
    if (value === undefined) return byDefault;
    if (value === null) return false;
    if (typeof value !== 'boolean') throw this.invalid(field, 'true or false');
    return value;
  }

  /** A finite number, or undefined where the field is absent or null. */
  readNumber(field: string, expected = 'a number'): number | undefined {
    const value = this.json[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.invalid(field, expected);
    return value;
  }

  /** A string that is not empty, or undefined where the field is absent or null. */
  readString(field: string): string | undefined {
    const value = this.json[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string' || value === '') throw this.invalid(field, 'a string');
    return value;
  }
}

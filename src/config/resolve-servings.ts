import { z } from 'zod';
import { describeValue } from '../errors/describe-value.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { createModelReference, type ModelReference, splitModelArgument } from '../model/model-reference.js';
import { parseSafely } from '../schema/parse-safely.js';
import type { FileField } from './config-files.js';
import { servingIdentitySchema, servingOptionsSchema } from './serving-schemas.js';
import { type ServingSettings, servingSettingKeys } from './serving-settings.js';
import { configKeyOf, type Settings } from './settings.js';

/** One serving: its model, its name, and every setting that may differ between servings. */
export interface ServingConfig extends ServingSettings {
  readonly reference: ModelReference;
}

/** Where servings are named. The first source that names any counts. */
export interface ServingSources {
  /** MODEL arguments. */
  readonly models: readonly string[];
  /** HORNET_MODEL. */
  readonly variable: string | undefined;
  /** `servings` of the config file. */
  readonly file: FileField | undefined;
  /** What is said for all servings. */
  readonly settings: Settings;
}

/** What is said for one serving. */
interface Draft {
  /** undefined: it has a problem. */
  readonly reference: ModelReference | undefined;
  /** undefined: it is not known, for the same reason. */
  readonly name: string | undefined;
  readonly given: Partial<ServingSettings>;
}

/** The servings, in their order; those whose model cannot be told are left out. */
export function resolveServings(sources: ServingSources, problems: string[]): ServingConfig[] {
  const fromFile = readFileServings(sources.file, problems);
  const fromVariable = (sources.variable ?? '').split(',').flatMap((model) => model.trim() || []);
  const named = (sources.models.length > 0 ? sources.models : fromVariable).map((argument) =>
    readArgument(argument, fromFile, problems),
  );
  reportEqualNames(named, problems);
  const sample = [readArgument('digits', [], problems)];
  const drafts = [named, fromFile].find((list) => list.length > 0) ?? sample;
  const common = Object.fromEntries(servingSettingKeys.map((key) => [key, sources.settings[key]])) as ServingSettings;
  return drafts.flatMap(({ reference, given }) =>
    reference === undefined ? [] : Object.freeze({ ...common, ...given, reference }),
  );
}

function readFileServings(field: FileField | undefined, problems: string[]): Draft[] {
  if (field === undefined) return [];
  const entries = z.array(z.unknown()).safeParse(field.value);
  if (!entries.success) problems.push(`"servings" in ${field.file} must be a list of strings and objects`);
  const drafts = (entries.data ?? []).map((entry, index) =>
    typeof entry === 'string'
      ? readArgument(entry, [], problems)
      : readEntry(entry, `servings[${index}] in ${field.file}`, problems),
  );
  reportEqualNames(drafts, problems);
  return drafts;
}

/** A MODEL argument; instead of a model it may have the name of a serving of the config file. */
function readArgument(argument: string, fromFile: readonly Draft[], problems: string[]): Draft {
  const { name: givenName, model, options } = splitModelArgument(argument);
  const base = model === 'digits' ? undefined : fromFile.find((draft) => draft.name === model);
  const reference = attempt(problems, describeNames(fromFile), () =>
    base === undefined ? createModelReference(model, givenName) : rename(base.reference, givenName),
  );
  const name = givenName ?? base?.name ?? reference?.name;
  const label = labelOf(name, `"${argument}"`);
  const keys = options.map(([key]) => key);
  const repeated = new Set(keys.filter((key, index) => keys.indexOf(key) !== index));
  for (const key of repeated) problems.push(`${label} has "${key}" more than once`);
  const given = { ...base?.given, ...readOptions(Object.fromEntries(options), label, problems) };
  return { reference, name, given };
}

/** An entry of the config file that is not just a string. */
function readEntry(entry: unknown, place: string, problems: string[]): Draft {
  const record = z.record(z.string(), z.unknown()).safeParse(entry);
  if (!record.success) {
    problems.push(`${place} is ${describeValue(entry)}, neither a string nor an object`);
    return { reference: undefined, name: undefined, given: {} };
  }
  const fields = Object.entries(record.data);
  const isIdentity = ([key]: [string, unknown]): boolean => Object.hasOwn(servingIdentitySchema.shape, key);
  const label = labelOf(record.data.name, place);
  const identity = parseSafely(servingIdentitySchema, Object.fromEntries(fields.filter(isIdentity)));
  if (!identity.success) reportIssues(identity.error, record.data, label, problems);
  const { data } = identity;
  const unpinned = data && attempt(problems, ` (${place})`, () => createModelReference(data.model, data.name));
  const reference = unpinned && attempt(problems, ` (${place})`, () => pin(unpinned, data.revision));
  const name = data?.name ?? unpinned?.name;
  const options = Object.fromEntries(fields.filter((field) => !isIdentity(field)));
  return { reference, name, given: readOptions(options, labelOf(name, place), problems) };
}

function pin(reference: ModelReference, revision: string | undefined): ModelReference {
  if (revision === undefined) return reference;
  const { name, source, text } = reference;
  if (source.kind === 'hub' && !text.includes('@')) return createModelReference(`${text}@${revision}`, name);
  const reason = source.kind === 'hub' ? 'a revision already' : 'no revisions, as it is not of the Hub';
  throw new HornetError(
    'ERR_CONFIG_INVALID',
    `"revision" of serving "${name}" is "${revision}", but its model "${text}" has ${reason}.`,
  );
}

/** The reference of a serving of the config file that has a problem is not there; that has been reported. */
function rename(reference: ModelReference | undefined, name: string | undefined): ModelReference | undefined {
  return reference && createModelReference(reference.text, name ?? reference.name);
}

function readOptions(options: Record<string, unknown>, label: string, problems: string[]): Partial<ServingSettings> {
  const { data, error } = parseSafely(servingOptionsSchema, options);
  if (error !== undefined) reportIssues(error, options, label, problems);
  return Object.fromEntries(
    servingSettingKeys.flatMap((key) => {
      const value = data?.[configKeyOf(key)];
      return value === undefined ? [] : [[key, value]];
    }),
  ) as Partial<ServingSettings>;
}

function reportIssues(
  { issues }: z.ZodError,
  values: Record<string, unknown>,
  label: string,
  problems: string[],
): void {
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(servingOptionsSchema.shape).join(', ');
      problems.push(`${label} has unknown settings: ${issue.keys.join(', ')} (known are ${known})`);
    } else if (issue.path.length === 0) {
      problems.push(`${label} is not usable (${issue.message})`);
    } else {
      const field = String(issue.path[0]);
      const value = Object.hasOwn(values, field) ? `is ${describeValue(values[field])}` : 'is missing';
      problems.push(`"${field}" of ${label} ${value} (${issue.message})`);
    }
  }
}

function reportEqualNames(drafts: readonly Draft[], problems: string[]): void {
  const names = drafts.flatMap(({ name }) => name ?? []);
  for (const name of new Set(names.filter((candidate, index) => names.indexOf(candidate) !== index))) {
    problems.push(`two servings have the name "${name}"; give one of them another name as in "other=ORG/REPO"`);
  }
}

function attempt<T>(problems: string[], addition: string, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    problems.push(`${messageOf(error).replace(/\.$/, '')}${addition}`);
    return undefined;
  }
}

function labelOf(name: unknown, place: string): string {
  return typeof name === 'string' ? `serving "${name}"` : place;
}

function describeNames(fromFile: readonly Draft[]): string {
  const names = fromFile.flatMap(({ name }) => name ?? []);
  return names.length === 0 ? '' : ` (the config file has the servings ${names.join(', ')})`;
}

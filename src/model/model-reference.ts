import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';

/** Where a model comes from. */
export type ModelSource =
  | { readonly kind: 'sample' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string };

/** A model, and what it is called here. */
export interface ModelReference {
  /** Name of the serving, unique in a process. */
  readonly name: string;
  readonly source: ModelSource;
  /** The model as it was given: `ORG/REPO[@REVISION]`, a path or `digits`. */
  readonly text: string;
}

/** The parts of a MODEL argument: `[NAME=](ORG/REPO[@REVISION]|PATH|digits)[?OPTION=VALUE[&...]]`. */
export interface ModelArgument {
  readonly name: string | undefined;
  readonly model: string;
  /** In their order, percent-decoded, not checked. */
  readonly options: readonly (readonly [name: string, value: string])[];
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
// Hub names: letters, digits, "-", "_", ".", at most 96 characters, no ".." and no "--" (it separates folders in the cache).
const hubPattern =
  /^(?<repository>[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9_][\w.-]{0,95})(?:@(?<revision>[\w./-]{1,200}))?$/;

/** Takes a MODEL argument apart. The first "?" ends the model, also that of a path. */
export function splitModelArgument(argument: string): ModelArgument {
  const [, name, model, query] = /^(?:([^=/?]*)=)?(.*?)(?:\?(.+))?$/s.exec(argument) as unknown as [
    string,
    string | undefined,
    string,
    string | undefined,
  ];
  return { name, model, options: [...new URLSearchParams(query)] };
}

/**
 * A path begins with `/`, `./`, `../` or `~`; `digits` is the embedded sample. The name defaults to the last segment.
 * @throws ERR_CONFIG_INVALID
 */
export function createModelReference(text: string, givenName?: string): ModelReference {
  const { source, lastSegment } = parseSource(text);
  const name = givenName ?? lastSegment;
  if (!namePattern.test(name)) {
    throw new HornetError(
      'ERR_CONFIG_INVALID',
      `"${text}" cannot have the name "${name}": a name has letters, digits, ".", "_" and "-" only, at most 96 of them.`,
    );
  }
  return { name, source, text };
}

/**
 * Parses a MODEL argument where options have no place.
 * @throws ERR_CONFIG_INVALID
 */
export function parseModelReference(argument: string): ModelReference {
  const { name, model, options } = splitModelArgument(argument);
  if (options.length === 0) return createModelReference(model, name);
  throw new HornetError('ERR_CONFIG_INVALID', `"${argument}" has options after "?", which have no effect here.`);
}

function parseSource(text: string): { source: ModelSource; lastSegment: string } {
  if (text === 'digits') return { source: { kind: 'sample' }, lastSegment: 'digits' };
  if (/^(?:\/|\.\.?(?:\/|$)|~(?:\/|$))/.test(text)) {
    const path = resolve(text.startsWith('~') ? join(homedir(), text.slice(1)) : text);
    return { source: { kind: 'path', path }, lastSegment: basename(path) };
  }
  const { repository, revision } = hubPattern.exec(text)?.groups ?? {};
  if (repository === undefined || /\.\.|--/.test(repository)) {
    throw new HornetError(
      'ERR_CONFIG_INVALID',
      `"${text}" does not name a model: a model is ORG/REPO, ORG/REPO@REVISION, "digits", or a path that begins with /, ` +
        './, ../ or ~.',
    );
  }
  return {
    source: { kind: 'hub', repository, revision: revision ?? 'main' },
    lastSegment: basename(repository),
  };
}

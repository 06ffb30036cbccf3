import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';

/** Where a model comes from. */
export type ModelSource =
  | { readonly kind: 'sample' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string };

/** A parsed MODEL argument: `[NAME=](ORG/REPO[@REVISION]|PATH|digits)`. */
export interface ModelReference {
  /** Name of the serving, unique in a process. */
  readonly name: string;
  readonly source: ModelSource;
  /** The argument without its NAME. */
  readonly text: string;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
// Hub names: letters, digits, "-", "_", ".", at most 96 characters, no ".." and no "--" (it separates folders in the cache).
const hubPattern =
  /^(?<repository>[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9_][\w.-]{0,95})(?:@(?<revision>[\w./-]{1,200}))?$/;

/**
 * Parses a MODEL argument. A path begins with `/`, `./`, `../` or `~`; `digits` is the embedded sample.
 * NAME defaults to the last segment.
 * @throws ERR_CONFIG_INVALID
 */
export function parseModelReference(argument: string): ModelReference {
  const [, givenName, text] = /^(?:([^=/]*)=)?(.*)$/s.exec(argument) as unknown as [string, string | undefined, string];
  const { source, lastSegment } = parseSource(text, argument);
  const name = givenName ?? lastSegment;
  if (!namePattern.test(name)) {
    throw invalid(argument, `the name "${name}" may have letters, digits, ".", "_" and "-" only, at most 96 of them`);
  }
  return { name, source, text };
}

function parseSource(text: string, argument: string): { source: ModelSource; lastSegment: string } {
  if (text === 'digits') return { source: { kind: 'sample' }, lastSegment: 'digits' };
  if (/^(?:\/|\.\.?(?:\/|$)|~(?:\/|$))/.test(text)) {
    const path = resolve(text.startsWith('~') ? join(homedir(), text.slice(1)) : text);
    return { source: { kind: 'path', path }, lastSegment: basename(path) };
  }
  const { repository, revision } = hubPattern.exec(text)?.groups ?? {};
  if (repository === undefined || /\.\.|--/.test(repository)) {
    throw invalid(
      argument,
      'a model is ORG/REPO, ORG/REPO@REVISION, "digits", or a path that begins with /, ./, ../ or ~',
    );
  }
  return {
    source: { kind: 'hub', repository, revision: revision ?? 'main' },
    lastSegment: basename(repository),
  };
}

/**
 * Parses several MODEL arguments.
 * @throws ERR_CONFIG_INVALID also when two have the same name
 */
export function parseModelReferences(models: readonly string[]): ModelReference[] {
  const references = models.map(parseModelReference);
  const names = references.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new HornetError(
      'ERR_CONFIG_INVALID',
      `Two models have the name "${repeated}"; give one of them another name as in "other=ORG/REPO".`,
    );
  }
  return references;
}

function invalid(argument: string, reason: string): HornetError {
  return new HornetError('ERR_CONFIG_INVALID', `"${argument}" does not name a model: ${reason}.`);
}

import { type ErrorCode, errorRegistry } from '../errors/error-registry.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';

/**
 * What the addon threw as an error of ours: it carries a code of the registry, which a test compares with the addon's
 * list. Anything else stays what it is.
 */
export function fromNativeError(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && Object.hasOwn(errorRegistry, code)) {
    return new HornetError(code as ErrorCode, messageOf(error), { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

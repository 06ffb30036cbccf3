import { HornetError } from '../../dist/errors/hornet-error.js';

/** @import { ErrorCode } from '../../dist/errors/error-registry.js' */

/** What must hold did not. */
export class Broken extends Error {
  /** @override */
  name = 'Broken';
}

/** @type {(condition: unknown, what: string) => asserts condition} */
export const hold = (condition, what) => {
  if (!condition) throw new Broken(what);
};

/** Messages go into answers and logs: an input must not make them as long as it likes. */
const mostMessageLength = 2000;

/**
 * What became of an input: what `act` says of its result, or the refusal.
 * @template T
 * @param {() => T | Promise<T>} act @param {readonly ErrorCode[]} codes that it may throw
 * @returns {Promise<{ value: T } | { refusal: string }>}
 * @throws whatever else it throws
 */
export async function attempt(act, codes) {
  try {
    return { value: await act() };
  } catch (error) {
    if (!(error instanceof HornetError) || !codes.includes(error.code)) throw error;
    const { message, code, details, remedy } = error;
    hold(message.length <= mostMessageLength, `the message of a refusal has ${message.length} characters`);
    hold(
      remedy !== '' && JSON.stringify(details ?? {}).length <= mostMessageLength,
      'a refusal without a remedy, or too long',
    );
    return { refusal: `${code} ${withoutValues(message)}` };
  }
}

/** The same for messages that differ only in names, numbers and other values. @param {string} message */
export function withoutValues(message) {
  const [first = ''] = message.replace(/".*"/s, '""').split(';');
  return first
    .replace(/ (is|has|holds) .*(, expected| \()/s, ' $1 ...$2')
    .replace(/[\d.,-]*\d/g, '0')
    .slice(0, 70);
}

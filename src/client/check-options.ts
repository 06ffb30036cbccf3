import type { HornetClientOptions } from './client-options.js';
import { HornetClientError, messageOf } from './hornet-client-error.js';

/** Options with what was left open filled in. */
export type CheckedOptions = Required<Omit<HornetClientOptions, 'url' | 'token' | 'signal'>> &
  Pick<HornetClientOptions, 'token' | 'signal'> & { readonly base: URL };

/** @throws ERR_CLIENT_ARGUMENT */
export function checkOptions({ url = 'http://127.0.0.1:3000', ...options }: HornetClientOptions): CheckedOptions {
  const checked: CheckedOptions = {
    timeoutMs: 30_000,
    retries: 3,
    baseDelayMs: 200,
    maxDelayMs: 5000,
    maxImagesPerRequest: 32,
    concurrency: 4,
    headers: {},
    // Called as a method of anything else, the one of browsers refuses.
    fetch: (input, init) => globalThis.fetch(input, init),
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    base: checkUrl(url),
  };
  checkNumber('timeoutMs', checked.timeoutMs, { least: 1, whole: false });
  checkNumber('retries', checked.retries, { least: 0, whole: true });
  checkNumber('baseDelayMs', checked.baseDelayMs, { least: 0, whole: false });
  checkNumber('maxDelayMs', checked.maxDelayMs, { least: 0, whole: false });
  checkNumber('maxImagesPerRequest', checked.maxImagesPerRequest, { least: 1, whole: true });
  checkNumber('concurrency', checked.concurrency, { least: 1, whole: true });
  if (typeof checked.token !== 'function') checkToken(checked.token);
  checkHeaders(checked.headers);
  return checked;
}

/** @throws ERR_CLIENT_ARGUMENT */
export function checkNumber(
  name: string,
  value: unknown,
  { least, whole }: { readonly least: number; readonly whole: boolean },
): void {
  if (typeof value === 'number' && value >= least && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a whole number' : 'a number';
  throw new HornetClientError(
    'ERR_CLIENT_ARGUMENT',
    `${name} is ${String(value)}; ${kind} from ${least} was expected.`,
  );
}

/** @throws ERR_CLIENT_ARGUMENT for one that the server would not echo */
export function checkRequestId(requestId: string | undefined): void {
  if (requestId === undefined || /^[\w.:+/=-]{1,128}$/.test(requestId)) return;
  throw new HornetClientError('ERR_CLIENT_ARGUMENT', 'requestId must be 1 to 128 of letters, digits and "._:+/=-".');
}

/** A segment of a path. @throws ERR_CLIENT_ARGUMENT for what would lead to another route */
export function checkName(name: unknown): string {
  if (typeof name === 'string' && name !== '' && name !== '.' && name !== '..') return encodeURIComponent(name);
  throw new HornetClientError('ERR_CLIENT_ARGUMENT', `${JSON.stringify(name)} is no name of a serving.`);
}

/** @throws ERR_CLIENT_ARGUMENT for what cannot be in a header; the message does not tell the token */
export function checkToken(token: string | undefined): string | undefined {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new HornetClientError('ERR_CLIENT_ARGUMENT', 'The token has characters that a header cannot have, or none.');
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  try {
    new Headers(headers);
  } catch (error) {
    throw new HornetClientError('ERR_CLIENT_ARGUMENT', `A header cannot be sent: ${messageOf(error)}.`);
  }
}

function checkUrl(url: string | URL): URL {
  try {
    const base = new URL(url);
    if (!/^https?:$/.test(base.protocol)) throw new Error('it must begin with http:// or https://');
    if (base.username !== '' || base.password !== '') throw new Error('it must have no user or password');
    base.search = '';
    base.hash = '';
    if (!base.pathname.endsWith('/')) base.pathname += '/';
    return base;
  } catch (error) {
    throw new HornetClientError('ERR_CLIENT_ARGUMENT', `The url of the server is not accepted: ${messageOf(error)}.`);
  }
}

import { randomUUID } from 'node:crypto';

/** Safe in headers, logs and file names alike. */
const acceptable = /^[A-Za-z0-9._:+/=-]{1,128}$/;

/**
 * The name of a request: what the client calls it in the header X-Request-Id, where that is 1 to 128 of
 * `A-Za-z0-9._:+/=-`; else a new UUID.
 */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && acceptable.test(header) ? header : randomUUID();
}

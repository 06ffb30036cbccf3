import { isIP } from 'node:net';
import type { Request } from 'express';
import { parseUrl } from '../../headers/parse-url.js';

/** What HORNET_CORS_ORIGINS names: origins as browsers send them, or `*`. */
export function originsIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
}

/** Whether it is `*` or an origin: scheme, host and maybe a port, as browsers write them. */
export function isOrigin(text: string): boolean {
  if (text === '*') return true;
  return parseUrl(text)?.origin === text;
}

/**
 * Whether a browser sent this request for a page of another origin. Browsers say so in `Sec-Fetch-Site` where the
 * server is reached by https or at loopback, and that is right also behind a proxy that changes `Host`. Otherwise the
 * host of `Origin` must be that of `Host`. Other clients send neither.
 */
export function isFromOtherSite(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = request.headers;
  if (origin === undefined) return false;
  const url = parseUrl(origin);
  return url === undefined || url.host !== withoutDefaultPort(origin, host);
}

function withoutDefaultPort(origin: string, host = ''): string | undefined {
  return parseUrl(`${origin.slice(0, origin.indexOf(':'))}://${host}`)?.host;
}

/**
 * Whether a browser sent it to a name that its owner may have pointed here to make his page one of ours: any but
 * localhost. An address cannot be pointed anywhere.
 */
export function mayBeRebound({ headers: { origin, host } }: Request): boolean {
  if (origin === undefined) return false;
  const name = parseUrl(`http://${host}`)?.hostname ?? '';
  const isLocal = name === 'localhost' || name.endsWith('.localhost');
  return !isLocal && isIP(name.replace(/^\[|\]$/g, '')) === 0;
}

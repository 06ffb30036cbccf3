import type { ErrorCode } from '../errors/error-registry.js';
import type { Logger } from '../logging/create-logger.js';

/** Which requests are logged: none; those that the server failed, with a status from 500 on; or all. */
export const accessLogModes = ['none', 'errors', 'all'] as const;
export type AccessLogMode = (typeof accessLogModes)[number];

/** A request that is done with, as it is logged. */
export interface AccessRecord {
  readonly requestId: string;
  /** Null where the request could not be understood. */
  readonly method: string | null;
  /** The pattern of its route; `none` where no route took it. */
  readonly route: string;
  /** As it was sent, maybe with a query. Null where the request could not be understood. */
  readonly url: string | null;
  /** 499 where the client went away before the answer. */
  readonly status: number;
  /** Null where the request could not be understood. */
  readonly durationMs: number | null;
  /** What came over the connection, headers included. */
  readonly requestBytes: number;
  /** What was given to the connection, headers included. */
  readonly responseBytes: number;
  /** The serving that was asked. */
  readonly serving: string | undefined;
  readonly code: ErrorCode | null;
}

/** Longer paths are cut off. */
const maxPathLength = 256;

/** Requests of those who watch the server: only of interest where all are logged. */
const probes = /^\/(health\/|metrics$|v2\/health\/)|\/ready$/;

/** Writes one line for each request that the mode wants; never bodies, queries or headers. */
export function accessLog(log: Logger, mode: AccessLogMode): (record: AccessRecord) => void {
  return (record) => {
    const { requestId, method, route, url, status, durationMs, requestBytes, responseBytes, serving, code } = record;
    if (mode === 'none' || (mode === 'errors' && (status < 500 || probes.test(route)))) return;
    const path = url === null ? null : loggedPath(url);
    const fields = {
      event: 'http.request',
      ...{ requestId, method, route, path, status },
      durationMs: durationMs === null ? null : Math.round(durationMs * 1000) / 1000,
      ...{ requestBytes, responseBytes },
      ...(serving === undefined ? {} : { serving }),
      ...(code === null ? {} : { code }),
    };
    const line = `${method ?? 'Malformed request'}${path === null ? '' : ` ${path}`} ${status}`;
    if (status >= 500) log.warn(fields, line);
    else log.info(fields, line);
  };
}

/** The path alone, with what a terminal might take for commands in escapes. */
function loggedPath(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  const shown = path.length > maxPathLength ? `${path.slice(0, maxPathLength)}...` : path;
  return shown.replace(/[^\x20-\x7e]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, '0')}`;
  });
}

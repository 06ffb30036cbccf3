import http from 'node:http';
import https from 'node:https';
import type { HubResponse } from './download-options.js';

/**
 * One GET by node:http(s) with the global keep-alive agents, in the shape of `fetch`. Redirects are returned,
 * bodies come as they are on the wire. Used instead of `fetch` because it moves the same bytes with less work
 * on the main thread and holds back at most 64 KiB per connection.
 * Rejects with the system's error (ECONNREFUSED, ENOTFOUND, ...) or with an AbortError.
 */
export function hubRequest(
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<HubResponse> {
  const { get } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { 'user-agent': 'hornet', ...options.headers }, signal: options.signal });
    // Stays for the life of the request: an error after the head also reaches the body, which is where it is seen
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', () => {});
      resolve({
        status: response.statusCode ?? 0,
        headers: { get: (name) => headerOf(response, name) },
        body: response,
      });
    });
  });
}

function headerOf(response: http.IncomingMessage, name: string): string | null {
  const value = response.headers[name.toLowerCase()];
  return value === undefined ? null : [value].flat().join(', ');
}

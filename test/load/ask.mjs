import { request as httpRequest } from 'node:http';

/** @type {import('./ask.mjs').ask} */
export function ask(url, { method = 'GET', body, file, leaveWhen } = {}) {
  const bytes = file ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: bytes === undefined ? {} : { 'Content-Length': bytes.length },
    });
    void leaveWhen?.then(() => {
      resolve({ status: null, answer: null });
      request.destroy();
    });
    request.on('error', reject);
    request.on('response', (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = String(Buffer.concat(chunks));
        resolve({ status: response.statusCode ?? null, answer: text === '' ? null : JSON.parse(text) });
      });
    });
    request.end(bytes);
  });
}

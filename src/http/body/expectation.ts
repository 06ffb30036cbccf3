import type { IncomingMessage } from 'node:http';

/** Whether the client sends the body only once it is asked to; clients of HTTP/1.0 know nothing of that. */
export function awaitsContinue({ headers: { expect }, httpVersionMinor }: IncomingMessage): boolean {
  return expect !== undefined && httpVersionMinor > 0 && isContinue(expect);
}

/** Whether the header Expect asks for nothing but that. */
export function isContinue(expect: string): boolean {
  return expect.trim().toLowerCase() === '100-continue';
}

import type { Response } from 'express';

/** Answers a probe with 200, or with 503 and when to ask again. */
export function sendReadiness<T extends { readonly ready: boolean }>(response: Response, answer: T): void {
  if (!answer.ready) response.set('Retry-After', '5');
  response.status(answer.ready ? 200 : 503).json(answer);
}

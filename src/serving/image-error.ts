import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError } from '../errors/hornet-error.js';

/** Failures that are not of the ERR_IMAGE_* kind, and that an image may have brought about by itself. */
const ofImages: ReadonlySet<ErrorCode> = new Set(['ERR_BODY_EMPTY', 'ERR_BACKEND_RUN_FAILED']);

/** The error of one of several images, with its place among them (from 0) in `details.index`; other errors as they are. */
export function withIndex(error: unknown, index: number): unknown {
  if (!(error instanceof HornetError)) return error;
  const isOwn = error.code.startsWith('ERR_IMAGE_') || ofImages.has(error.code);
  return isOwn ? error.with({ details: { index } }) : error;
}

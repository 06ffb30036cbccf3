import { createHash, type Hash } from 'node:crypto';
import type { BlobDigest } from './download-options.js';

/** A hash to be fed the file's bytes; for `git-sha1` it has been fed git's header for a blob of that size already. */
export function createBlobHash(algorithm: BlobDigest['algorithm'], size: number): Hash {
  return algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}

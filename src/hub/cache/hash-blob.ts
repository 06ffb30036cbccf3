import { createHash } from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { throwIfCancelled } from '../../locks/cancellation.js';
import { hasErrorCode } from '../../locks/has-error-code.js';

/** How the name of a blob is made from its content. */
export type BlobHash = 'sha256' | 'git-sha1';

/** The hash that a blob's name is, or `undefined` when it is neither of the two that the Hub uses. */
export function hashOfEtag(etag: string): BlobHash | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return 'sha256';
  if (/^[0-9a-f]{40}$/.test(etag)) return 'git-sha1';
  return undefined;
}

/** Small enough that hashing one piece keeps the event loop for a millisecond or two. */
const pieceBytes = 1_048_576;

/**
 * Hashes a file piece by piece. `git-sha1` is the name that git gives to content: sha1 over
 * `blob SIZE\0` and the bytes.
 * @param onBytes called with the number of bytes of each piece
 * @throws ERR_CANCELLED, and the errors of the file system
 */
export async function hashBlob(
  path: string,
  algorithm: BlobHash,
  options: { signal?: AbortSignal | undefined; onBytes?: ((bytes: number) => void) | undefined } = {},
): Promise<string> {
  const handle = await openUnnoticed(path);
  try {
    const { size } = await handle.stat();
    const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
    if (algorithm === 'git-sha1') hash.update(`blob ${size}\0`);
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, size)));
    for (;;) {
      throwIfCancelled(options.signal, 'Hashing');
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
      options.onBytes?.(bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Opens for reading without changing the access time, which says when a blob was last used; only its owner may. */
async function openUnnoticed(path: string): Promise<FileHandle> {
  const noAccessTime: number | undefined = constants.O_NOATIME; // Linux only
  if (noAccessTime !== undefined) {
    try {
      return await open(path, constants.O_RDONLY | noAccessTime);
    } catch (error) {
      if (!hasErrorCode(error, 'EPERM', 'EINVAL')) throw error;
    }
  }
  return open(path, 'r');
}

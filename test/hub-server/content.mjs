// What a file of the test Hub holds: bytes in memory, a file on disk, or a seeded stream of any length that is
// never in memory as a whole.

import { createCipheriv, createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** @import { Content } from './index.mjs' */
/**
 * @typedef {object} ContentReader
 * @property {(offset: number, length: number) => Promise<Buffer>} read may give less than asked for, never nothing
 * @property {() => Promise<void>} close
 */

const blockBytes = 1024 * 1024;
const hashChunkBytes = 256 * 1024;
/** @type {Map<string, Buffer>} */
const pools = new Map();
/** @type {Map<string, { sha256: string, blobSha1: string }>} */
const syntheticHashes = new Map();

/** One block of pseudo-random bytes for a seed; blocks of a file differ from one another in their first 8 bytes. */
function poolOf(/** @type {string} */ seed) {
  let pool = pools.get(seed);
  if (!pool) {
    const key = createHash('sha256').update(`hub-server ${seed}`).digest();
    pool = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(blockBytes));
    pools.set(seed, pool);
  }
  return pool;
}

/**
 * The bytes of a synthetic content from an offset to at most the end of its block.
 * @param {string} seed
 * @param {number} offset
 * @param {number} length
 */
function syntheticBytes(seed, offset, length) {
  const pool = poolOf(seed);
  const block = Math.floor(offset / blockBytes);
  const from = offset - block * blockBytes;
  const to = Math.min(from + length, blockBytes);
  if (from >= 8) return pool.subarray(from, to);
  const stamped = Buffer.from(pool.subarray(from, to));
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64LE(BigInt(block));
  for (let at = from; at < Math.min(8, to); at++) stamped[at - from] = (pool[at] ?? 0) ^ (stamp[at] ?? 0);
  return stamped;
}

/** @returns {Promise<ContentReader>} */
export async function openContent(/** @type {Content} */ content) {
  if (typeof content === 'string') return openContent(Buffer.from(content));
  if (content instanceof Uint8Array) {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    return { read: async (offset, length) => bytes.subarray(offset, offset + length), close: async () => {} };
  }
  if ('path' in content) {
    const file = await open(content.path);
    return {
      read: async (offset, length) => {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
        if (bytesRead === 0) throw new Error(`${content.path} became shorter while the test Hub served it`);
        return buffer.subarray(0, bytesRead);
      },
      close: () => file.close(),
    };
  }
  const seed = String(content.seed ?? 0);
  return { read: async (offset, length) => syntheticBytes(seed, offset, length), close: async () => {} };
}

export async function sizeOf(/** @type {Content} */ content) {
  if (typeof content === 'string') return Buffer.byteLength(content);
  if (content instanceof Uint8Array) return content.byteLength;
  return 'path' in content ? (await stat(content.path)).size : content.size;
}

/** Both hashes that the Hub knows a file by: sha256 of the bytes, and sha1 of the bytes as a git blob. */
export async function hashesOf(/** @type {Content} */ content) {
  const size = await sizeOf(content);
  const isSynthetic = typeof content === 'object' && 'size' in content;
  const key = isSynthetic ? `${content.seed ?? 0}:${size}` : '';
  const known = syntheticHashes.get(key);
  if (known) return known;
  const sha256 = createHash('sha256');
  const sha1 = createHash('sha1').update(`blob ${size}\0`);
  const reader = await openContent(content);
  try {
    for (let at = 0; at < size; ) {
      const piece = await reader.read(at, Math.min(hashChunkBytes, size - at));
      sha256.update(piece);
      sha1.update(piece);
      at += piece.length;
      if (at % blockBytes === 0) await setImmediate();
    }
  } finally {
    await reader.close();
  }
  const hashes = { sha256: sha256.digest('hex'), blobSha1: sha1.digest('hex') };
  if (isSynthetic) syntheticHashes.set(key, hashes);
  return hashes;
}

/** Sha1 of a short text as a git blob. */
export function gitBlobSha1(/** @type {string} */ text) {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0${text}`)
    .digest('hex');
}

// One file at one commit: its content and the identifiers the Hub gives it.

import { createHash } from 'node:crypto';
import { gitBlobSha1, hashesOf, sizeOf } from './content.mjs';

/** @import { Content, FileDefinition, StoredFile } from './index.mjs' */

const lfsLimitBytes = 10 * 1024 * 1024;
const lfsNames = /\.(?:onnx|onnx_data(?:_\d+)?|bin|safetensors|pt|pth|h5|msgpack|tflite|pb|npz|zip|gz)$/;

/** Whether the Hub keeps a file as LFS: the patterns of its default .gitattributes, or above 10 MiB. */
function isLfs(/** @type {string} */ path, /** @type {number} */ size) {
  return lfsNames.test(path) || size > lfsLimitBytes;
}

/** @returns {definition is { content: Content, lfs?: boolean }} */
function isWithOptions(/** @type {FileDefinition} */ definition) {
  return typeof definition === 'object' && 'content' in definition;
}

/**
 * @param {string} path
 * @param {FileDefinition} definition
 * @returns {Promise<StoredFile>}
 */
export async function storeFile(path, definition) {
  const content = isWithOptions(definition) ? definition.content : definition;
  const size = await sizeOf(content);
  const lfs = (isWithOptions(definition) ? definition.lfs : undefined) ?? isLfs(path, size);
  const { sha256, blobSha1 } = await hashesOf(content);
  const pointer = lfs ? `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n` : null;
  // As in an S3 bucket: an ETag of the object store's own, which says nothing about the sha256.
  const storeEtag = `${createHash('md5').update(sha256).digest('hex')}-${Math.ceil(size / (8 * 1024 * 1024)) || 1}`;
  const oid = pointer === null ? blobSha1 : gitBlobSha1(pointer);
  return { path, content, size, sha256, oid, lfs, pointer, storeEtag, etag: lfs ? sha256 : oid };
}

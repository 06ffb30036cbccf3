import { loadAddon } from './load-addon.js';

/**
 * Frees the memory of bytes that nobody reads any more: they are empty afterwards. Left to V8, the pixels of pictures (a
 * megabyte each) make it collect the whole heap after every few of them, and each collection holds up all requests for
 * some 10 ms. Does nothing where `bytes` are part of a larger buffer, or without the addon.
 */
export function releaseBytes(bytes: Uint8Array): void {
  loadAddon()?.releaseBytes(bytes);
}

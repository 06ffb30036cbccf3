import type { BlobDigest } from './download-options.js';

/** What the hash worker is started with. */
export interface HashWorkerData {
  readonly path: string;
  readonly size: number;
  readonly algorithm: BlobDigest['algorithm'];
}

/** `extend`: the first `to` bytes of the file are there and will not change any more. */
export type HashRequest = { readonly type: 'extend'; readonly to: number } | { readonly type: 'close' };

export type HashReply =
  | { readonly type: 'done'; readonly hex: string }
  | { readonly type: 'failed'; readonly message: string };

import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What something takes on its file system, and what that has left; null where it does not say. */
export interface StorageUsage {
  readonly bytes: number;
  readonly freeBytes: number | null;
}

/** How full the volume is. */
export interface VolumeUsage {
  /** The cache of the Hub. */
  readonly weights: StorageUsage;
  readonly engines: StorageUsage;
  /** Models prepared for the CPU. */
  readonly prepared: StorageUsage;
}

/** Folders that are measured; they need not exist. */
export type VolumeFolders = Readonly<Record<keyof VolumeUsage, string>>;

/** How long an answer is given again, ms: a cache has thousands of files. */
const rememberedMs = 5000;

/** Measures the volume, at most once in a while however often it is asked. */
export function volumeUsageOf(folders: VolumeFolders, now: () => number): () => Promise<VolumeUsage> {
  let last: { readonly atMs: number; readonly usage: Promise<VolumeUsage> } | undefined;
  return () => {
    if (last === undefined || now() - last.atMs >= rememberedMs) last = { atMs: now(), usage: measure(folders) };
    return last.usage;
  };
}

async function measure(folders: VolumeFolders): Promise<VolumeUsage> {
  const [weights, engines, prepared] = await Promise.all([
    usageOf(folders.weights),
    usageOf(folders.engines),
    usageOf(folders.prepared),
  ]);
  return { weights, engines, prepared };
}

async function usageOf(folder: string): Promise<StorageUsage> {
  const [bytes, freeBytes] = await Promise.all([bytesIn(folder), freeBytesAt(folder)]);
  return { bytes, freeBytes };
}

/** Of regular files: links to blobs are not counted beside them. What vanishes or may not be read counts nothing. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    else if (entry.isFile()) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** What this user may still write there, or in the nearest folder above that exists. */
async function freeBytesAt(folder: string): Promise<number | null> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch {
      if (path === dirname(path)) return null;
    }
  }
}

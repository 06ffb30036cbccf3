import { fileState } from './file-state.js';
import { type ModelSkeleton, readSkeleton } from './read-skeleton.js';

/** Reads the graph of one file once for two who need it one after the other: checking a model, and preparing it. */
export class KeptSkeleton {
  #kept: { readonly state: string; readonly skeleton: ModelSkeleton } | undefined;

  /**
   * {@link readSkeleton}, keeping it for {@link take}: it is only looked at.
   * @throws what `readSkeleton` throws
   */
  async read(path: string): Promise<ModelSkeleton> {
    // Where there is no file, reading it says so.
    const state = await fileState(path).catch(() => undefined);
    const skeleton = await readSkeleton(path);
    this.#kept = state === undefined ? undefined : { state, skeleton };
    return skeleton;
  }

  /**
   * The one that was read, which the caller may change, for it is kept no longer. Read anew if the file was changed or
   * exchanged meanwhile.
   * @throws what `readSkeleton` throws
   */
  async take(path: string): Promise<ModelSkeleton> {
    const kept = this.#kept;
    this.#kept = undefined;
    const isSame = kept !== undefined && kept.state === (await fileState(path).catch(() => undefined));
    return isSame ? kept.skeleton : readSkeleton(path);
  }
}

import { loadAddon } from './load-addon.js';

/**
 * Gives memory that was freed back to the system. glibc keeps much of what a model has used (measured on Linux with a
 * ResNet-50 of 102 MB: 250 of 325 MB), so that a model's end would not be seen in what is available. Takes some
 * 50 ms, in a thread. Without the addon it does nothing.
 */
export async function trimMemory(): Promise<void> {
  await loadAddon()?.trimMemory();
}

import { messageOf } from '../errors/hornet-error.js';
import { addonStatus, loadAddon } from '../native/load-addon.js';
import type { GpuAddon } from '../native/tensorrt-types.js';

/** The GPU part of the addon, or why it cannot be had and what to do. */
export type GpuAddonOutcome =
  | { readonly addon: GpuAddon }
  | { readonly addon: null; readonly problem: string; readonly remedy: string };

const rebuild = 'Run "npm run build:native" in the folder of the package; it needs a C++ compiler and cmake.';

/** Loads the GPU part of the addon; never throws. */
export function loadGpuAddon(): GpuAddonOutcome {
  try {
    const addon = loadAddon() as (Partial<GpuAddon> & object) | null;
    const status = addonStatus();
    if (addon === null) {
      return {
        addon: null,
        problem: status.loaded ? 'The native addon is not loaded.' : status.reason,
        remedy: process.env.HORNET_NATIVE === 'off' ? 'Unset HORNET_NATIVE.' : rebuild,
      };
    }
    if (!isGpuAddon(addon)) {
      return { addon: null, problem: 'The native addon was built without its GPU part.', remedy: rebuild };
    }
    return { addon };
  } catch (error) {
    return { addon: null, problem: messageOf(error), remedy: rebuild };
  }
}

function isGpuAddon(addon: Partial<GpuAddon>): addon is GpuAddon {
  return [addon.probeCuda, addon.findTensorRt, addon.buildEngine, addon.loadEngine].every(
    (entry) => typeof entry === 'function',
  );
}

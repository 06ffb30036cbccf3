import { describe } from 'vitest';
import { librarySearch, librarySettingsOf } from '../../src/gpu/library-search.js';
import { loadGpuAddon } from '../../src/gpu/load-gpu-addon.js';
import { aheadOfTimeLibrary } from '../../src/gpu/probe-gpu.js';
import { skipSuite } from '../skips/skip-suite.js';

/** Why NVIDIA's TensorRT-RTX builder cannot be used here; null: it can. */
function whyNoRtx(): string | null {
  const { addon, ...absent } = loadGpuAddon();
  if (addon === null) return 'problem' in absent ? String(absent.problem) : 'the addon is not loaded';
  if (addon.tensorRtHeaders.length === 0) return "the addon was built without TensorRT's headers";
  const libraries = addon.findTensorRt(librarySearch(librarySettingsOf(process.env)));
  if (aheadOfTimeLibrary(libraries) !== null) return null;
  return 'no TensorRT-RTX library was found; scripts/fetch-tensorrt-libraries fetches it';
}

/**
 * A suite that needs NVIDIA's real builder: skipped with the reason in its title where it is not there, failed where
 * HORNET_REQUIRE_TENSORRT=1 says that it must be.
 */
export function describeWithRtx(title: string, suite: () => void): void {
  const reason = whyNoRtx();
  if (reason === null) describe(title, suite);
  else skipSuite(title, reason, 'HORNET_REQUIRE_TENSORRT');
}

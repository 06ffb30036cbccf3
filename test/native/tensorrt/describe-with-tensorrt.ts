import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import type { Addon } from '../../../src/native/addon-types.js';
import { addonStatus, loadAddon } from '../../../src/native/load-addon.js';
import type {
  GpuAddon,
  LibrarySearch,
  NativeBuildOptions,
  TensorRtLibrary,
} from '../../../src/native/tensorrt-types.js';
import { skipSuite } from '../../skips/skip-suite.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Where scripts/fetch-tensorrt-libraries puts them. */
export const rtxFolder = join(root, 'build', 'tensorrt-libraries', 'rtx');
export const tensorRt10Folder = join(root, 'build', 'tensorrt-libraries', '10.15');

/** No driver, on any machine: these tests must not depend on a GPU that happens to be there. */
export const search: LibrarySearch = { cudaLibrary: '/nonexistent/libcuda.so.1', tensorRtFolders: [rtxFolder] };

export function findRtx(addon: GpuAddon): TensorRtLibrary {
  const found = addon.findTensorRt(search).find(({ headers }) => headers === 'rtx');
  if (found === undefined) throw new Error('findTensorRt knows no TensorRT-RTX');
  return found;
}

/** A build for A10, L4 and L40S of a graph whose dimensions are fixed. */
export function buildOptions(library: TensorRtLibrary, onnxPath: string, planPath: string): NativeBuildOptions {
  return {
    library,
    search,
    onnxPath,
    planPath,
    profile: null,
    computeCapabilities: [86, 89],
    device: 0,
    workspaceBytes: null,
    optimizationLevel: null,
    timingCachePath: null,
    hardwareCompatibility: 'none',
    versionCompatible: false,
  };
}

function whyNot(addon: Addon | null): string | null {
  const status = addonStatus();
  if (addon === null || !status.loaded) return status.loaded ? 'the addon has no exports' : status.reason;
  if (!addon.tensorRtHeaders.some(({ set }) => set === 'rtx')) {
    return 'the addon was built without headers; run scripts/fetch-tensorrt-headers and npm run build:native';
  }
  if (!existsSync(rtxFolder)) return `${rtxFolder} is not there; run scripts/fetch-tensorrt-libraries`;
  return findRtx(addon).problem;
}

/**
 * A suite that runs NVIDIA's real TensorRT-RTX builder: skipped with a printed reason where it is not there, failed
 * where HORNET_REQUIRE_TENSORRT=1 says that it must be.
 */
export function describeWithTensorRt(
  title: string,
  suite: (addon: Addon, library: TensorRtLibrary, addonPath: string) => void,
): void {
  const addon = loadAddon();
  const status = addonStatus();
  const reason = whyNot(addon);
  if (addon !== null && status.loaded && reason === null) {
    describe(title, () => suite(addon, findRtx(addon), status.path));
    return;
  }
  skipSuite(title, String(reason), 'HORNET_REQUIRE_TENSORRT');
}

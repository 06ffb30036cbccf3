import { readFileSync } from 'node:fs';

/**
 * Whether the driver in use is the stand-in of Hornet's own tests (test/stand-ins), which runs engines on the CPU: by a
 * function that only it exports, in the file that this process has loaded as libcuda.
 *
 * @param {import('../../dist/index.js').GpuReport} report
 */
export function isStandIn(report) {
  const candidates = new Set([report.driver.libraryPath, ...loadedDrivers()]);
  return [...candidates].some((path) => path !== null && mentionsStandIn(path));
}

/** The file behind a name that the loader found by itself. */
function loadedDrivers() {
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8');
    return [...maps.matchAll(/\s(\/\S*libcuda\.so\S*)$/gm)].map(([, path]) => path);
  } catch {
    return [];
  }
}

/** @param {string} path */
function mentionsStandIn(path) {
  try {
    return readFileSync(path).includes('standInViolation');
  } catch {
    return false;
  }
}

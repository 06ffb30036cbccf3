import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { skipSuite } from '../skips/skip-suite.js';

/** Where npm run build:stand-ins puts them; HORNET_TEST_STAND_INS names another build, for example a sanitized one. */
export const standInsFolder =
  process.env.HORNET_TEST_STAND_INS ?? fileURLToPath(new URL('../../build/stand-ins', import.meta.url));

/** For HORNET_CUDA_LIBRARY. */
export const standInDriver = join(standInsFolder, 'lib', 'cuda', 'libcuda.so.1');

/**
 * A suite that needs stand-ins: skipped with a printed reason where they are not built, failed where
 * HORNET_REQUIRE_STAND_INS=1 says that they must be.
 * @param files what it needs, relative to the folder of the stand-ins, beside the driver
 */
export function describeWithStandIns(title: string, files: readonly string[], suite: () => void): void {
  const needed = [standInDriver, ...files.map((file) => join(standInsFolder, file))];
  const missing = needed.find((file) => !existsSync(file));
  if (missing === undefined) describe(title, suite);
  else skipSuite(title, `${missing} is not there; run npm run build:stand-ins`, 'HORNET_REQUIRE_STAND_INS');
}

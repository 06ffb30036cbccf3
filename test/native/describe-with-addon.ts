import { describe } from 'vitest';
import type { Addon } from '../../src/native/addon-types.js';
import { addonStatus, loadAddon } from '../../src/native/load-addon.js';
import { skipSuite } from '../skips/skip-suite.js';

/**
 * A suite that needs the built addon: skipped with the reason in its title where it is not there, failed where
 * HORNET_REQUIRE_NATIVE=1 says that it must be.
 */
export function describeWithAddon(title: string, suite: (addon: Addon, path: string) => void): void {
  const addon = loadAddon();
  const status = addonStatus();
  if (addon !== null && status.loaded) {
    describe(title, () => suite(addon, status.path));
    return;
  }
  const reason = status.loaded ? 'loaded without exports' : status.reason;
  skipSuite(title, reason, 'HORNET_REQUIRE_NATIVE');
}

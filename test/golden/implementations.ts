import { preprocessReference } from '../../src/image/preprocess-reference.js';
import type { NativePreprocessPlan } from '../../src/native/addon-types.js';
import { loadAddon } from '../../src/native/load-addon.js';
import { noteSkip } from '../skips/note-skip.js';

/** One of the two that must write the same bytes. */
export interface Implementation {
  readonly name: string;
  /** Null where it is not built. */
  readonly run: ((source: Uint8Array, plan: NativePreprocessPlan, target: Uint8Array) => void | Promise<void>) | null;
  /** Fails where it is not built, instead of being skipped. */
  readonly required: boolean;
}

const addon = loadAddon();
const required = process.env.HORNET_REQUIRE_NATIVE === '1';
if (addon === null && !required) {
  noteSkip('golden values with the addon', 'it is not built; "npm run build:native" builds it');
}

/** The TypeScript reference, and the addon where it is built (HORNET_REQUIRE_NATIVE=1: it must be). */
export const implementations: readonly Implementation[] = [
  { name: 'reference', run: preprocessReference, required: true },
  {
    name: 'addon',
    run: addon === null ? null : (source, plan, target) => addon.preprocess(source, plan, target),
    required,
  },
];

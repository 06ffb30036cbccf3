import { HornetError } from '../errors/hornet-error.js';
import type { NativePreprocessPlan } from '../native/addon-types.js';
import { loadAddon } from '../native/load-addon.js';
import { fromNativeError } from '../native/native-error.js';
import { preprocessReference } from './preprocess-reference.js';
import type { RgbImage } from './rgb-image.js';

/**
 * Resizes, crops, pads, normalises and writes one picture into its place in a tensor: in the addon, on a thread of
 * the libuv pool, or where there is no addon in TypeScript, on the calling thread. The bytes are the same.
 * @param image u8 RGB of the size that the plan was made for; must not change before the promise settles
 * @param plan from `planPreprocessing`
 * @param target exactly the bytes of one picture (`outputBytes(plan)`), a view at any offset of a larger buffer
 * @throws ERR_NATIVE_ARGUMENT when sizes do not fit each other
 */
export async function preprocess(image: RgbImage, plan: NativePreprocessPlan, target: Uint8Array): Promise<void> {
  if (image.width !== plan.sourceWidth || image.height !== plan.sourceHeight) {
    throw new HornetError(
      'ERR_NATIVE_ARGUMENT',
      `preprocess: the picture is ${image.width} x ${image.height} px, ` +
        `the plan is for ${plan.sourceWidth} x ${plan.sourceHeight} px`,
    );
  }
  const addon = loadAddon();
  if (addon === null) {
    preprocessReference(image.data, plan, target);
    return;
  }
  try {
    await addon.preprocess(image.data, plan, target);
  } catch (error) {
    throw fromNativeError(error);
  }
}

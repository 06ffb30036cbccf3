import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../../src/errors/hornet-error.js';
import { decodeImage } from '../../src/image/decode-image.js';
import type { ImageProcessor } from '../../src/image/image-processor.js';
import { outputBytes, planPreprocessing } from '../../src/image/preprocess-plan.js';
import type { RgbImage } from '../../src/image/rgb-image.js';
import type { NativePreprocessPlan } from '../../src/native/addon-types.js';
import type { Exception, GoldenImage, GoldenSet } from './golden-set.js';
import { type Implementation, implementations } from './implementations.js';

type Valid = Extract<GoldenImage, { valid: true }>;
type Run = NonNullable<Implementation['run']>;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function decode(set: GoldenSet, name: string): Promise<RgbImage> {
  return decodeImage(readFileSync(join(set.imageFolder, name)));
}

async function codeOf(set: GoldenSet, name: string): Promise<string> {
  try {
    await decode(set, name);
    return 'decoded';
  } catch (error) {
    return error instanceof HornetError ? error.code : String(error);
  }
}

async function hashOf(run: Run, image: RgbImage, plan: NativePreprocessPlan): Promise<string> {
  const target = new Uint8Array(outputBytes(plan));
  await run(image.data, plan, target);
  return sha256(target);
}

/** In the fields of the golden file: u8 is taken before the channels are flipped, f32 is what the model gets. */
async function hashesOf(run: Run, image: RgbImage, processor: ImageProcessor): Promise<{ u8: string; f32: string }> {
  const pixels = planPreprocessing({ ...processor, flipChannels: false }, image, { dtype: 'uint8', layout: 'NHWC' });
  const tensor = planPreprocessing(processor, image, { dtype: 'float32', layout: 'NCHW' });
  return { u8: await hashOf(run, image, pixels), f32: await hashOf(run, image, tensor) };
}

function expectedHashes(golden: Valid, id: string, exception: Exception | undefined): { u8: string; f32: string } {
  const output = golden.outputs[id];
  if (output === undefined) throw new Error(`the golden file has no output of ${id}`);
  if (exception?.kind !== 'transformers4' || !exception.processors.includes(id)) {
    return { u8: output.u8.sha256, f32: output.f32.sha256 };
  }
  if (output.transformers4 === undefined) throw new Error(`transformers 4 gives the same as 5 for ${id}`);
  return { u8: output.transformers4.u8_sha256, f32: output.transformers4.f32_sha256 };
}

function checkTensors(set: GoldenSet, name: string, golden: Valid, implementation: Implementation): void {
  const { run } = implementation;
  const title = `${name}: ${implementation.name} gives the pixels and tensors of every processor`;
  if (run === null) {
    it.skipIf(!implementation.required)(title, () => {
      expect.fail(`HORNET_REQUIRE_NATIVE is set, but the ${implementation.name} is not built`);
    });
    return;
  }
  const exception = set.exceptions[name];
  it(title, async () => {
    const image = await decode(set, name);
    const ids = Object.keys(golden.outputs);
    const found: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const id of ids) {
      const processor = set.processors.get(id);
      if (processor === undefined) throw new Error(`no processor ${id}`);
      found[id] = await hashesOf(run, image, processor);
      expected[id] = expectedHashes(golden, id, exception);
    }
    expect(ids.length).toBeGreaterThan(0);
    if (exception?.kind === 'pixels') {
      // Each of them: an exception that comes right must be taken off the list.
      for (const id of ids) expect(found[id], id).not.toEqual(expected[id]);
    } else {
      expect(found).toEqual(expected);
    }
  });
}

function checkValid(set: GoldenSet, name: string, golden: Valid): void {
  const exception = set.exceptions[name];
  if (exception?.kind === 'refused') {
    it(`${name} is refused with ${exception.code}: ${exception.reason}`, async () => {
      expect(await codeOf(set, name)).toBe(exception.code);
    });
    return;
  }
  it(
    exception?.kind === 'pixels' ? `${name} decodes otherwise: ${exception.reason}` : `${name} decodes as Pillow does`,
    async () => {
      const { width, height, data } = await decode(set, name);
      expect({ width, height, bytes: data.byteLength }).toEqual({
        width: golden.rgb.width,
        height: golden.rgb.height,
        bytes: golden.rgb.width * golden.rgb.height * 3,
      });
      expect(sha256(data) === golden.rgb.sha256).toBe(exception?.kind !== 'pixels');
    },
  );
  for (const implementation of implementations) checkTensors(set, name, golden, implementation);
}

/** Compares all that the golden file of a set says, with the reference and with the addon. */
export function checkGoldenSet(set: GoldenSet): void {
  describe(set.name, () => {
    for (const [name, golden] of Object.entries(set.images)) {
      if (golden.valid) {
        checkValid(set, name, golden);
      } else {
        const code = set.refusals[name];
        it(`${name} is refused with ${code}`, async () => {
          expect(await codeOf(set, name)).toBe(code);
        });
      }
    }

    it('names no exception and no refusal that the golden file does not have', () => {
      const valid = Object.keys(set.images).filter((name) => set.images[name]?.valid);
      const invalid = Object.keys(set.images).filter((name) => !valid.includes(name));
      expect(Object.keys(set.exceptions).filter((name) => !valid.includes(name))).toEqual([]);
      expect(new Set(Object.keys(set.refusals))).toEqual(new Set(invalid));
    });
  });
}

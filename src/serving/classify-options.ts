import { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';
import { type Activation, activations } from '../onnx/graph-info.js';

/** Options of one call of `Serving.classify`. */
export interface ClassifyOptions {
  /** Labels per image, default the serving's. */
  readonly topK?: number;
  /** Overrides what the model's files say. */
  readonly functionToApply?: Activation;
  /** Aborting leaves the image out of the next batch and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const classifyOptionsSchema = z.object({
  topK: z.int().min(1).optional(),
  functionToApply: z.enum(activations).optional(),
});

/** @throws ERR_PARAMETER_INVALID naming the argument */
export function checkArguments(image: unknown, options: unknown): void {
  if (!(image instanceof Uint8Array)) {
    throw new HornetError(
      'ERR_PARAMETER_INVALID',
      'The image must be a Uint8Array or Buffer with the bytes of a file.',
    );
  }
  const result = classifyOptionsSchema.safeParse(options);
  if (result.success) return;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new HornetError('ERR_PARAMETER_INVALID', `An option of classify is not allowed: ${problems.join('; ')}.`);
}

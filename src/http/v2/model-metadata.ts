import { z } from 'zod';
import type { ModelSignature } from '../../serving/model-signature.js';
import { modelVersion } from './model-in-path.js';

const tensorSchema = z.object({
  name: z.string(),
  datatype: z.string().describe('FP32, FP16, UINT8 or BYTES.'),
  shape: z.array(z.int()).describe('-1: any number, here of pictures.'),
});

/** Answer of GET /v2/models/NAME. */
export const modelMetadataSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.enum(['onnxruntime_onnx', 'tensorrt_plan']),
  inputs: z.array(tensorSchema).describe('A request gives one of them: a tensor, or encoded pictures.'),
  outputs: z.array(tensorSchema),
});

/** Name of the platform, as Triton knows it. */
export function platformOf({ backend }: Pick<ModelSignature, 'backend'>): 'onnxruntime_onnx' | 'tensorrt_plan' {
  return backend === 'tensorrt' ? 'tensorrt_plan' : 'onnxruntime_onnx';
}

/** Name of the input of encoded pictures; another one where the model's own has taken it. */
export function pictureInput({ input }: Pick<ModelSignature, 'input'>): string {
  return input.name === 'image' ? 'encoded_image' : 'image';
}

/** What a model takes and gives, in the protocol's terms. */
export function modelMetadata(name: string, signature: ModelSignature): z.infer<typeof modelMetadataSchema> {
  const { input, output } = signature;
  return {
    name,
    versions: [modelVersion],
    platform: platformOf(signature),
    inputs: [
      { name: input.name, datatype: input.datatype, shape: [-1, ...input.shape] },
      { name: pictureInput(signature), datatype: 'BYTES', shape: [-1] },
    ],
    outputs: [{ name: output.name, datatype: 'FP32', shape: [-1, output.classes] }],
  };
}

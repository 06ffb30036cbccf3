import type { ImageProcessor } from '../image/image-processor.js';
import type { Activation, GraphInfo } from '../onnx/graph-info.js';

/** Precision of an ONNX file by the suffix of its name, as Hub repositories lay them out. */
export const dtypes = ['fp32', 'fp16', 'int8', 'uint8', 'quantized', 'q4', 'q4f16', 'bnb4'] as const;
export type Dtype = (typeof dtypes)[number];

/** A model folder, read and checked: everything a backend and a serving need to know. */
export interface ClassifierModel {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Absolute path of the ONNX file. */
  readonly onnxPath: string;
  readonly dtype: Dtype;
  readonly graph: GraphInfo;
  readonly processor: ImageProcessor;
  /** Size in px of the pictures as the model gets them. */
  readonly imageSize: { readonly width: number; readonly height: number };
  /** One label per class; those that config.json lacks are LABEL_n. */
  readonly labels: readonly string[];
  /** What to apply to the model's output to get scores; 'none' where the graph ends in it already. */
  readonly functionToApply: Activation;
}

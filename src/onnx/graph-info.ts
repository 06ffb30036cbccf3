import type { TensorFormat } from '../image/tensor-format.js';

/** What the graph does last to the scores. */
export const activations = ['softmax', 'sigmoid', 'none'] as const;
export type Activation = (typeof activations)[number];

/** What Hornet needs to know of an ONNX classifier, read from its graph. `null` in a shape: dynamic. */
export interface GraphInfo {
  readonly irVersion: number;
  /** Version of the default operator set (domain "" or "ai.onnx"). */
  readonly opset: number;
  readonly producer: string;
  /** Count of nodes by operator type, subgraphs included. */
  readonly operators: Readonly<Record<string, number>>;
  readonly input: {
    readonly name: string;
    readonly format: TensorFormat;
    /** Images per run, or null where the graph takes any number. */
    readonly batch: number | null;
    /** Size in px, or null where dynamic. */
    readonly height: number | null;
    readonly width: number | null;
  };
  readonly output: {
    readonly name: string;
    readonly dtype: 'float32' | 'float16';
    readonly shape: readonly (number | null)[];
    /** Elements per image where the shape tells, else null. */
    readonly classes: number | null;
  };
  /** Read from the nodes that lead to the output, not guessed from values. */
  readonly activation: Activation;
  /** Files that hold external data, relative to the ONNX file's folder. */
  readonly externalData: readonly string[];
}

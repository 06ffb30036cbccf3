import type { Activation } from '../onnx/graph-info.js';

/** One class of an answer. */
export interface LabelScore {
  readonly label: string;
  /** 0 to 1 after softmax or sigmoid; the model's own number with 'none'. */
  readonly score: number;
}

/**
 * The best `topK` labels, highest score first, ties by class index. Computed in float64.
 * @param scores the model's output for one picture, one number per label
 */
export function topLabels(
  scores: Float32Array,
  labels: readonly string[],
  functionToApply: Activation,
  topK: number,
): LabelScore[] {
  const values = activate(scores, functionToApply);
  return Array.from(values.keys())
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, topK)
    .map((index) => ({ label: labels[index] as string, score: values[index] as number }));
}

/** Scores after the function, computed in float64. */
export function activate(scores: Float32Array, functionToApply: Activation): Float64Array {
  const values = Float64Array.from(scores);
  switch (functionToApply) {
    case 'none':
      return values;
    case 'sigmoid':
      return values.map((value) => 1 / (1 + Math.exp(-value)));
    case 'softmax': {
      // Subtracting the maximum keeps exp() from overflowing and changes nothing else.
      const max = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const exps = values.map((value) => Math.exp(value - max));
      const sum = exps.reduce((a, b) => a + b, 0);
      return exps.map((value) => value / sum);
    }
  }
}

import type { Activation } from '../onnx/graph-info.js';
import { ConfigFields, isJsonObject } from './config-fields.js';

/** Loss that the model was trained with, by the names of transformers. */
export type ProblemType = 'regression' | 'single_label_classification' | 'multi_label_classification';

/** What Hornet needs to know of config.json. */
export interface ModelConfig {
  /** `model_type`, e.g. `resnet`; undefined where the file has none. */
  readonly modelType: string | undefined;
  /** One label per class, holes filled with LABEL_n; null where the file neither names nor counts them. */
  readonly labels: readonly string[] | null;
  /** Length of `labels`. */
  readonly numLabels: number | null;
  readonly problemType: ProblemType | null;
}

/** More classes than any model has; a larger number is a mistake, and would take the memory of an array that long. */
export const maxLabels = 1_000_000;
const problemTypes: readonly string[] = [
  'regression',
  'single_label_classification',
  'multi_label_classification',
] satisfies ProblemType[];

function isProblemType(value: string): value is ProblemType {
  return problemTypes.includes(value);
}

/** The label of a class that config.json does not name. */
export function defaultLabel(index: number): string {
  return `LABEL_${index}`;
}

/**
 * Reads config.json.
 * @param json the parsed file
 * @throws ERR_MODEL_CONFIG_INVALID naming the field, what was found and what was expected
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/configuration_utils.py
 */
export function parseModelConfig(json: unknown): ModelConfig {
  const fields = new ConfigFields('config.json', 'ERR_MODEL_CONFIG_INVALID', json);
  const labels = readLabels(fields);
  return {
    modelType: fields.readString('model_type'),
    labels,
    numLabels: labels?.length ?? null,
    problemType: readProblemType(fields),
  };
}

/**
 * What to apply to the outputs of a graph that ends in nothing: the rule of transformers' ImageClassificationPipeline.
 * @param classes number of classes
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/pipelines/image_classification.py
 */
export function activationFor(problemType: ProblemType | null, classes: number): Activation {
  if (problemType === 'regression') return 'none';
  return problemType === 'multi_label_classification' || classes === 1 ? 'sigmoid' : 'softmax';
}

function readProblemType(fields: ConfigFields): ProblemType | null {
  const value = fields.readString('problem_type');
  if (value === undefined) return null;
  if (!isProblemType(value)) throw fields.invalid('problem_type', `one of ${problemTypes.join(', ')}`);
  return value;
}

function readNumLabels(fields: ConfigFields): number | undefined {
  const expected = `an integer from 1 to ${maxLabels}`;
  const count = fields.readNumber('num_labels', expected);
  if (count === undefined) return undefined;
  if (!Number.isInteger(count) || count < 1 || count > maxLabels) throw fields.invalid('num_labels', expected);
  return count;
}

/** `id2label` decides; `num_labels` only counts where it goes beyond the last label that is named. */
function readLabels(fields: ConfigFields): string[] | null {
  const count = readNumLabels(fields);
  const named = readNamedLabels(fields);
  const length = Math.max(count ?? 0, ...(named === null ? [] : [lastKey(named) + 1]));
  if (length === 0) return null;
  return Array.from({ length }, (_, index) => named?.get(index) ?? defaultLabel(index));
}

function lastKey(named: ReadonlyMap<number, string>): number {
  let last = -1;
  for (const key of named.keys()) last = Math.max(last, key);
  return last;
}

function readNamedLabels(fields: ConfigFields): Map<number, string> | null {
  const value = fields.json.id2label;
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw fields.invalid('id2label', 'an object with a label for each class number');
  const named = new Map<number, string>();
  for (const [key, label] of Object.entries(value)) {
    const index = Number(key);
    if (!/^\d+$/.test(key) || index >= maxLabels) {
      throw fields.invalidValue('id2label', key, `class numbers from 0 to ${maxLabels - 1} as its keys`);
    }
    if (label === null) continue;
    if (typeof label !== 'string' && typeof label !== 'number') {
      throw fields.invalidValue(`id2label.${key}`, label, 'a string');
    }
    named.set(index, String(label));
  }
  return named;
}

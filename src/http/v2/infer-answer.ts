import type { ModelSignature } from '../../serving/model-signature.js';
import { joinBytes } from './bytes-tensor.js';
import { classStrings } from './class-strings.js';
import type { InferAnswer } from './infer-schemas.js';
import { modelVersion } from './model-in-path.js';
import type { RequestedOutput } from './requested-output.js';

/** What an answer is made of. */
export interface AnswerParts {
  readonly model: string;
  readonly id: string | undefined;
  readonly signature: Pick<ModelSignature, 'output' | 'labels'>;
  readonly output: RequestedOutput;
  /** Of each picture. */
  readonly scores: readonly Float32Array[];
}

/** The JSON of an answer, and the bytes that come after it; null: none. */
export interface EncodedAnswer {
  readonly json: InferAnswer;
  readonly binary: Buffer | null;
}

/** Puts scores into the form that was asked for. */
export function inferAnswer({ model, id, signature, output, scores }: AnswerParts): EncodedAnswer {
  const { isBinary, topClasses } = output;
  const { name, classes } = signature.output;
  const texts = topClasses > 0 ? scores.flatMap((row) => classStrings(row, signature.labels, topClasses)) : null;
  const described = {
    name,
    datatype: texts === null ? ('FP32' as const) : ('BYTES' as const),
    shape: [scores.length, texts === null ? classes : topClasses],
  };
  const binary = isBinary ? (texts === null ? concatenated(scores) : joinBytes(texts)) : null;
  // JSON.stringify makes null of what is not finite.
  const data = texts ?? scores.flatMap((row) => Array.from(row));
  return {
    json: {
      model_name: model,
      model_version: modelVersion,
      ...(id === undefined ? {} : { id }),
      outputs: [
        binary === null ? { ...described, data } : { ...described, parameters: { binary_data_size: binary.length } },
      ],
    },
    binary,
  };
}

function concatenated(rows: readonly Float32Array[]): Buffer {
  return Buffer.concat(
    rows.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)),
  );
}

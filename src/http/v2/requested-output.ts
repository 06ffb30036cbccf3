import { HornetError } from '../../errors/hornet-error.js';
import type { ModelSignature } from '../../serving/model-signature.js';
import type { InferRequest } from './infer-schemas.js';

/** How the only output is wanted. */
export interface RequestedOutput {
  readonly isBinary: boolean;
  /** Best classes for each picture, at most all; 0: the scores of all instead. */
  readonly topClasses: number;
}

/**
 * What a request wants of the outputs; without a word all of them.
 * @throws ERR_PARAMETER_INVALID naming an output that there is not, or that is asked for twice
 */
export function requestedOutput(
  { outputs: given, parameters }: InferRequest,
  signature: ModelSignature,
): RequestedOutput {
  const { name, classes } = signature.output;
  const outputs = given ?? [];
  const refuse = (output: string, problem: string): HornetError =>
    new HornetError('ERR_PARAMETER_INVALID', `Output "${output}": ${problem}.`, { details: { output } });
  const unknown = outputs.find((output) => output.name !== name);
  if (unknown !== undefined) throw refuse(unknown.name, `there is no such output; there is "${name}"`);
  if (outputs.length > 1) throw refuse(name, 'it is asked for more than once');
  const wanted = outputs[0]?.parameters;
  return {
    isBinary: wanted?.binary_data ?? parameters?.binary_data_output ?? false,
    topClasses: Math.min(wanted?.classification ?? 0, classes),
  };
}

import { HornetError } from '../errors/hornet-error.js';
import type { Dtype } from '../model/classifier-model.js';
import type { ParserError } from '../native/tensorrt-types.js';

/** Operators of dynamic quantization, which measures its scales anew for each picture. */
const dynamicQuantization = new Set(['DynamicQuantizeLinear', 'ConvInteger', 'MatMulInteger', 'DynamicQuantizeMatMul']);

/** Operators of static quantization. */
const staticQuantization = new Set(['QuantizeLinear', 'DequantizeLinear']);

/** What the sentence needs to know of the model. */
export interface RefusedModel {
  /** Name of the ONNX file. */
  readonly file: string;
  readonly dtype: Dtype;
  /** Dtypes that the repository has besides. */
  readonly others: readonly Dtype[];
}

/** Dtypes that TensorRT takes; the others are quantized in ways of ONNX Runtime's own. */
const usableDtypes: readonly Dtype[] = ['fp16', 'fp32'];

/**
 * One error out of the many that the parser gives, one for each node.
 * @param message of the native error, used where no node is named
 */
export function parserFailure(errors: readonly ParserError[], message: string, model: RefusedModel): HornetError {
  const counts = new Map<string, number>();
  for (const { operator } of errors) {
    if (operator !== '') counts.set(operator, (counts.get(operator) ?? 0) + 1);
  }
  const operators = [...counts].sort(([, a], [, b]) => b - a);
  const total = operators.reduce((sum, [, count]) => sum + count, 0);
  const usable = usableDtypes.filter((dtype) => dtype !== model.dtype && model.others.includes(dtype));
  const has = (names: ReadonlySet<string>): boolean => operators.some(([operator]) => names.has(operator));
  const details = { dtype: model.dtype, operators: Object.fromEntries(operators), usableDtypes: usable };
  const choice =
    usable.length > 0
      ? `Use --dtype ${usable.join(' or ')}, which this model has too.`
      : 'This model has no fp16 or fp32 file beside it; choose a repository that has one, or export it again.';
  if (total === 0) {
    const text = errors[0]?.description ?? message;
    return new HornetError(
      'ERR_TENSORRT_PARSE_FAILED',
      `TensorRT's parser does not take ${model.file}: ${sentence(text)}`,
      {
        remedy: `The file may be truncated or no ONNX model. ${choice}`,
        details,
      },
    );
  }
  const list = operators.slice(0, 5).map(([operator, count]) => `${count} ${operator}`);
  if (operators.length > 5) list.push(`${operators.length - 5} other operators`);
  const first = errors.find(({ operator }) => operator !== '');
  const where = `the first is "${first?.node ?? ''}" (${first?.operator ?? ''}): ${sentence(first?.description ?? message)}`;
  const nodes = `${total} ${total === 1 ? 'node' : 'nodes'} (${list.join(', ')})`;
  if (has(dynamicQuantization)) {
    return new HornetError(
      'ERR_TENSORRT_PARSE_FAILED',
      `${model.file} is dynamically quantized, which TensorRT cannot use: its parser refuses ${nodes}; ${where}`,
      { remedy: choice, details },
    );
  }
  const quantized = has(staticQuantization)
    ? ' Static quantization must be symmetric int8 (zero points of 0), for weights and activations.'
    : '';
  return new HornetError('ERR_TENSORRT_PARSE_FAILED', `TensorRT's parser refuses ${nodes} of ${model.file}; ${where}`, {
    remedy: `${choice}${quantized}`,
    details,
  });
}

function sentence(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ').slice(0, 300);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

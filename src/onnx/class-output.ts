import { HornetError } from '../errors/hornet-error.js';
import { endsInGlobalPooling } from './final-activation.js';
import type { GraphProto, ModelProto, ValueInfoProto } from './generated/onnx_pb.js';
import type { GraphInfo } from './graph-info.js';
import { elementType } from './tensor-types.js';
import { describeValue, describeValues, type Shape, tensorTypeOf } from './value-type.js';
import { outputPlace, type ValuePlace } from './walk-back.js';

const expected = 'expected float32 or float16 scores, one per class, such as [N,1000]';

const dtypesByElementType: ReadonlyMap<number, 'float32' | 'float16'> = new Map([
  [elementType.float32, 'float32'],
  [elementType.float16, 'float16'],
]);

/** Names that exporters give to outputs that look like scores by their shape but are features. */
const featureNames: ReadonlySet<string> = new Set(['image_embeds', 'last_hidden_state', 'pooler_output']);

/** Far more than any classifier has; each is looked at. */
const mostOutputs = 1000;

function notClassifier(found: string): HornetError {
  return new HornetError('ERR_MODEL_NOT_CLASSIFIER', `${found}, ${expected}.`);
}

/**
 * The one output that holds the scores, of any rank that flattens to [N, classes]. Of several the one called
 * `logits`, else the only one that can be scores by its type and shape.
 * @param batch images per run of the input, null where dynamic
 * @throws ERR_MODEL_NOT_CLASSIFIER saying what was found and what was expected
 */
export function findClassOutput(model: ModelProto, graph: GraphProto, batch: number | null): GraphInfo['output'] {
  if (graph.output.length > mostOutputs) throw notClassifier(`The graph has ${graph.output.length} outputs`);
  // Once for all outputs: what produces the values of a large graph takes a while to list.
  const { scope } = outputPlace(model, graph, '');
  const candidates = graph.output.flatMap((value) => classOutput(value, { name: value.name, scope }, batch) ?? []);
  const chosen = candidates.find(({ name }) => name === 'logits') ?? candidates[0];
  if (chosen !== undefined && (candidates.length === 1 || chosen.name === 'logits')) return chosen;
  const [only] = graph.output;
  if (graph.output.length === 1 && only !== undefined) throw notClassifier(`The output is ${describeValue(only)}`);
  const found = `The graph has ${graph.output.length} outputs (${describeValues(graph.output)})`;
  throw notClassifier(candidates.length === 0 ? found : `${found} and ${candidates.length} of them could be scores`);
}

/** null: the output cannot be scores. */
function classOutput(value: ValueInfoProto, place: ValuePlace, batch: number | null): GraphInfo['output'] | null {
  const type = tensorTypeOf(value);
  const dtype = dtypesByElementType.get(type?.elementType ?? -1);
  if (type === null || dtype === undefined || featureNames.has(value.name)) return null;
  if (type.shape === null) return { name: value.name, dtype, shape: [], classes: null };
  const classes = countClasses(type.shape, batch, () => endsInGlobalPooling(place));
  return classes === undefined ? null : { name: value.name, dtype, shape: type.shape, classes };
}

/**
 * Scores per image: null where the shape does not tell, undefined where the output cannot be scores because it has
 * more than one dimension (boxes, patches, pixels) per image.
 */
function countClasses(shape: Shape, batch: number | null, isPooled: () => boolean): number | null | undefined {
  if (shape.length === 0) return undefined;
  if (shape.length === 1) {
    const [dim = null] = shape;
    // without a batch dimension: the classes of the only image, or one score for each image
    return batch === 1 ? dim : dim === batch ? 1 : undefined;
  }
  const [first = null, ...rest] = shape;
  if (first !== null && batch !== null && first !== batch) return undefined;
  const perImage = rest.filter((dim) => dim !== 1);
  // behind a global pooling the dimensions that nobody named are height and width, which are 1 there
  const counts = perImage.length > 1 && isPooled() ? perImage.filter((dim) => dim !== null) : perImage;
  if (counts.length > 1) return undefined;
  if (counts.length === 0) return perImage.length === 0 ? 1 : null;
  const [classes = null] = counts;
  return classes;
}

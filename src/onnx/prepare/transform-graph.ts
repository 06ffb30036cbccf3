import { HornetError } from '../../errors/hornet-error.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { GraphProto } from '../generated/onnx_pb.js';
import type { ModelSkeleton } from '../read-skeleton.js';
import { elementType } from '../tensor-types.js';
import { acceptsFloat } from './accepts-float.js';
import { images } from './batch-value.js';
import { type NameGiver, nameGiver } from './graph-names.js';
import { graphNode, intAttribute, uint8Value } from './graph-nodes.js';
import { imageFront } from './image-front.js';
import { pruneGraph } from './prune-graph.js';
import { widenBatch } from './widen-batch.js';

/** Broadcasting, which the front needs, came with this version. */
const oldestOpset = 7;

/** The new input of a graph. */
export interface TransformedGraph {
  readonly inputName: string;
  /** null: dynamic. */
  readonly inputShape: readonly (number | null)[];
  readonly widened: boolean;
  /** A sentence where the number of images is fixed. */
  readonly notWidenedBecause: string | null;
}

/**
 * Gives the graph its uint8 input, and leaves of it what the scores need. The value that was the input keeps its
 * name, so whatever reads it, in inner graphs too, stays as it is.
 * @throws ERR_ONNX_INVALID where the graph is not the one that the model was read from, or its operator set too old
 */
export function transformGraph({ graph }: ModelSkeleton, model: ClassifierModel, maxBatch: number): TransformedGraph {
  const { input, output, opset } = model.graph;
  if (opset < oldestOpset) {
    const found = `The graph uses version ${opset} of the ONNX operator set, and ${oldestOpset} is the oldest that`;
    throw new HornetError('ERR_ONNX_INVALID', `${found} a GPU engine can be built from.`, {
      remedy: 'Export the model again with a newer opset.',
    });
  }
  const declared = graph.input.find(({ name }) => name === input.name);
  if (declared === undefined || !graph.output.some(({ name }) => name === output.name)) {
    throw new HornetError('ERR_ONNX_INVALID', 'The ONNX file has changed since the model was read.');
  }
  const names = nameGiver(graph);
  pruneGraph(graph, input.name, output.name);
  const { batch, reason } = decideBatch(graph, model, maxBatch, names);
  const { width, height } = model.imageSize;
  const batchName = dynamicName(graph, input.name);
  const inputName = names('image');
  // in the place of the old one, because up to IR version 3 initializers are listed too
  graph.input = graph.input.map((value) =>
    value === declared ? uint8Value(inputName, [batch ?? batchName, height, width, 3]) : value,
  );
  if (batch === null) freeOutput(graph, batchName);
  addFront(graph, model, inputName, names);
  return {
    inputName,
    inputShape: [batch, height, width, 3],
    widened: batch === null && input.batch !== null,
    notWidenedBecause: reason,
  };
}

function decideBatch(
  graph: GraphProto,
  { graph: info, imageSize: { width, height } }: ClassifierModel,
  maxBatch: number,
  names: NameGiver,
): { batch: number | null; reason: string | null } {
  const { input, output, opset } = info;
  const { batch } = input;
  if (batch === null) return { batch, reason: null };
  if (batch !== 1) return { batch, reason: `The graph was exported for ${batch} images, and only 1 can be widened.` };
  if (maxBatch === 1) return { batch, reason: 'No more than one image at a time is wanted.' };
  const rest = input.format.layout === 'NCHW' ? [3, height, width] : [height, width, 3];
  const why = widenBatch(graph, { opset, inputName: input.name, input: images(1, rest), output, names });
  return why === null ? { batch: null, reason: null } : { batch, reason: `${why}.` };
}

/** What the file calls the number of images, `N` where it does not say. */
function dynamicName(graph: GraphProto, inputName: string): string {
  const type = graph.input.find(({ name }) => name === inputName)?.type?.value;
  const first = type?.case === 'tensorType' ? type.value.shape?.dim[0]?.value : undefined;
  return first?.case === 'dimParam' && first.value !== '' ? first.value : 'N';
}

/** An output that was declared for one image: [1,classes], now [N,classes]. */
function freeOutput(graph: GraphProto, batchName: string): void {
  for (const { type } of graph.output) {
    if (type?.value.case !== 'tensorType') continue;
    const dims = type.value.value.shape?.dim ?? [];
    const [first] = dims;
    if (first?.value.case === 'dimValue') first.value = { case: 'dimParam', value: batchName };
  }
}

function addFront(graph: GraphProto, model: ClassifierModel, inputName: string, names: NameGiver): void {
  const { name, format } = model.graph.input;
  const castBack = format.dtype === 'uint8' && !acceptsFloat(graph, name);
  const outputName = castBack ? names('hornet/front/pixels') : name;
  const front = imageFront({ processor: model.processor, format, inputName, outputName, names });
  if (castBack) front.push(graphNode('Cast', [outputName], name, [intAttribute('to', elementType.uint8)]));
  graph.node = [...front, ...graph.node];
}

import type { FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto } from './generated/onnx_pb.js';
import { type Shape, tensorTypeOf } from './value-type.js';
import { isDefaultDomain } from './walk-graph.js';

/** Operators that change the shape but not the values or their order along the classes. */
const reshaping: ReadonlySet<string> = new Set(['Flatten', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/** Operators that hand on their first input, but for its precision. */
const passing: ReadonlySet<string> = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Dropout',
  'Identity',
  'QuantizeLinear',
]);

/** A graph or the body of a function: names mean something only inside of one. */
interface Scope {
  readonly producers: ReadonlyMap<string, NodeProto>;
  readonly graph: GraphProto | null;
  readonly opset: number;
  /** Where the function was called from, and by which node. */
  readonly caller: { readonly scope: Scope; readonly node: NodeProto; readonly inputs: readonly string[] } | null;
}

/** A value, and in which scope its name is meant. */
export interface ValuePlace {
  readonly name: string;
  readonly scope: Scope;
}

/** The node that computes a value. */
export interface Origin {
  readonly node: NodeProto;
  /** Version of the default operator set that holds for the node. */
  readonly opset: number;
  /** Where the node's first input is. */
  readonly input: ValuePlace;
  /** Shape of the node's output where it is known; `same` where it is that of the value that the walk began at. */
  readonly shape: Shape | 'same' | null;
}

/** Version of ONNX's own operator set; 0 where none is named. */
export function defaultOpset(imports: readonly OperatorSetIdProto[]): number {
  return Number(imports.find(({ domain }) => isDefaultDomain(domain))?.version ?? 0n);
}

function producersOf(nodes: readonly NodeProto[]): Map<string, NodeProto> {
  const producers = new Map<string, NodeProto>();
  for (const node of nodes) {
    // the first output only: the second one of a Dropout is a mask, not the data
    const name = node.output[0];
    if (name !== undefined && name !== '') producers.set(name, node);
  }
  return producers;
}

/** The place of an output of the graph. */
export function outputPlace(model: ModelProto, graph: GraphProto, name: string): ValuePlace {
  const opset = defaultOpset(model.opsetImport);
  return { name, scope: { producers: producersOf(graph.node), graph, opset, caller: null } };
}

function knownShape({ name, scope }: ValuePlace): Shape | null {
  const value = scope.graph?.valueInfo.find((info) => info.name === name);
  return value === undefined ? null : (tensorTypeOf(value)?.shape ?? null);
}

/**
 * Walks from a value back through everything that only changes its shape or precision, into the functions that the
 * model defines and out of them again.
 * @returns the node that computes the values, or null where the walk ends at an input or an initializer
 */
export function walkBack(model: ModelProto, from: ValuePlace): Origin | null {
  let place: ValuePlace | null = from;
  let reshaped = false;
  // a valid graph has no cycles; in an invalid one the walk must end nevertheless
  for (let step = 0; step < 10_000 && place !== null; step++) {
    const node: NodeProto | undefined = place.scope.producers.get(place.name);
    const data: string | undefined = node?.input[0];
    if (node === undefined) {
      place = placeInCaller(place);
      continue;
    }
    const body = functionPlace(model, node, place);
    if (body !== null) {
      place = body;
      continue;
    }
    const ours = isDefaultDomain(node.domain) && data !== undefined;
    if (ours && (reshaping.has(node.opType) || passing.has(node.opType))) {
      reshaped ||= reshaping.has(node.opType);
      place = { name: data, scope: place.scope };
      continue;
    }
    const { opset } = place.scope;
    const input = { name: data ?? '', scope: place.scope };
    return { node, opset, input, shape: reshaped ? knownShape(place) : 'same' };
  }
  return null;
}

/** What a function's input is called where the function was called. */
function placeInCaller({ name, scope }: ValuePlace): ValuePlace | null {
  if (scope.caller === null) return null;
  const argument = scope.caller.node.input[scope.caller.inputs.indexOf(name)];
  return argument === undefined ? null : { name: argument, scope: scope.caller.scope };
}

/** The first output inside the function that a node calls, or null where it calls none. */
function functionPlace(model: ModelProto, node: NodeProto, { scope }: ValuePlace): ValuePlace | null {
  const fn: FunctionProto | undefined = model.functions.find(
    ({ name, domain }) => name === node.opType && domain === node.domain,
  );
  const output = fn?.output[0];
  if (fn === undefined || output === undefined) return null;
  const caller = { scope, node, inputs: fn.input };
  const opset = defaultOpset(fn.opsetImport);
  return { name: output, scope: { producers: producersOf(fn.node), graph: null, opset, caller } };
}

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
  readonly functions: FunctionTable;
  readonly producers: ReadonlyMap<string, NodeProto>;
  readonly graph: GraphProto | null;
  readonly opset: number;
  /** How many functions it is within. */
  readonly depth: number;
  /** Where the function was called from, and by which node. */
  readonly caller: {
    readonly scope: Scope;
    readonly node: NodeProto;
    readonly inputs: ReadonlyMap<string, number>;
  } | null;
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
  readonly shape: () => Shape | 'same' | null;
}

/** Version of ONNX's own operator set; 0 where none is named. */
export function defaultOpset(imports: readonly OperatorSetIdProto[]): number {
  return Number(imports.find(({ domain }) => isDefaultDomain(domain))?.version ?? 0n);
}

/** A function as its callers need it. */
interface KnownFunction {
  readonly producers: ReadonlyMap<string, NodeProto>;
  /** Which one each input is. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly output: string;
  readonly opset: number;
}

/** The functions that a model defines. Each is looked into once, however often it is called. */
class FunctionTable {
  private readonly byName = new Map<string, FunctionProto>();
  private readonly known = new Map<FunctionProto, KnownFunction>();

  constructor(functions: readonly FunctionProto[]) {
    // The first of a name counts.
    for (const fn of functions.toReversed()) this.byName.set(keyOf(fn.domain, fn.name), fn);
  }

  /** The one that a node calls, if it calls one that gives something. */
  calledBy({ domain, opType }: NodeProto): KnownFunction | undefined {
    const fn = this.byName.get(keyOf(domain, opType));
    const output = fn?.output[0];
    if (fn === undefined || output === undefined) return undefined;
    const known = this.known.get(fn) ?? {
      producers: producersOf(fn.node),
      inputs: new Map(fn.input.map((name, index) => [name, index])),
      output,
      opset: defaultOpset(fn.opsetImport),
    };
    this.known.set(fn, known);
    return known;
  }
}

function keyOf(domain: string, name: string): string {
  return `${domain}\0${name}`;
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
  const functions = new FunctionTable(model.functions);
  const opset = defaultOpset(model.opsetImport);
  return { name, scope: { functions, producers: producersOf(graph.node), graph, opset, depth: 0, caller: null } };
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
export function walkBack(from: ValuePlace): Origin | null {
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
    const body = functionPlace(node, place);
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
    const at = place;
    return { node, opset, input, shape: () => (reshaped ? knownShape(at) : 'same') };
  }
  return null;
}

/** What a function's input is called where the function was called. */
function placeInCaller({ name, scope }: ValuePlace): ValuePlace | null {
  if (scope.caller === null) return null;
  const argument = scope.caller.node.input[scope.caller.inputs.get(name) ?? -1];
  return argument === undefined ? null : { name: argument, scope: scope.caller.scope };
}

/** Functions within functions that are gone into: more than exporters write, and an end to one that calls itself. */
const deepestCall = 32;

/** The first output inside the function that a node calls, or null where it calls none. */
function functionPlace(node: NodeProto, { scope }: ValuePlace): ValuePlace | null {
  const { functions, depth } = scope;
  if (depth >= deepestCall) return null;
  const fn = functions.calledBy(node);
  if (fn === undefined) return null;
  const { producers, inputs, output, opset } = fn;
  const caller = { scope, node, inputs };
  return { name: output, scope: { functions, producers, graph: null, opset, depth: depth + 1, caller } };
}

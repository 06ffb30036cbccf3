import type { GraphProto, NodeProto } from '../generated/onnx_pb.js';

/** The graphs inside a node: branches and bodies of loops. */
export function innerGraphs(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/**
 * Every name that a node reads: its inputs, and what the graphs inside of it take from around them. Names that those
 * graphs define themselves are among them; they are no other value's, because names must not be shadowed.
 */
export function* namesRead(node: NodeProto): Generator<string> {
  for (const name of node.input) if (name !== '') yield name;
  for (const graph of innerGraphs(node)) {
    for (const inner of graph.node) yield* namesRead(inner);
    for (const { name } of graph.output) yield name;
  }
}

function* namesOf(graph: GraphProto): Generator<string> {
  for (const { name } of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer]) yield name;
  for (const { values } of graph.sparseInitializer) yield values?.name ?? '';
  for (const node of graph.node) {
    yield node.name;
    yield* node.input;
    yield* node.output;
    for (const inner of innerGraphs(node)) yield* namesOf(inner);
  }
}

/** Gives names that no value or node of the graph has: the wanted one, else with a number behind it. */
export type NameGiver = (wanted: string) => string;

export function nameGiver(graph: GraphProto): NameGiver {
  const taken = new Set(namesOf(graph));
  /** What to try next, for a name that is wanted again and again. */
  const next = new Map<string, number>();
  return (wanted) => {
    let name = wanted;
    let number = next.get(wanted) ?? 2;
    for (; taken.has(name); number++) name = `${wanted}_${number}`;
    next.set(wanted, number);
    taken.add(name);
    return name;
  };
}

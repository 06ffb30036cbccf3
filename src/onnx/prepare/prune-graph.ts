import type { GraphProto, NodeProto } from '../generated/onnx_pb.js';
import { namesRead } from './graph-names.js';

/**
 * Leaves of a graph what one of its outputs needs: other outputs (features, attention maps) go, and with them the
 * nodes, initializers and declared inputs that only they needed. The image input stays in any case.
 */
export function pruneGraph(graph: GraphProto, inputName: string, outputName: string): void {
  const needed = neededNames(graph, outputName);
  graph.output = graph.output.filter(({ name }) => name === outputName);
  graph.node = graph.node.filter((node) => node.output.some((name) => needed.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => needed.has(name));
  graph.sparseInitializer = graph.sparseInitializer.filter(({ values }) => needed.has(values?.name ?? ''));
  graph.input = graph.input.filter(({ name }) => needed.has(name) || name === inputName);
  const left = new Set(graph.node.flatMap(({ output }) => output));
  graph.valueInfo = graph.valueInfo.filter(({ name }) => left.has(name));
}

function neededNames(graph: GraphProto, outputName: string): Set<string> {
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const name of node.output) if (name !== '') producers.set(name, node);
  const needed = new Set([outputName]);
  // a Set hands out what is added to it while it is walked
  for (const name of needed) {
    const node = producers.get(name);
    if (node === undefined) continue;
    for (const input of namesRead(node)) needed.add(input);
  }
  return needed;
}

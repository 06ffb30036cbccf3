import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from './generated/onnx_pb.js';

function subgraphsOf(attribute: AttributeProto): GraphProto[] {
  return attribute.g === undefined ? attribute.graphs : [attribute.g, ...attribute.graphs];
}

function* nodesBelow(nodes: readonly NodeProto[]): Generator<NodeProto> {
  for (const node of nodes) {
    yield node;
    for (const attribute of node.attribute) {
      for (const graph of subgraphsOf(attribute)) yield* nodesBelow(graph.node);
    }
  }
}

/** Every node of the model: of its graph, of the graphs inside (branches, loops) and of its functions, once each. */
export function* allNodes(model: ModelProto): Generator<NodeProto> {
  if (model.graph !== undefined) yield* nodesBelow(model.graph.node);
  for (const fn of model.functions) yield* nodesBelow(fn.node);
}

function* tensorsOfGraph(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const { values, indices } of graph.sparseInitializer) {
    if (values !== undefined) yield values;
    if (indices !== undefined) yield indices;
  }
}

function* tensorsOfAttribute(attribute: AttributeProto): Generator<TensorProto> {
  if (attribute.t !== undefined) yield attribute.t;
  yield* attribute.tensors;
  for (const sparse of [attribute.sparseTensor, ...attribute.sparseTensors]) {
    if (sparse?.values !== undefined) yield sparse.values;
    if (sparse?.indices !== undefined) yield sparse.indices;
  }
}

/** Every tensor that the model holds: initializers and constants, those of inner graphs and functions too. */
export function* allTensors(model: ModelProto): Generator<TensorProto> {
  if (model.graph !== undefined) yield* tensorsOfGraph(model.graph);
  for (const node of allNodes(model)) {
    for (const attribute of node.attribute) {
      yield* tensorsOfAttribute(attribute);
      for (const graph of subgraphsOf(attribute)) yield* tensorsOfGraph(graph);
    }
  }
}

/** Whether the operator belongs to ONNX's own set. */
export function isDefaultDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** Count of nodes by operator type; operators of other domains as `domain.Operator`. */
export function countOperators(model: ModelProto): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { opType, domain } of allNodes(model)) {
    const name = isDefaultDomain(domain) ? opType : `${domain}.${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

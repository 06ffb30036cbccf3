import type { GraphProto, NodeProto } from '../generated/onnx_pb.js';
import { isDefaultDomain } from '../walk-graph.js';
import { innerGraphs, namesRead } from './graph-names.js';

/**
 * Whether a graph with a uint8 input does not mind to get the same numbers as float32: every node that reads them is a
 * Cast to another type. TensorRT can take no other graph with a uint8 input.
 */
export function acceptsFloat(graph: GraphProto, inputName: string): boolean {
  return graph.node.every((node) => isIndifferent(node, inputName));
}

function isIndifferent(node: NodeProto, name: string): boolean {
  if (innerGraphs(node).length > 0) return ![...namesRead(node)].includes(name);
  return !node.input.includes(name) || (node.opType === 'Cast' && isDefaultDomain(node.domain));
}

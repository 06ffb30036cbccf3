import { clearField, toBinary } from '@bufbuild/protobuf';
import { type Segment, totalLength } from '../byte-range.js';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from '../generated/onnx_pb.js';
import type { ModelSkeleton } from '../read-skeleton.js';
import { lengthPrefix } from '../wire-format.js';

/** Numbers of fields, see onnx.proto. */
const graphField = 7;
const initializerField = 5;

/**
 * The ONNX file of a model whose weights lie in other files: small pieces of memory, and byte ranges to be copied.
 * The model itself is left as it was.
 */
export function modelSegments({ model, graph, cuts }: ModelSkeleton): Segment[] {
  const { initializer } = graph;
  const inner: Segment[] = [];
  try {
    graph.initializer = [];
    inner.push(toBinary(GraphProtoSchema, graph));
  } finally {
    graph.initializer = initializer;
  }
  for (const tensor of initializer) {
    const body: Segment[] = [toBinary(TensorProtoSchema, tensor)];
    for (const { no, range } of cuts.get(tensor) ?? []) body.push(lengthPrefix(no, range.length), range);
    inner.push(lengthPrefix(initializerField, totalLength(body)), ...body);
  }
  let outer: Uint8Array;
  try {
    clearField(model, ModelProtoSchema.field.graph);
    outer = toBinary(ModelProtoSchema, model);
  } finally {
    model.graph = graph;
  }
  return [outer, lengthPrefix(graphField, totalLength(inner)), ...inner];
}

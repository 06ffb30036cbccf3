import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../dist/onnx/generated/onnx_pb.js';
import { elementType } from '../../dist/onnx/tensor-types.js';

/** @param {string} name */
function anyValue(name, rank = 4) {
  const shape = { dim: Array.from({ length: rank }, () => ({})) };
  return {
    name,
    type: { value: { case: /** @type {const} */ ('tensorType'), value: { elemType: elementType.float32, shape } } },
  };
}

/** The bytes of an ONNX file: a classifier that declares neither how large its pictures are nor how many classes it has. */
export function anyClassifier() {
  const graph = {
    node: [
      { opType: 'GlobalAveragePool', input: ['pixels'], output: ['pooled'] },
      { opType: 'Flatten', input: ['pooled'], output: ['logits'] },
    ],
    input: [anyValue('pixels')],
    output: [anyValue('logits', 2)],
  };
  const model = { irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model));
}

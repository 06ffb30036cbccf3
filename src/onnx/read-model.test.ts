import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelBytes, testClassifier, testTensor } from './build-test-model.test-support.js';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { graphInfoOf } from './graph-info-of.js';
import { decodeModel, readModel } from './read-model.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-read-model-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('readModel', () => {
  it('reads a model', async () => {
    const model = await readModel(await written('model.onnx', modelBytes(testClassifier())));
    expect(model.producerName).toBe('hornet-test');
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual(['GlobalAveragePool', 'Flatten']);
  });

  it('keeps weights as views of the file, not copies', () => {
    const bytes = modelBytes(testClassifier({ initializer: [testTensor('w', [2], [1, 2])] }));
    const data = decodeModel(bytes, 'model.onnx').graph?.initializer[0]?.rawData;
    expect(data?.buffer).toBe(bytes.buffer);
    expect(data?.byteLength).toBe(8);
  });

  it('keeps fields that the schema does not list, in the model and inside of it', () => {
    // field 4 of a tensor is float_data, packed: 12 bytes; field 20 of a model is training_info
    const tensor = testTensor('w', [3], []);
    tensor.$unknown = [{ no: 4, wireType: 2, data: Uint8Array.of(12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }];
    const model = testClassifier({ initializer: [tensor] });
    model.$unknown = [{ no: 20, wireType: 2, data: Uint8Array.of(2, 10, 0) }];
    const bytes = modelBytes(model);
    expect(toBinary(ModelProtoSchema, fromBinary(ModelProtoSchema, bytes))).toEqual(bytes);
    expect(decodeModel(bytes, 'model.onnx').graph?.initializer[0]?.$unknown).toHaveLength(1);
  });

  it('writes models that ONNX Runtime runs', async () => {
    const session = await InferenceSession.create(modelBytes(testClassifier({ activation: 'Softmax' })));
    const pixels = new Tensor('float32', new Float32Array(2 * 3 * 64), [2, 3, 8, 8]);
    const { logits } = await session.run({ pixels });
    expect(logits?.dims).toEqual([2, 3]);
    expect(logits?.data[0]).toBeCloseTo(1 / 3, 6);
    await session.release();
  });

  it('refuses a truncated file wherever it ends', () => {
    const bytes = modelBytes(testClassifier({ initializer: [testTensor('w', [8], [1, 2, 3, 4, 5, 6, 7, 8])] }));
    for (let length = 1; length < bytes.length; length++) {
      const read = () => graphInfoOf(decodeModel(bytes.subarray(0, length), 'model.onnx'), 'model.onnx');
      expect(read, `${length} bytes`).toThrow(expect.objectContaining({ code: 'ERR_ONNX_INVALID' }));
    }
  });

  it.each([
    ['is empty', ''],
    ['is a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 102580000\n'],
    ['is an HTML or XML page', '<!DOCTYPE html>\n<html><body>Not found</body></html>'],
    ['is an HTML or XML page', '\n<?xml version="1.0"?><Error/>'],
    ['is a text file', 'Entry not found'],
    ['is a text file', '{"error": "Repository not found"}'],
  ])('says when a file %s', async (sentence, content) => {
    const path = await written('other.onnx', content);
    await expect(readModel(path)).rejects.toMatchObject({
      code: 'ERR_ONNX_INVALID',
      message: expect.stringContaining(`other.onnx ${sentence}`),
    });
  });

  it.each([
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46)],
    ['a ZIP archive', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0)],
    ['zeros', new Uint8Array(1000)],
    ['a model without a graph', Uint8Array.of(8, 8)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeModel(bytes, 'model.onnx')).toThrow(expect.objectContaining({ code: 'ERR_ONNX_INVALID' }));
  });

  it('refuses a file above 2 GiB without reading it', async () => {
    const path = await written('large.onnx', '');
    await truncate(path, 2 ** 31);
    await expect(readModel(path)).rejects.toMatchObject({
      code: 'ERR_ONNX_INVALID',
      message: expect.stringContaining('2 GiB'),
    });
  });

  it('says that a file is missing', async () => {
    await expect(readModel(join(folder, 'absent.onnx'))).rejects.toMatchObject({ code: 'ERR_MODEL_FILE_MISSING' });
  });
});

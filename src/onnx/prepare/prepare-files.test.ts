import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearField, create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMet } from '../../../test/skips/note-skip.js';
import {
  modelBytes,
  testClassifier,
  testGraph,
  testModel,
  testNode,
  testValue,
} from '../build-test-model.test-support.js';
import { AttributeProtoSchema, type ModelProto, type TensorProto, TensorProtoSchema } from '../generated/onnx_pb.js';
import { decodeModel, readModel } from '../read-model.js';
import { readSkeleton } from '../read-skeleton.js';
import { externalDataLocation } from '../tensor-types.js';
import { prepareGraph } from './prepare-graph.js';
import {
  largestDifference,
  noisePictures,
  originalScores,
  preparedScores,
  putModel,
  randomTensor,
} from './prepare-graph.test-support.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-prepare-files-'));
  out = join(folder, 'out');
  await mkdir(out);
});
afterEach(() => rm(folder, { recursive: true }));

/** 8 x 8 px to 64 classes; 48 KiB of weights in `fc`, and a constant. */
function wideModel(): ModelProto {
  const constant = testNode('Constant', [], ['bias']);
  constant.attribute.push(create(AttributeProtoSchema, { name: 'value', type: 4, t: randomTensor('', [64]) }));
  return testModel(
    testGraph({
      node: [
        constant,
        testNode('Flatten', ['pixels'], ['flat']),
        testNode('Gemm', ['flat', 'fc', 'bias'], ['large']),
        testNode('Mul', ['large', 'small'], ['logits']),
      ],
      input: [testValue('pixels', 'float32', ['N', 3, 8, 8])],
      output: [testValue('logits', 'float32', ['N', 64])],
      initializer: [randomTensor('fc', [192, 64]), randomTensor('small', [1])],
    }),
  );
}

/** Moves the data of tensors into one file, after each other, at offsets of 4096 bytes. */
async function moveOut(tensors: readonly TensorProto[], name: string): Promise<void> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const padded = new Uint8Array(Math.ceil(tensor.rawData.length / 4096) * 4096);
    padded.set(tensor.rawData);
    parts.push(padded);
    const entries = { location: name, offset: String(offset), length: String(tensor.rawData.length) };
    tensor.externalData = Object.entries(entries).map(([key, value]) => ({
      $typeName: 'hornet.onnx.StringStringEntryProto',
      key,
      value,
    }));
    tensor.dataLocation = externalDataLocation;
    clearField(tensor, TensorProtoSchema.field.rawData);
    offset += padded.length;
  }
  await writeFile(join(folder, name), Buffer.concat(parts));
}

async function movedOut(name = 'model.onnx_data'): Promise<ModelProto> {
  const proto = wideModel();
  await moveOut(proto.graph?.initializer ?? [], name);
  return proto;
}

const pictures = noisePictures(3, 8);

describe('prepareGraph', () => {
  it('writes the same bytes for the same model, reports how many, and leaves nothing else', async () => {
    const model = await putModel(folder, 'model', wideModel());
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    const bytes = await readFile(prepared.path);
    expect(prepared.bytes).toBe(bytes.length);
    expect(await readdir(out)).toEqual(['graph.onnx']);
    const again = await prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    expect(await readFile(again.path)).toEqual(bytes);
  });

  it('leaves large weights in the file of the model, linked beside the graph, where that is asked for', async () => {
    const model = await putModel(folder, 'model', wideModel());
    const options = { maxBatch: 8, targetPath: join(out, 'graph.onnx'), linkWeights: true };
    const prepared = await prepareGraph(model, options);
    expect(prepared.report.externalData).toEqual(['graph.onnx.weights']);
    expect((await readdir(out)).sort()).toEqual(['graph.onnx', 'graph.onnx.weights']);
    expect((await stat(join(out, 'graph.onnx.weights'))).ino).toBe((await stat(model.onnxPath)).ino);
    expect(prepared.bytes).toBeLessThan(4000);
    const scores = await preparedScores(model, prepared, pictures, 3);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('keeps fields that the schema does not list, and weights of every kind of field', async () => {
    const proto = wideModel();
    const [fc] = proto.graph?.initializer ?? [];
    if (fc === undefined || proto.graph === undefined) throw new Error('no weights');
    // float_data, packed: what older exporters wrote instead of raw_data
    const length = Uint8Array.of(
      (fc.rawData.length & 127) | 128,
      ((fc.rawData.length >> 7) & 127) | 128,
      fc.rawData.length >> 14,
    );
    fc.$unknown = [{ no: 4, wireType: 2, data: new Uint8Array(Buffer.concat([length, fc.rawData])) }];
    clearField(fc, TensorProtoSchema.field.rawData);
    proto.$unknown = [{ no: 20, wireType: 2, data: Uint8Array.of(2, 10, 0) }];
    proto.graph.$unknown = [{ no: 14, wireType: 2, data: Uint8Array.of(2, 10, 0) }];
    proto.metadataProps = [{ $typeName: 'hornet.onnx.StringStringEntryProto', key: 'author', value: 'me' }];
    const model = await putModel(folder, 'model', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    const read = await readModel(prepared.path);
    expect(read.$unknown?.map(({ no }) => no)).toEqual([20]);
    expect(read.graph?.$unknown?.map(({ no }) => no)).toEqual([14]);
    expect(read.metadataProps).toEqual(proto.metadataProps);
    const data = read.graph?.initializer[0]?.$unknown?.[0]?.data;
    expect(Buffer.from(data ?? []).equals(fc.$unknown[0]?.data ?? Buffer.alloc(0))).toBe(true);
    const scores = await preparedScores(model, prepared, pictures, 3);
    expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
  });

  it('leaves an older prepared graph in place when it fails', async () => {
    const targetPath = join(out, 'graph.onnx');
    await writeFile(targetPath, 'older');
    const model = await putModel(folder, 'model', await movedOut());
    await truncate(join(folder, 'model.onnx_data'), 10_000);
    await expect(prepareGraph(model, { maxBatch: 8, targetPath })).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID' });
    expect(await readFile(targetPath, 'utf8')).toBe('older');
    expect(await readdir(out)).toEqual(['graph.onnx']);
  });

  it('refuses a file that is not the one that the model was read from', async () => {
    const model = await putModel(folder, 'model', wideModel());
    const other = wideModel();
    other.graph?.input.splice(0, 1, testValue('other', 'float32', ['N', 3, 8, 8]));
    await writeFile(model.onnxPath, modelBytes(other));
    const options = { maxBatch: 8, targetPath: join(out, 'graph.onnx') };
    await expect(prepareGraph(model, options)).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID' });
    await rm(model.onnxPath);
    await expect(prepareGraph(model, options)).rejects.toMatchObject({ code: 'ERR_MODEL_FILE_MISSING' });
  });

  const isBound = isMet(process.getuid?.() !== 0, 'a folder that cannot be written to', 'root may write everywhere');
  it.runIf(isBound)('says when the folder cannot be written to', async () => {
    const model = await putModel(folder, 'model', wideModel());
    await chmod(out, 0o500);
    const preparing = prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    await expect(preparing).rejects.toMatchObject({ code: 'ERR_CACHE_UNWRITABLE' });
  });
});

describe('external data', () => {
  it('is taken into the file, that of constants and of symbolic links too', async () => {
    const proto = wideModel();
    const constant = proto.graph?.node[0]?.attribute[0]?.t;
    await moveOut([...(proto.graph?.initializer ?? []), ...(constant === undefined ? [] : [constant])], 'blob');
    for (const tensor of [...(proto.graph?.initializer ?? []), constant]) {
      for (const entry of tensor?.externalData ?? []) if (entry.key === 'location') entry.value = 'model.onnx_data';
    }
    await symlink(join(folder, 'blob'), join(folder, 'model.onnx_data'));
    const model = await putModel(folder, 'model', proto);
    const prepared = await prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    expect(prepared.report.externalData).toEqual([]);
    expect(await readdir(out)).toEqual(['graph.onnx']);
    // onnxruntime refuses data behind a symbolic link
    const whole = await putModel(folder, 'whole', wideModel());
    const scores = await preparedScores(model, prepared, pictures, 3);
    expect(largestDifference(scores, await originalScores(whole, pictures))).toBeLessThan(1e-6);
    expect(
      (await readModel(prepared.path)).graph?.initializer.every(({ externalData }) => externalData.length === 0),
    ).toBe(true);
  });

  it('lies beside a graph that would be too large with it, as a hard link under its own name', async () => {
    const model = await putModel(folder, 'model', await movedOut('model.data'));
    const options = { maxBatch: 8, targetPath: join(out, 'graph.onnx'), maxSelfContainedBytes: 40_000 };
    for (let round = 0; round < 2; round++) {
      const prepared = await prepareGraph(model, options);
      expect(prepared.report.externalData).toEqual(['model.data']);
      expect((await readdir(out)).sort()).toEqual(['graph.onnx', 'model.data']);
      expect((await stat(join(out, 'model.data'))).ino).toBe((await stat(join(folder, 'model.data'))).ino);
      expect(prepared.bytes).toBeLessThan(4000);
      const scores = await preparedScores(model, prepared, pictures, 3);
      expect(largestDifference(scores, await originalScores(model, pictures))).toBeLessThan(1e-6);
    }
  });

  it('replaces another file that lies beside the graph', async () => {
    const model = await putModel(folder, 'model', await movedOut());
    await writeFile(join(folder, 'other'), 'other');
    await link(join(folder, 'other'), join(out, 'model.onnx_data'));
    const options = { maxBatch: 8, targetPath: join(out, 'graph.onnx'), maxSelfContainedBytes: 40_000 };
    const prepared = await prepareGraph(model, options);
    expect(await readFile(join(folder, 'other'), 'utf8')).toBe('other');
    expect(await preparedScores(model, prepared, pictures, 3)).toHaveLength(3);
  });

  it('must not have the name of the graph', async () => {
    const model = await putModel(folder, 'model', await movedOut('graph.onnx'));
    const options = { maxBatch: 8, targetPath: join(out, 'graph.onnx'), maxSelfContainedBytes: 40_000 };
    await expect(prepareGraph(model, options)).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID' });
  });

  it.each([
    ['offset', '49153'],
    ['offset', '-1'],
    ['length', '12'],
    ['length', 'many'],
    ['length', '99999999'],
  ])('is refused with the tensor named where its %s is %s', async (key, value) => {
    const proto = await movedOut();
    for (const entry of proto.graph?.initializer[0]?.externalData ?? []) if (entry.key === key) entry.value = value;
    const model = await putModel(folder, 'model', proto);
    const preparing = prepareGraph(model, { maxBatch: 8, targetPath: join(out, 'graph.onnx') });
    await expect(preparing).rejects.toMatchObject({
      code: 'ERR_ONNX_INVALID',
      message: expect.stringContaining('"fc"'),
    });
  });
});

describe('readSkeleton', () => {
  it('leaves large weights in the file and reads the rest', async () => {
    const model = await putModel(folder, 'model', wideModel());
    const { graph, cuts } = await readSkeleton(model.onnxPath);
    const [fc, small] = graph.initializer;
    expect(fc?.rawData).toHaveLength(0);
    expect(small?.rawData).toHaveLength(4);
    const cut = fc && cuts.get(fc);
    expect(cut).toMatchObject([{ no: 9, range: { path: model.onnxPath, length: 192 * 64 * 4 } }]);
    const bytes = await readFile(model.onnxPath);
    const offset = cut?.[0]?.range.offset ?? 0;
    const data = decodeModel(bytes, 'model').graph?.initializer[0]?.rawData;
    expect(bytes.subarray(offset, offset + 192 * 64 * 4).equals(data ?? new Uint8Array())).toBe(true);
  });

  it('refuses a file that is truncated anywhere, or damaged', async () => {
    const bytes = modelBytes(testClassifier({ initializer: [randomTensor('w', [1100])] }));
    const path = join(folder, 'part.onnx');
    for (let length = 0; length < bytes.length; length += length < 4400 ? 37 : 1) {
      await writeFile(path, bytes.subarray(0, length));
      const failure = await readSkeleton(path).then(
        ({ model }) => (model.opsetImport.length === 0 ? 'no operator set' : 'none'),
        (error: unknown) => (error as { code?: string }).code,
      );
      expect(failure, `${length} bytes`).toMatch(/ERR_ONNX_INVALID|no operator set/);
    }
    for (const content of [Uint8Array.of(3), Uint8Array.of(0, 0), new Uint8Array(50).fill(255)]) {
      await writeFile(path, content);
      await expect(readSkeleton(path)).rejects.toMatchObject({ code: 'ERR_ONNX_INVALID' });
    }
  });
});

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelBytes, testClassifier, testNode, testTensor } from './build-test-model.test-support.js';
import { AttributeProtoSchema, GraphProtoSchema, ModelProtoSchema } from './generated/onnx_pb.js';
import { type ModelSkeleton, readSkeleton } from './read-skeleton.js';
import { lengthPrefix } from './wire-format.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-read-skeleton-'));
  path = join(folder, 'model.onnx');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rm(folder, { recursive: true }));

async function skeletonOf(...parts: readonly Uint8Array[]): Promise<ModelSkeleton> {
  await writeFile(path, Buffer.concat(parts));
  return readSkeleton(path);
}

const invalid = expect.objectContaining({ code: 'ERR_ONNX_INVALID' });
const weights = (name: string, floats: number) =>
  testTensor(
    name,
    [floats],
    Array.from({ length: floats }, (_, index) => index),
  );

/** A field of bytes; its value may be any. */
const field = (no: number, value: Uint8Array): Uint8Array => Buffer.concat([lengthPrefix(no, value.length), value]);

describe('readSkeleton', () => {
  it('reads small weights, and leaves those from 4096 bytes on in the file', async () => {
    const initializer = [weights('small', 1023), weights('large', 1024), weights('larger', 10_000)];
    const bytes = modelBytes(testClassifier({ initializer }));
    const { graph, cuts } = await skeletonOf(bytes);
    expect(graph.initializer.map(({ name }) => name)).toEqual(['small', 'large', 'larger']);
    expect(graph.initializer.map(({ rawData }) => rawData.length)).toEqual([4092, 0, 0]);
    const [, ...left] = graph.initializer.map((tensor) => cuts.get(tensor)?.map(({ range }) => range) ?? []);
    const inFile = left.map(([{ offset, length } = { offset: 0, length: 0 }]) =>
      bytes.subarray(offset, offset + length),
    );
    expect(inFile).toEqual(initializer.slice(1).map(({ rawData }) => rawData));
  });

  it('reads the same graph as reading all of it does, wherever the window of 16 KiB ends', async () => {
    const filler = (length: number) => field(100, Buffer.alloc(length));
    const model = testClassifier({ initializer: [weights('w', 100)], activation: 'Softmax' });
    const bytes = modelBytes(model);
    for (let length = 16_384 - bytes.length - 8; length < 16_390; length += 3) {
      const { model: read, cuts } = await skeletonOf(filler(length), bytes);
      expect(cuts.size).toBe(0);
      read.$unknown = [];
      expect(Buffer.compare(toBinary(ModelProtoSchema, read), bytes), `behind ${length} bytes`).toBe(0);
    }
  });

  it('keeps fields that the schema does not list, in the model, the graph and the tensors', async () => {
    const tensor = weights('w', 10);
    tensor.$unknown = [{ no: 90, wireType: 2, data: Uint8Array.of(1, 7) }];
    const model = testClassifier({ initializer: [tensor] });
    model.$unknown = [{ no: 91, wireType: 0, data: Uint8Array.of(7) }];
    if (model.graph !== undefined) model.graph.$unknown = [{ no: 92, wireType: 5, data: Uint8Array.of(1, 2, 3, 4) }];
    const { model: read } = await skeletonOf(modelBytes(model));
    expect(Buffer.compare(toBinary(ModelProtoSchema, read), modelBytes(model))).toBe(0);
  });

  it('joins the pieces of a graph that was written in several, as protobuf does', async () => {
    const { graph, ...rest } = testClassifier({ initializer: [weights('w', 10)] });
    if (graph === undefined) throw new Error('no graph');
    const piece = (part: MessageInitShape<typeof GraphProtoSchema>) =>
      field(7, toBinary(GraphProtoSchema, create(GraphProtoSchema, part)));
    const pieces = [
      piece({ node: graph.node.slice(0, 1), initializer: graph.initializer }),
      piece({ node: graph.node.slice(1), input: graph.input }),
      modelBytes(create(ModelProtoSchema, { irVersion: rest.irVersion, opsetImport: rest.opsetImport })),
      piece({ output: graph.output, initializer: graph.initializer }),
    ];
    const { graph: read } = await skeletonOf(...pieces);
    expect(read.node.map(({ opType }) => opType)).toEqual(['GlobalAveragePool', 'Flatten']);
    expect(read.initializer).toHaveLength(2);
    expect(read.output).toHaveLength(1);
  });

  it('does not read large weights', async () => {
    // 1 GiB that takes no room on the disk: what is read of it would take as long as it is.
    const length = 2 ** 30;
    const bytes = modelBytes(testClassifier());
    const tensor = Buffer.concat([field(8, Buffer.from('w')), lengthPrefix(9, length)]);
    const initializer = Buffer.concat([lengthPrefix(5, tensor.length + length), tensor]);
    const start = Buffer.concat([lengthPrefix(7, initializer.length + length), initializer]);
    const handle = await open(path, 'w');
    const reads = vi.spyOn(Object.getPrototypeOf(handle), 'read');
    await handle.write(start, 0, start.length, 0);
    await handle.write(bytes, 0, bytes.length, start.length + length);
    await handle.close();
    const { graph, cuts } = await readSkeleton(path);
    const [read] = graph.initializer;
    expect(read?.name).toBe('w');
    expect(read && cuts.get(read)).toEqual([{ no: 9, range: { path, offset: start.length, length } }]);
    const asked = reads.mock.calls.reduce((sum, [, , count]) => sum + Number(count), 0);
    expect(asked).toBeLessThanOrEqual(3 * 16 * 1024);
  });

  it('refuses a truncated file wherever it ends, but where a field of the model does', async () => {
    const whole = Buffer.from(modelBytes(testClassifier({ initializer: [weights('w', 1100)] })));
    for (let length = 1; length < whole.length; length += length > 300 && length < whole.length - 300 ? 97 : 1) {
      const refusal = await skeletonOf(whole.subarray(0, length)).then(
        ({ model }) => model.opsetImport.length,
        (error: unknown) => error,
      );
      if (refusal !== 0) expect(refusal, `${length} bytes`).toEqual(invalid);
    }
  });

  it('refuses an inner graph whose length is a lie', async () => {
    const bytes = modelBytes(testClassifier());
    await expect(skeletonOf(bytes, lengthPrefix(7, 2 ** 31))).rejects.toThrow(invalid);
    await expect(skeletonOf(bytes, field(7, lengthPrefix(5, 2 ** 40)))).rejects.toThrow(invalid);
    await expect(skeletonOf(bytes, field(7, field(5, lengthPrefix(9, 5000))))).rejects.toThrow(invalid);
  });

  it('refuses a small file of more fields than any classifier has, each of which would be an object', async () => {
    const initializers = field(7, Buffer.alloc(2_000_100, Buffer.from(lengthPrefix(5, 0))));
    await expect(skeletonOf(modelBytes(testClassifier()), initializers)).rejects.toThrow(
      'model.onnx is made of more than 1000000 fields.',
    );
  }, 60_000);

  it('refuses graphs within graphs, and groups within groups, that would exhaust the stack', async () => {
    let inner = testNode('If', [], ['x']);
    for (let depth = 0; depth < 200; depth++) {
      const attribute = create(AttributeProtoSchema, { name: 'then_branch', type: 5 });
      attribute.g = create(GraphProtoSchema, { node: [inner] });
      inner = testNode('If', [], ['x']);
      inner.attribute.push(attribute);
    }
    const model = testClassifier();
    model.graph?.node.push(inner);
    await expect(skeletonOf(modelBytes(model))).rejects.toThrow(invalid);
    // In a node, where the library reads them: fields of number 90.
    const group = [...Array(20_000).fill([0xd3, 0x05]), ...Array(20_000).fill([0xd4, 0x05])].flat();
    const node = field(7, field(1, Uint8Array.from(group)));
    await expect(skeletonOf(modelBytes(testClassifier()), node)).rejects.toThrow(invalid);
  });
});

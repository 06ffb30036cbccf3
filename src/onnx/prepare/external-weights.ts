import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { clearField, create } from '@bufbuild/protobuf';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import type { ByteRange } from '../byte-range.js';
import { StringStringEntryProtoSchema, type TensorProto, TensorProtoSchema } from '../generated/onnx_pb.js';
import type { ModelSkeleton } from '../read-skeleton.js';
import { elementType, externalDataLocation } from '../tensor-types.js';
import { allTensors } from '../walk-graph.js';

/** Number of TensorProto's raw_data. */
const rawDataField = 9;

const elementBytes: ReadonlyMap<number, number> = new Map([
  [elementType.float32, 4],
  [elementType.uint8, 1],
  [elementType.int8, 1],
  [elementType.uint16, 2],
  [elementType.int16, 2],
  [elementType.int32, 4],
  [elementType.int64, 8],
  [elementType.bool, 1],
  [elementType.float16, 2],
  [elementType.float64, 8],
  [elementType.uint32, 4],
  [elementType.uint64, 8],
  [elementType.bfloat16, 2],
]);

/**
 * Where the external tensors of a model have their data.
 * @param onnxPath the names of the data files are relative to its folder, and have been checked to stay inside of it
 * @throws ERR_ONNX_INVALID for a range that is not inside of the file or has not the size of the tensor;
 *   ERR_MODEL_FILE_MISSING
 */
export async function externalRanges(
  { model }: ModelSkeleton,
  onnxPath: string,
): Promise<ReadonlyMap<TensorProto, ByteRange>> {
  const sizes = new Map<string, number>();
  const ranges = new Map<TensorProto, ByteRange>();
  for (const tensor of allTensors(model)) {
    if (tensor.dataLocation !== externalDataLocation) continue;
    const path = join(dirname(onnxPath), posix.normalize(entry(tensor, 'location') ?? ''));
    const size = sizes.get(path) ?? (await fileSize(path));
    sizes.set(path, size);
    ranges.set(tensor, rangeOf(tensor, path, size));
  }
  return ranges;
}

function entry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((candidate) => candidate.key === key)?.value;
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    const message = `The external data file ${basename(path)} cannot be read: ${messageOf(error)}`;
    throw new HornetError('ERR_MODEL_FILE_MISSING', message, { cause: error, details: { file: basename(path) } });
  }
}

function rangeOf(tensor: TensorProto, path: string, size: number): ByteRange {
  const bytesEach = elementBytes.get(tensor.dataType);
  const needed = bytesEach && tensor.dims.reduce((product, dim) => product * Number(dim), bytesEach);
  const offset = Number(entry(tensor, 'offset') ?? 0);
  const length = Number(entry(tensor, 'length') ?? needed ?? size - offset);
  const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!inside || offset + length > size || length !== (needed ?? length)) {
    throw new HornetError(
      'ERR_ONNX_INVALID',
      `The tensor "${tensor.name}" wants ${needed ?? 'its'} bytes of ${basename(path)}, described as ${length} from ` +
        `${offset}, and the file has ${size}.`,
    );
  }
  return { path, offset, length };
}

/**
 * Turns external tensors into tensors of the file itself: initializers of the graph as ranges to be copied, the few
 * others (constants, inner graphs) by reading their data.
 */
export async function inlineExternal(
  { graph, cuts }: ModelSkeleton,
  ranges: ReadonlyMap<TensorProto, ByteRange>,
): Promise<void> {
  const initializers = new Set(graph.initializer);
  for (const [tensor, range] of ranges) {
    if (initializers.has(tensor)) {
      // some writers leave an empty raw_data
      clearField(tensor, TensorProtoSchema.field.rawData);
      cuts.set(tensor, [{ no: rawDataField, range }]);
    } else tensor.rawData = await readRange(range);
    tensor.externalData = [];
    clearField(tensor, TensorProtoSchema.field.dataLocation);
  }
}

/**
 * The opposite: initializers whose elements were left in the file itself become external tensors in a file of that
 * name, which is to be the whole ONNX file again. Elements in other fields than raw_data stay what they are.
 * @returns whether there are any
 */
export function referToFile({ cuts }: ModelSkeleton, location: string): boolean {
  const { size } = cuts;
  for (const [tensor, [first, ...others]] of cuts) {
    if (first?.no !== rawDataField || others.length > 0) continue;
    const { offset, length } = first.range;
    const entries = Object.entries({ location, offset: `${offset}`, length: `${length}` });
    tensor.externalData = entries.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    tensor.dataLocation = externalDataLocation;
    cuts.delete(tensor);
  }
  return cuts.size < size;
}

async function readRange({ path, offset, length }: ByteRange): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw new HornetError('ERR_ONNX_INVALID', `${basename(path)} ended while it was read.`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

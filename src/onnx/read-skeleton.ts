import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import type { ByteRange } from './byte-range.js';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './generated/onnx_pb.js';
import { refuseLargeFiles, refuseOtherFiles, requireGraph } from './read-model.js';
import { lengthDelimited, type WireField, WireReader } from './wire-format.js';

/** Numbers of the fields that are looked into, see onnx.proto. */
const graphField = 7;
const initializerField = 5;
/** float_data, int32_data, int64_data, raw_data, double_data, uint64_data: what holds a tensor's elements. */
const elementFields: ReadonlySet<number> = new Set([4, 5, 7, 9, 10, 11]);

/** Smaller ones are read: shapes, axes and the like are wanted, and a range costs more than its bytes. */
const smallestCut = 4096;

/** A field of a tensor that was left in the file. */
export interface CutField {
  readonly no: number;
  readonly range: ByteRange;
}

/** A model without its weights. */
export interface ModelSkeleton {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  /** What the initializers of the graph are lacking; those that are not listed are whole or external. */
  readonly cuts: Map<TensorProto, CutField[]>;
}

/**
 * Reads an ONNX file but for the weights in its initializers, which stay byte ranges of the file: memory is that of
 * the graph, some hundred KB, however large the file is. Fields that the schema does not list are kept.
 * @param path of the .onnx file
 * @throws ERR_ONNX_INVALID for a file that is empty, truncated, too large, of more than a million fields, text, or a Git
 *   LFS pointer; ERR_MODEL_FILE_MISSING where it cannot be read
 */
export async function readSkeleton(path: string): Promise<ModelSkeleton> {
  const name = basename(path);
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      refuseLargeFiles(size, name);
      const reader = new WireReader(handle, size, name);
      refuseOtherFiles(await reader.read(0, Math.min(size, 256)), name);
      return await scanModel(reader, path, name);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof HornetError) throw error;
    throw new HornetError('ERR_MODEL_FILE_MISSING', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function scanModel(reader: WireReader, path: string, name: string): Promise<ModelSkeleton> {
  const modelParts: Uint8Array[] = [];
  const graphParts: Uint8Array[] = [];
  const initializer: TensorProto[] = [];
  const cuts: ModelSkeleton['cuts'] = new Map();
  for await (const fields of reader.fields(0, reader.size)) {
    // First what the window has.
    modelParts.push(...(await reader.readAll(fields.filter((field) => !isMessage(field, graphField)))));
    for (const graph of fields.filter((field) => isMessage(field, graphField))) {
      for await (const inner of reader.fields(graph.valueStart, graph.end)) {
        graphParts.push(...(await reader.readAll(inner.filter((field) => !isMessage(field, initializerField)))));
        for (const { valueStart, end } of inner.filter((field) => isMessage(field, initializerField))) {
          const { tensor, cut } = await scanTensor(reader, path, valueStart, end, name);
          initializer.push(tensor);
          if (cut.length > 0) cuts.set(tensor, cut);
        }
      }
    }
  }
  const model = decoded(name, () => fromBinary(ModelProtoSchema, Buffer.concat(modelParts)));
  const graph = decoded(name, () => fromBinary(GraphProtoSchema, Buffer.concat(graphParts)));
  requireGraph(graph, name);
  graph.initializer = initializer;
  model.graph = graph;
  return { model, graph, cuts };
}

function isMessage({ no, wireType }: WireField, wanted: number): boolean {
  return no === wanted && wireType === lengthDelimited;
}

function isCut({ no, wireType, valueStart, end }: WireField): boolean {
  return elementFields.has(no) && wireType === lengthDelimited && end - valueStart >= smallestCut;
}

async function scanTensor(
  reader: WireReader,
  path: string,
  start: number,
  end: number,
  name: string,
): Promise<{ tensor: TensorProto; cut: CutField[] }> {
  const parts: Uint8Array[] = [];
  const cut: CutField[] = [];
  for await (const fields of reader.fields(start, end)) {
    parts.push(...(await reader.readAll(fields.filter((field) => !isCut(field)))));
    for (const { no, valueStart, end: valueEnd } of fields.filter(isCut)) {
      cut.push({ no, range: { path, offset: valueStart, length: valueEnd - valueStart } });
    }
  }
  return { tensor: decoded(name, () => fromBinary(TensorProtoSchema, Buffer.concat(parts))), cut };
}

function decoded<T>(name: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new HornetError('ERR_ONNX_INVALID', `${name} is not an ONNX model: ${messageOf(error)}.`, { cause: error });
  }
}

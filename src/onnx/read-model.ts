import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { type GraphProto, type ModelProto, ModelProtoSchema } from './generated/onnx_pb.js';

/** Protobuf's own limit for one message, and Node's for one read: a larger model keeps its weights in external data. */
const maxFileBytes = 2 ** 31 - 1;

function invalid(name: string, found: string, cause?: unknown): HornetError {
  return new HornetError('ERR_ONNX_INVALID', `${name} ${found}`, cause === undefined ? {} : { cause });
}

/**
 * Reads an ONNX file of up to 2 GiB. Weights are views of the one buffer that the file was read into, not copies, so
 * the buffer lives as long as the model does. Fields that our schema does not list are kept.
 * @param path of the .onnx file
 * @throws ERR_ONNX_INVALID for a file that is empty, truncated, too large, text, or a Git LFS pointer;
 *   ERR_MODEL_FILE_MISSING where there is none
 */
export async function readModel(path: string): Promise<ModelProto> {
  const name = basename(path);
  let bytes: Uint8Array;
  try {
    refuseLargeFiles((await stat(path)).size, name);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof HornetError) throw error;
    throw new HornetError('ERR_MODEL_FILE_MISSING', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  return decodeModel(bytes, name);
}

/**
 * Decodes the bytes of an ONNX file, see {@link readModel}.
 * @param name for messages
 * @throws ERR_ONNX_INVALID
 */
export function decodeModel(bytes: Uint8Array, name: string): ModelProto {
  refuseOtherFiles(bytes, name);
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw invalid(name, `is not an ONNX model, or only a part of one: ${messageOf(error)}.`, error);
  }
  requireGraph(model.graph, name);
  return model;
}

/** @throws ERR_ONNX_INVALID for a model without a graph, or with one that gives nothing */
export function requireGraph(graph: GraphProto | undefined, name: string): void {
  if (graph === undefined || graph.output.length === 0) {
    throw invalid(name, 'holds no ONNX graph; it may be truncated, or another kind of file.');
  }
}

/** @throws ERR_ONNX_INVALID for more bytes than one file of protobuf can have */
export function refuseLargeFiles(bytes: number, name: string): void {
  if (bytes > maxFileBytes) {
    throw invalid(name, `has ${bytes} bytes, and an ONNX file can have at most ${maxFileBytes} (2 GiB).`);
  }
}

/**
 * Says what a file is that is often found in the place of a model.
 * @param bytes of the file, at least the first 256 of them
 * @throws ERR_ONNX_INVALID
 */
export function refuseOtherFiles(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw invalid(name, 'is empty.');
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1');
  if (start.startsWith('version https://git-lfs')) {
    throw new HornetError('ERR_ONNX_INVALID', `${name} is a Git LFS pointer, not the model itself.`, {
      remedy: 'Run "git lfs pull" in the clone of the repository, or fetch the model with "hornet fetch".',
    });
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(start)) throw invalid(name, 'is an HTML or XML page, not an ONNX model.');
  // an ONNX file begins with a field of small number, whose tag is a control character
  if (/^[\t\n\r\x20-\x7e]+$/.test(start)) throw invalid(name, 'is a text file, not an ONNX model.');
}

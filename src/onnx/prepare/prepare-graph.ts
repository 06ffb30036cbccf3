import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HornetError } from '../../errors/hornet-error.js';
import { toStorageError } from '../../locks/storage-error.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import { totalLength } from '../byte-range.js';
import type { Activation } from '../graph-info.js';
import type { KeptSkeleton } from '../kept-skeleton.js';
import { readSkeleton } from '../read-skeleton.js';
import { countOperators } from '../walk-graph.js';
import { externalRanges, inlineExternal, referToFile } from './external-weights.js';
import { modelSegments } from './model-segments.js';
import { placeExternalData } from './place-external-data.js';
import { transformGraph } from './transform-graph.js';
import { writeSegments } from './write-segments.js';

/** Protobuf's limit for one file. */
const maxFileBytes = 2 ** 31 - 1;

/** Options of {@link prepareGraph}. */
export interface PrepareGraphOptions {
  /** Most images per run; a graph that was exported for one image is widened only if it is above 1. */
  readonly maxBatch: number;
  /** The .onnx file to write, in an existing folder; replaced if it exists. */
  readonly targetPath: string;
  /**
   * Leaves weights in the model's own file, which is linked (or copied) beside the graph, instead of copying them into
   * it: faster, for readers that take external data at any offset, as TensorRT's parser does. Default false.
   */
  readonly linkWeights?: boolean;
  /** Larger graphs keep their external data beside them; default protobuf's limit of 2 GiB. */
  readonly maxSelfContainedBytes?: number;
  /** What reading the model has kept of it; by default the graph is read again. */
  readonly skeletons?: KeptSkeleton;
}

/** A graph that TensorRT can be given. */
export interface PreparedGraph {
  readonly path: string;
  /** Of the .onnx file. */
  readonly bytes: number;
  /** The only input: uint8, [N,H,W,3], R, G, B. */
  readonly inputName: string;
  /** null: dynamic. */
  readonly inputShape: readonly (number | null)[];
  /** Images per run. */
  readonly batch: 'dynamic' | number;
  /** The only output: what the model's own output gives, elements and shape included. */
  readonly outputName: string;
  readonly report: {
    readonly opset: number;
    readonly irVersion: number;
    /** Count of nodes by operator type in the prepared graph. */
    readonly operators: Readonly<Record<string, number>>;
    /** What the graph ends in. */
    readonly activation: Activation;
    /** Whether a graph that was exported for one image now takes any number. */
    readonly widened: boolean;
    /** A sentence where the batch is not dynamic. */
    readonly notWidenedBecause?: string;
    /** Files beside the prepared graph that hold its weights, relative to its folder; none where it is self-contained. */
    readonly externalData: readonly string[];
  };
}

/**
 * Writes the ONNX graph of a model as TensorRT gets it: with pictures as uint8 [N,H,W,3] for input, normalized by the
 * graph itself (see `imageFront`), height, width and channels fixed, and the number of images dynamic where the graph
 * declares it so or that can be proved (see `widenBatch`). Other outputs than the scores are dropped. Operator set, IR
 * version and fields that Hornet does not know stay as they are.
 *
 * Weights are copied from file to file, so memory does not grow with the model. The file is self-contained; above
 * 2 GiB files of external data are linked or copied beside it, and so is the model's file with `linkWeights`. It appears whole, by a rename, or not at all.
 * @throws ERR_ONNX_INVALID for a damaged file, or an operator set older than 7; ERR_MODEL_FILE_MISSING;
 *   ERR_CACHE_NO_SPACE; ERR_CACHE_UNWRITABLE
 */
export async function prepareGraph(model: ClassifierModel, options: PrepareGraphOptions): Promise<PreparedGraph> {
  const { targetPath, maxBatch, linkWeights = false, maxSelfContainedBytes = maxFileBytes, skeletons } = options;
  const skeleton = await (skeletons?.take(model.onnxPath) ?? readSkeleton(model.onnxPath));
  const ranges = await externalRanges(skeleton, model.onnxPath);
  const front = transformGraph(skeleton, model, maxBatch);
  const external = [...ranges.values()].reduce((sum, { length }) => sum + length, 0);
  const selfContained = totalLength(modelSegments(skeleton)) + external <= maxSelfContainedBytes;
  if (selfContained) await inlineExternal(skeleton, ranges);
  const folder = dirname(targetPath);
  const externalData = new Map(
    selfContained ? [] : model.graph.externalData.map((name) => [name, join(dirname(model.onnxPath), name)]),
  );
  const ownWeights = `${basename(targetPath)}.weights`;
  if (linkWeights && model.graph.externalData.length === 0 && referToFile(skeleton, ownWeights)) {
    externalData.set(ownWeights, model.onnxPath);
  }
  if (externalData.has(basename(targetPath))) {
    const message = `${basename(model.onnxPath)} keeps weights in "${basename(targetPath)}", the name of the graph itself.`;
    throw new HornetError('ERR_ONNX_INVALID', message);
  }
  const temporary = `${targetPath}.${randomUUID()}.incomplete`;
  try {
    const bytes = await writeSegments(temporary, modelSegments(skeleton));
    for (const [name, source] of externalData) await placeExternalData(source, folder, name);
    await rename(temporary, targetPath);
    const { notWidenedBecause } = front;
    return {
      path: targetPath,
      bytes,
      inputName: front.inputName,
      inputShape: front.inputShape,
      batch: front.inputShape[0] ?? 'dynamic',
      outputName: model.graph.output.name,
      report: {
        opset: model.graph.opset,
        irVersion: model.graph.irVersion,
        operators: countOperators(skeleton.model),
        activation: model.graph.activation,
        widened: front.widened,
        ...(notWidenedBecause === null ? {} : { notWidenedBecause }),
        externalData: [...externalData.keys()],
      },
    };
  } catch (error) {
    throw toStorageError(error, folder);
  } finally {
    await rm(temporary, { force: true });
  }
}

import { basename } from 'node:path';
import { fileState } from './file-state.js';
import type { GraphInfo } from './graph-info.js';
import { keepNewest } from './keep-newest.js';
import type { KeptSkeleton } from './kept-skeleton.js';

/** What was read of a file in some state. */
export interface KnownGraph {
  readonly state: string;
  readonly info: GraphInfo;
}

/** More than a process serves. A file that is fetched again is another one each time. */
const mostKnown = 64;

/** By the state of the file: what was read of it, or is known from an earlier start. The newest are last. */
const known = new Map<string, GraphInfo>();

/**
 * Reads what Hornet needs to know of an ONNX classifier from its file: not its weights. External data is named but not
 * opened. Asked again for a file that is as it was, it is not read again.
 * `output.shape` is empty where the graph declares none; `output.classes` is then null.
 * @param path of the .onnx file, at most 2 GiB
 * @param skeletons keeps the graph for whoever prepares it afterwards; by default it is not kept
 * @throws ERR_ONNX_INVALID for a file that is no ONNX model, or whose external data lies outside its folder;
 *   ERR_MODEL_NOT_CLASSIFIER for a graph that does not map pictures to scores; ERR_MODEL_FILE_MISSING
 */
export async function readGraphInfo(path: string, skeletons?: KeptSkeleton): Promise<GraphInfo> {
  const state = await stateOf(path);
  const before = known.get(state);
  if (before !== undefined && skeletons === undefined) return before;
  // Only where a graph is really read: the library for it takes long to load.
  const [{ graphInfoOf }, { readSkeleton }] = await Promise.all([
    import('./graph-info-of.js'),
    import('./read-skeleton.js'),
  ]);
  const { model } = await (skeletons?.read(path) ?? readSkeleton(path));
  const info = graphInfoOf(model, basename(path));
  keepNewest(known, state, info, mostKnown);
  return info;
}

/** A file that is not there has no state; reading it tells so. */
function stateOf(path: string): Promise<string> {
  return fileState(path).catch(() => '');
}

/** What is known of the files that were read last, at most 64, for a later start. */
export function knownGraphs(): KnownGraph[] {
  return [...known].map(([state, info]) => ({ state, info }));
}

/** What {@link knownGraphs} gave at an earlier start holds for as long as the files are as they were. */
export function rememberGraphs(graphs: readonly KnownGraph[]): void {
  for (const { state, info } of graphs) keepNewest(known, state, info, mostKnown);
}

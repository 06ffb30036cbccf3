import type { CpuRequest, CpuSettings } from '../cpu-settings.js';
import type { WorkerGraph } from '../worker-protocol.js';

/** What a child process is forked for; one job each. */
export type PrepareJob =
  /** Write the optimised graph to `graphPath`, and its weights beside it under the same name with `.data`. */
  | { readonly kind: 'optimise'; readonly graph: WorkerGraph; readonly graphPath: string; readonly threads: number }
  /** Find out how the graph is best run. */
  | { readonly kind: 'measure'; readonly graph: WorkerGraph; readonly request: Required<CpuRequest> };

/** What comes of a measurement. */
export interface Measured {
  readonly settings: CpuSettings;
  readonly measurements: readonly unknown[];
}

/** Its answer, once. */
export type PrepareReply =
  | { readonly ok: true; readonly measured: Measured | null }
  | { readonly ok: false; readonly message: string };

import type { NativeEngine, NativeEngineLoad, NativeEngineOptions } from '../../src/native/tensorrt-types.js';

/** A fake engine and what was done with it. */
export interface FakeEngine extends NativeEngine {
  readonly options: NativeEngineOptions;
  runs: number;
  closed: boolean;
}

export interface FakeEnginesOptions {
  /** Bytes of one picture, default those of the sample model. */
  readonly imageBytes?: number;
  /** What the `attempt`-th load, counted from 1, fails with. */
  readonly failLoad?: (options: NativeEngineOptions, attempt: number) => Error | undefined;
  readonly failRun?: (engine: FakeEngine, slot: number) => Error | undefined;
  /** Awaited before a run does anything. */
  readonly beforeRun?: (engine: FakeEngine, slot: number) => Promise<void> | void;
}

/** An error as the addon throws it. */
export function codedError(code: string, message?: string): Error;

/** The part of a FAKE addon that loads engines. */
export function createFakeEngines(options?: FakeEnginesOptions): {
  /** Those that were loaded, in order. */
  readonly engines: FakeEngine[];
  /** What was asked for, also in vain. */
  readonly attempts: NativeEngineOptions[];
  loadEngine(options: NativeEngineOptions): NativeEngineLoad;
};

import type { EventEmitter } from 'node:events';
import type { ErrorCode } from '../errors/error-registry.js';
import type { ServingStateName } from './serving-state.js';

/** What happens to an image, in this order. All but `queue` may overlap with those of other images. */
export const stages = ['queue', 'decode', 'preprocess', 'batch', 'inference', 'postprocess'] as const;

/**
 * `queue`: from when the file is there until a decoder is free (loading not included); `decode`: file to pixels; `batch`: wait for a
 * free slot and for others to share it; `preprocess`: pixels into the slot; `inference`: wait for the device, and the
 * run; `postprocess`: scores to labels.
 */
export type Stage = (typeof stages)[number];

/** One stage of one image. */
export interface Span {
  readonly serving: string;
  readonly stage: Stage;
  /** By the serving's clock, ms. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Null where the stage came through. */
  readonly errorCode: ErrorCode | null;
}

/** A batch that was run, whatever came of it. */
export interface BatchReport {
  readonly serving: string;
  /** Images in it. */
  readonly size: number;
  /** What it ran on: `cpu`, or the uuid of a GPU. */
  readonly resource: string;
  /** From when the batch was closed until all of it was written; 0 where it is run again in parts. */
  readonly inputMs: number;
  readonly durationMs: number;
  readonly errorCode: ErrorCode | null;
}

/** What became of one image whose file was there, from then to its answer. */
export interface ImageOutcome {
  readonly serving: string;
  readonly durationMs: number;
  /** Null: it was answered with labels. */
  readonly errorCode: ErrorCode | null;
  /** How long it was in each stage, ms; null where it was not answered. */
  readonly timings: Readonly<Record<Stage, number>> | null;
}

/**
 * What became of one request: of all the images that were asked for together, from when their files were there to the
 * answer; or of one that was refused before that.
 */
export interface RequestOutcome {
  readonly serving: string;
  /** Those that it is about. */
  readonly images: number;
  /** 0 where it was refused. */
  readonly durationMs: number;
  /** Null: all of its images were answered. */
  readonly errorCode: ErrorCode | null;
}

/** What came of bringing a model into memory: at the start, when it was asked for, or beside the one that answers. */
export interface LoadOutcome {
  readonly serving: string;
  /** From fetching to warming up, waits for memory included. */
  readonly durationMs: number;
  readonly errorCode: ErrorCode | null;
}

/** What came of looking for the engine of a model on the volume. */
export interface EngineOutcome {
  readonly serving: string;
  /** `fresh`: it was there. `failed`: neither found nor built. */
  readonly outcome: 'fresh' | 'built' | 'failed';
  /** Of the build; where there was none, of the search. */
  readonly durationMs: number;
  readonly errorCode: ErrorCode | null;
}

/** A serving has entered a state. */
export interface StateChange {
  readonly serving: string;
  readonly state: ServingStateName;
  readonly previous: ServingStateName;
  /** How long it was in the previous one. */
  readonly previousMs: number;
  readonly errorCode: ErrorCode | null;
}

/** Events of a serving, by name, with their arguments. */
export interface ServingEventMap {
  state: [StateChange];
  /** Percent or message have changed. */
  progress: [{ readonly serving: string; readonly percent: number | null; readonly message: string | null }];
  span: [Span];
  batch: [BatchReport];
  image: [ImageOutcome];
  request: [RequestOutcome];
  load: [LoadOutcome];
  engine: [EngineOutcome];
  /** Bytes of its model have come over the network since this was last told. */
  download: [{ readonly serving: string; readonly bytes: number }];
  /** Nothing is in it any more. */
  idle: [{ readonly serving: string }];
}

export type ServingEvents = EventEmitter<ServingEventMap>;

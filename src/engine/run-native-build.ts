import { HornetError, messageOf } from '../errors/hornet-error.js';
import { TensorRtLog } from '../gpu/tensorrt-log.js';
import { cancellationOf, throwIfCancelled } from '../locks/cancellation.js';
import type { Logger } from '../logging/create-logger.js';
import { fromNativeError } from '../native/native-error.js';
import type { GpuAddon, NativeBuildOptions, NativeBuildResult, ParserError } from '../native/tensorrt-types.js';
import { BuildProgress } from './build-progress.js';

/** What goes on around a native build. */
export interface NativeBuildHooks {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** `fraction` goes from 0 to 1; `phase` is TensorRT's name for what it does. */
  readonly onProgress: (fraction: number, phase: string) => void;
}

/** A refusal of the parser, one entry a node, still to be put into a sentence. */
export class ParserRefusal extends Error {
  override readonly name = 'ParserRefusal';
  readonly errors: readonly ParserError[];

  constructor(message: string, errors: readonly ParserError[], cause: unknown) {
    super(message, { cause });
    this.errors = errors;
  }
}

/**
 * Runs one build in the addon's thread.
 * @throws {ParserRefusal}; HornetError with the addon's code; ERR_CANCELLED or the signal's own reason
 */
export async function runNativeBuild(
  addon: GpuAddon,
  options: NativeBuildOptions,
  hooks: NativeBuildHooks,
): Promise<NativeBuildResult> {
  const { signal, log } = hooks;
  throwIfCancelled(signal, 'Building the engine');
  const progress = new BuildProgress();
  const tensorRtLog = new TensorRtLog(log);
  const build = addon.buildEngine(options, (event) => {
    if (event.kind === 'log') {
      tensorRtLog.add(event);
      return;
    }
    progress.add(event);
    hooks.onProgress(progress.fraction, progress.phase);
  });
  const cancel = (): void => build.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await build.result;
  } catch (error) {
    throw translate(error, signal, tensorRtLog.firstError);
  } finally {
    signal.removeEventListener('abort', cancel);
    tensorRtLog.end();
  }
}

function translate(error: unknown, signal: AbortSignal, firstError: string | null): Error {
  const { code, parserErrors } = (error ?? {}) as { code?: unknown; parserErrors?: readonly ParserError[] };
  if (signal.aborted) return cancellationOf(signal, 'Building the engine');
  if (code === 'ERR_TENSORRT_PARSE_FAILED') return new ParserRefusal(messageOf(error), parserErrors ?? [], error);
  if (code === 'ERR_TENSORRT_BUILD_FAILED') return buildFailure(firstError ?? messageOf(error), error);
  return fromNativeError(error);
}

/** TensorRT-RTX has kernels for Turing in half precision only, which shows when it meets a matrix in float32. */
function buildFailure(text: string, cause: unknown): HornetError {
  const line = text.trim().replace(/\s+/g, ' ');
  const message = `TensorRT cannot build the engine: ${/[.!?]$/.test(line) ? line : `${line}.`}`;
  const turing = /Turing \(SM75\)/i.test(line);
  return new HornetError('ERR_TENSORRT_BUILD_FAILED', message, {
    cause,
    ...(turing ? { remedy: 'For sm75 use an fp16 file (--dtype fp16), or leave sm75 out of the targets.' } : {}),
  });
}

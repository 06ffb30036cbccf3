import pLimit from 'p-limit';
import { type ErrorCode, errorRegistry } from '../errors/error-registry.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { cancellationOf, throwIfCancelled } from '../locks/cancellation.js';
import type { Logger } from '../logging/create-logger.js';
import type {
  GpuAddon,
  NativeBuildEvent,
  NativeBuildOptions,
  NativeBuildResult,
  ParserError,
} from '../native/tensorrt-types.js';
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

/** Errors of TensorRT that are logged before the rest is only counted: a quantized model has hundreds. */
const loggedErrors = 3;

/** TensorRT measures kernels on the GPU, and two builds at once would measure each other. */
const oneAtATime = pLimit(1);

/**
 * Runs one build in the addon's thread, after those that were asked for earlier in this process.
 * @throws {ParserRefusal}; HornetError with the addon's code; ERR_CANCELLED or the signal's own reason
 */
export function runNativeBuild(
  addon: GpuAddon,
  options: NativeBuildOptions,
  hooks: NativeBuildHooks,
): Promise<NativeBuildResult> {
  return oneAtATime(async () => {
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
  });
}

/** TensorRT's log, written to ours; everything but warnings and the first errors at level debug. */
class TensorRtLog {
  readonly #log: Logger;
  #errors = 0;
  #firstError: string | null = null;

  /** The others are mostly what it leads to. */
  get firstError(): string | null {
    return this.#firstError;
  }

  constructor(log: Logger) {
    this.#log = log;
  }

  add({ severity, text }: Extract<NativeBuildEvent, { readonly kind: 'log' }>): void {
    const fields = { event: 'tensorrt.log', severity };
    const line = `TensorRT: ${text}`;
    if (severity === 'warning') this.#log.warn(fields, line);
    else if (severity === 'error' || severity === 'internal') {
      this.#firstError ??= text;
      if (this.#errors++ < loggedErrors) this.#log.warn(fields, line);
      else this.#log.debug(fields, line);
    } else this.#log.debug(fields, line);
  }

  end(): void {
    const more = this.#errors - loggedErrors;
    if (more > 0) this.#log.warn({ event: 'tensorrt.log', more }, `TensorRT: ${more} more errors (log level debug)`);
  }
}

function translate(error: unknown, signal: AbortSignal, firstError: string | null): Error {
  const { code, parserErrors } = (error ?? {}) as { code?: unknown; parserErrors?: readonly ParserError[] };
  if (signal.aborted) return cancellationOf(signal, 'Building the engine');
  if (code === 'ERR_TENSORRT_PARSE_FAILED') return new ParserRefusal(messageOf(error), parserErrors ?? [], error);
  if (code === 'ERR_TENSORRT_BUILD_FAILED') return buildFailure(firstError ?? messageOf(error), error);
  if (typeof code === 'string' && Object.hasOwn(errorRegistry, code)) {
    return new HornetError(code as ErrorCode, messageOf(error), { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
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

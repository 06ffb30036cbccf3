import type { Logger } from '../logging/create-logger.js';
import type { NativeBuildEvent } from '../native/tensorrt-types.js';

/** Errors of TensorRT that are logged before the rest is only counted: a quantized model has hundreds. */
const loggedErrors = 3;

/** TensorRT's log, written to ours; everything but warnings and the first errors at level debug. */
export class TensorRtLog {
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

/** One try failed in a way that another may not. */
export class TryFailure extends Error {
  override readonly name = 'TryFailure';
  /** `content`: the answer describes other bytes than those wanted; `network`: anything else. */
  readonly kind: 'network' | 'content';
  /** What the server asked to wait, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: 'network' | 'content', message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The file behind the URL is not the one that earlier bytes came from, so those bytes are worth nothing. */
export class ContentChanged extends Error {
  override readonly name = 'ContentChanged';
}

/** A server that answered ranges before now sends the whole file; it has to be asked over one connection. */
export class RangesIgnored extends Error {
  override readonly name = 'RangesIgnored';
}

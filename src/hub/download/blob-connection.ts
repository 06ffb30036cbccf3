import { parseUrl } from '../../headers/parse-url.js';
import { parseRetryAfter } from '../../headers/retry-after.js';
import { type AnswerSpan, type ByteSpan, checkAnswer } from './check-answer.js';
import type { BlobSource, DownloadSettings, HubResponse } from './download-options.js';
import { HttpStatusError, withoutQuery } from './http-status-error.js';
import { ContentChanged, TryFailure } from './try-failure.js';

/** Redirects followed for one answer. */
const maxRedirects = 5;

/** A redirect's or an error's body is read to its end up to this many bytes, to keep the connection. */
const drainBytes = 16 * 1024;

/** An answer whose head fits, and what its body carries. */
export interface BlobAnswer extends AnswerSpan {
  readonly body: AsyncIterable<Uint8Array>;
}

/** A (signed) URL that the resolve URL led to. */
interface Target {
  readonly url: string;
}

/** Asks for bytes of one blob: follows redirects, re-uses their target, and watches that it stays the same file. */
export class BlobConnection {
  readonly #source: BlobSource;
  readonly #settings: DownloadSettings;
  readonly #home: string;
  readonly #compareEtags: boolean;
  /** Strong ETag of the blob at each origin that served bytes of it. */
  readonly #etags = new Map<string, string>();
  #target: Target | undefined;

  /** @param compareEtags false where a file that seems to change is to be judged by its digest alone */
  constructor(source: BlobSource, settings: DownloadSettings, compareEtags: boolean) {
    this.#source = source;
    this.#settings = settings;
    this.#home = new URL(source.url).origin;
    this.#compareEtags = compareEtags;
    if (isStrongEtag(source.etag)) this.#etags.set(this.#home, source.etag);
  }

  /**
   * Resolves when the head of an answer with these bytes has come.
   * @throws HttpStatusError when the Hub refuses; TryFailure when another try may help; ContentChanged
   */
  async open(span: ByteSpan, signal: AbortSignal): Promise<BlobAnswer> {
    const known = this.#target;
    if (known !== undefined) {
      const response = await this.#get(known.url, span, signal);
      if (![401, 403, 404, 410].includes(response.status)) return this.#accept(response, known.url, span);
      // The signature ran out: ask the Hub for a new one, without counting it as a failure
      await drain(response);
      this.forget(known);
    }
    let url = this.#source.url;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const response = await this.#get(url, span, signal);
      const location = isRedirect(response.status) ? response.headers.get('location') : null;
      if (location === null) {
        const answer = await this.#accept(response, url, span);
        if (url !== this.#source.url) this.#target = { url };
        return answer;
      }
      await drain(response);
      url = follow(location, url);
    }
    throw new TryFailure('network', `more than ${maxRedirects} redirects`);
  }

  /** Resolve anew next time; called after a try that failed. */
  forget(target = this.#target): void {
    if (this.#target === target) this.#target = undefined;
  }

  #get(url: string, span: ByteSpan, signal: AbortSignal): Promise<HubResponse> {
    const { origin } = new URL(url);
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (span.from > 0 || span.to < this.#source.size) headers.range = `bytes=${span.from}-${span.to - 1}`;
    const etag = this.#compareEtags ? this.#etags.get(origin) : undefined;
    if (etag !== undefined) headers['if-match'] = etag;
    return this.#settings.request(url, { headers, signal, withToken: origin === this.#home });
  }

  async #accept(response: HubResponse, url: string, span: ByteSpan): Promise<BlobAnswer> {
    const { status } = response;
    if (status === 200 || status === 206) {
      const answer = checkAnswer(response, span, this.#source.size);
      this.#compareEtag(new URL(url).origin, response.headers.get('etag'));
      return { ...answer, body: response.body ?? emptyBody() };
    }
    await drain(response);
    if (status === 412) throw new ContentChanged('the file changed while it was being downloaded');
    const text = `${withoutQuery(url)} answered ${status}`;
    if (status === 416) throw new TryFailure('content', `${text}: it has fewer bytes than expected`);
    const transient = status < 400 || status >= 500 || status === 408 || status === 429;
    if (!transient && new URL(url).origin === this.#home) {
      const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
      throw new HttpStatusError(status, url, header('x-error-code'), header('x-error-message'));
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), this.#settings.clock());
    throw new TryFailure('network', text, retryAfterMs === undefined ? {} : { retryAfterMs });
  }

  #compareEtag(origin: string, etag: string | null): void {
    if (!this.#compareEtags || !isStrongEtag(etag)) return;
    const known = this.#etags.get(origin);
    if (known === undefined) this.#etags.set(origin, etag);
    else if (known !== etag) throw new ContentChanged(`the file changed from ETag ${known} to ${etag}`);
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function isStrongEtag(etag: string | null | undefined): etag is string {
  return etag?.startsWith('"') ?? false;
}

function follow(location: string, base: string): string {
  const url = parseUrl(location, base);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new TryFailure('network', `${withoutQuery(base)} redirects to something that is not an HTTP URL`);
  }
  return url.href;
}

async function drain(response: HubResponse): Promise<void> {
  let bytes = 0;
  for await (const chunk of response.body ?? emptyBody()) {
    bytes += chunk.length;
    // Leaving the loop closes the connection
    if (bytes > drainBytes) break;
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

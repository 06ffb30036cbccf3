import { CallDeadline } from './call-deadline.js';
import { type CheckedOptions, checkName, checkNumber, checkOptions, checkRequestId } from './check-options.js';
import { classifyInParts } from './classify-in-parts.js';
import { type ClientClock, systemClock } from './client-clock.js';
import type { CallOptions, ClassifyOptions, HornetClientOptions, LoadOptions } from './client-options.js';
import type { HornetClientError } from './hornet-client-error.js';
import { type ImageBody, type ImageSource, readImage } from './image-source.js';
import { type ProbeAnswer, probe } from './probe.js';
import { objectOf, servingsOf } from './read-answer.js';
import { type Classified, sendImages } from './send-images.js';
import type { LabelScore, ServerStatus, ServingChanges, ServingStatus } from './server-types.js';
import { type ClientRequest, type Send, Transport } from './transport.js';

/** Parts that tests replace. */
export interface HornetClientParts {
  readonly clock?: ClientClock;
  /** From 0 to 1, for the jitter of waits. */
  readonly random?: () => number;
}

/**
 * Talks to a Hornet server, in Node and in browsers. Every failure is a {@link HornetClientError}.
 *
 * A request is sent again where it met 429, a serving that loads or closes, a proxy without a server, or a connection
 * that failed; a load() with changes only where it cannot have been carried out. The waits between grow and are random,
 * are never shorter than Retry-After asks for, and are not begun where they would end after the deadline.
 */
export class HornetClient {
  readonly #options: CheckedOptions;
  readonly #clock: ClientClock;
  readonly #random: () => number;
  readonly #transport: Transport;
  /** Most images in a request, as far as is known. */
  readonly #limit: { maxImages: number };

  /** @throws ERR_CLIENT_ARGUMENT */
  constructor(options: HornetClientOptions = {}, parts: HornetClientParts = {}) {
    const { clock = systemClock, random = Math.random } = parts;
    this.#options = checkOptions(options);
    this.#clock = clock;
    this.#random = random;
    this.#transport = new Transport({ ...this.#options, token: this.#options.token, clock, random });
    this.#limit = { maxImages: this.#options.maxImagesPerRequest };
  }

  /**
   * Labels of one image or of several, best first; results of several are in their order.
   * @param serving its name; undefined: the default one
   * @throws HornetClientError with the server's code or one of ERR_CLIENT_*; `details.index` tells which of several images
   */
  classify(serving: string | undefined, image: ImageSource, options?: ClassifyOptions): Promise<LabelScore[]>;
  classify(
    serving: string | undefined,
    images: readonly ImageSource[],
    options?: ClassifyOptions,
  ): Promise<LabelScore[][]>;
  async classify(
    serving: string | undefined,
    images: ImageSource | readonly ImageSource[],
    options: ClassifyOptions = {},
  ): Promise<LabelScore[] | LabelScore[][]> {
    if (!isList(images)) return (await this.classifyDetailed(serving, images, options)).labels;
    return (await this.classifyDetailed(serving, images, options)).map(({ labels }) => labels);
  }

  /** As {@link classify}, with what is known of the requests. */
  classifyDetailed(serving: string | undefined, image: ImageSource, options?: ClassifyOptions): Promise<Classified>;
  classifyDetailed(
    serving: string | undefined,
    images: readonly ImageSource[],
    options?: ClassifyOptions,
  ): Promise<Classified[]>;
  async classifyDetailed(
    serving: string | undefined,
    images: ImageSource | readonly ImageSource[],
    options: ClassifyOptions = {},
  ): Promise<Classified | Classified[]> {
    const path = serving === undefined ? 'classify' : `models/${checkName(serving)}/classify`;
    const { topK, functionToApply } = options;
    if (topK !== undefined) checkNumber('topK', topK, { least: 1, whole: true });
    const request = { path, query: { top_k: topK, function_to_apply: functionToApply } };
    const sources = isList(images) ? images : [images];
    const { fetch, concurrency } = this.#options;
    const classified = await this.#within(options, async (send, deadline) => {
      try {
        return await classifyInParts(sources.length, {
          limit: this.#limit,
          concurrency,
          read: (start, end) => readImages(sources, start, end, (source) => readImage(source, fetch, deadline)),
          send: (bodies: readonly ImageBody[]) => sendImages(request, bodies, send),
        });
      } catch (error) {
        // The other requests of the call.
        deadline.end(error as HornetClientError);
        throw error;
      }
    });
    return isList(images) ? classified : (classified[0] as Classified);
  }

  /** Everything about the server: GET /status. */
  status(options: CallOptions = {}): Promise<ServerStatus> {
    return this.#within(options, async (send) => objectOf(await send({ method: 'GET', path: 'status' }), 'servings'));
  }

  /** All servings; the first one is the default one. */
  models(options: CallOptions = {}): Promise<ServingStatus[]> {
    return this.#within(options, async (send) => servingsOf(await send({ method: 'GET', path: 'models' })));
  }

  /** @throws ERR_SERVING_NOT_FOUND */
  async model(name: string, options: CallOptions = {}): Promise<ServingStatus> {
    const path = `models/${checkName(name)}`;
    return await this.#within(options, async (send) => objectOf(await send({ method: 'GET', path }), 'state'));
  }

  /** Whether the server listens. Asked once; false where nobody answers. */
  live(options: CallOptions = {}): Promise<boolean> {
    return this.#within(options, async (send) => (await probe('health/live', 'live', send)).yes);
  }

  /**
   * Whether a serving, or without a name every one that is loaded at the start, can answer. Asked once; false where
   * nobody answers.
   * @throws ERR_SERVING_NOT_FOUND
   */
  async ready(name?: string, options: CallOptions = {}): Promise<boolean> {
    const path = readyPath(name);
    return await this.#within(options, async (send) => (await probe(path, 'ready', send)).yes);
  }

  /**
   * Asks until it is ready, also while the server itself is not there yet. A serving that has failed is waited for as
   * well: the server may try again.
   * @throws ERR_CLIENT_TIMEOUT with the last answer in `details`, ERR_SERVING_NOT_FOUND
   */
  async waitUntilReady(name?: string, options: CallOptions = {}): Promise<void> {
    const path = readyPath(name);
    await this.#within(options, async (send, deadline) => {
      let last: ProbeAnswer = { yes: false, details: {} };
      try {
        for (let times = 1; ; times++) {
          last = await probe(path, 'ready', send);
          if (last.yes) return;
          await deadline.pause(Math.min(1000, 50 * 2 ** (times - 1)) * (0.5 + this.#random() / 2));
        }
      } catch (error) {
        throw deadline.error?.with({ details: last.details, attempts: 1 }) ?? error;
      }
    });
  }

  /**
   * Loads a serving, or with changes exchanges its model without a gap. Resolves with its status at once, or after at
   * most `waitMs`; the loading goes on.
   * @throws ERR_FORBIDDEN where the token may not, ERR_SERVING_BUSY, ERR_SERVING_NOT_FOUND
   */
  async load(name: string, changes: ServingChanges = {}, options: LoadOptions = {}): Promise<ServingStatus> {
    const { waitMs = 0, timeoutMs = this.#options.timeoutMs } = options;
    checkNumber('waitMs', waitMs, { least: 0, whole: true });
    const { maxBatch, forceDownload, forceBuild, ...others } = changes;
    const named = { max_batch: maxBatch, force_download: forceDownload, force_build: forceBuild };
    const body = JSON.stringify({ ...others, ...named });
    const request: ClientRequest = {
      method: 'POST',
      path: `models/${checkName(name)}/load`,
      query: { wait: waitMs },
      body,
      contentType: 'application/json',
      // To load what is loaded already changes nothing; to exchange it once more does.
      repeatable: body === '{}',
    };
    return await this.#within({ ...options, timeoutMs: timeoutMs + waitMs }, async (send) =>
      objectOf(await send(request), 'state'),
    );
  }

  /** Resolves once nothing is in the serving any more and its model is freed. @throws as {@link load} */
  async unload(name: string, options: CallOptions = {}): Promise<ServingStatus> {
    const path = `models/${checkName(name)}/unload`;
    return await this.#within(options, async (send) => objectOf(await send({ method: 'POST', path }), 'state'));
  }

  /** Gives a call its deadline, and ends whatever it still does when it is over. */
  async #within<T>(options: CallOptions, work: (send: Send, deadline: CallDeadline) => Promise<T>): Promise<T> {
    const { timeoutMs = this.#options.timeoutMs, signal, requestId } = options;
    checkNumber('timeoutMs', timeoutMs, { least: 1, whole: false });
    checkRequestId(requestId);
    const deadline = new CallDeadline({ timeoutMs, signals: [this.#options.signal, signal], clock: this.#clock });
    try {
      return await work((request) => this.#transport.send({ ...request, requestId }, deadline), deadline);
    } finally {
      deadline.clear();
    }
  }
}

function readyPath(name: string | undefined): string {
  return name === undefined ? 'health/ready' : `models/${checkName(name)}/ready`;
}

/** @throws HornetClientError, which tells the image where there are several */
function readImages(
  sources: readonly ImageSource[],
  start: number,
  end: number,
  read: (source: ImageSource) => Promise<ImageBody>,
): Promise<ImageBody[]> {
  const one = async (source: ImageSource, index: number): Promise<ImageBody> => {
    try {
      return await read(source);
    } catch (error) {
      throw (error as HornetClientError).with(sources.length > 1 ? { details: { index: start + index } } : {});
    }
  };
  return Promise.all(sources.slice(start, end).map(one));
}

function isList(images: ImageSource | readonly ImageSource[]): images is readonly ImageSource[] {
  return Array.isArray(images);
}

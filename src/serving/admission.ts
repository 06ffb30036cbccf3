import { HornetError } from '../errors/hornet-error.js';
import { type Clock, systemClock } from './clock.js';

/** What is to be admitted. */
export interface AdmissionRequest {
  readonly images: number;
  /** Of the encoded body; what it may have at most, where that is not known yet. */
  readonly bytes: number;
}

/** Images that were admitted; they count against the queue until released. */
export interface Reservation {
  /** Says what the body has so far, or has really. @throws ERR_QUEUE_FULL when it is more, and there is no room for it */
  setBytes(bytes: number): void;
  /**
   * Says how many images there are really.
   * @throws ERR_QUEUE_FULL when there are more, and there is no room for them; ERR_TOO_MANY_IMAGES when there never is
   */
  setImages(images: number): void;
  /** Idempotent. */
  release(): void;
}

/** Bounds of {@link Admission}. */
export interface AdmissionLimits {
  /** Most images at once. */
  readonly maxQueue: number;
  /** Most bytes of encoded bodies at once. A request that has more by itself is let in when there are no others. */
  readonly maxQueueBytes: number;
}

/** Longest that a refused client is told to stay away, s. */
const longestRetryS = 30;
/** Of that, how much the turns of others make at most, ms: some of them never come. */
const longestTurnsMs = 10_000;
/** Of the newest request, in the average time that requests are in a serving. */
const newestWeight = 1 / 8;

/** Counts the images that are in a serving, from admission to answer, and the bytes of their files. */
export class Admission {
  readonly #serving: string;
  readonly #limits: AdmissionLimits;
  readonly #clock: Clock;
  /** How long requests were in it lately, ms. */
  #stayMs = 0;
  /** When those who were refused, and told when to come back, will have had their turn; on the clock. */
  #turnMs = 0;
  #reservations = 0;
  #images = 0;
  #bytes = 0;
  #onIdle: (() => void)[] = [];

  /** @param serving its name, for the message of a refusal */
  constructor(serving: string, limits: AdmissionLimits, clock = systemClock) {
    this.#serving = serving;
    this.#limits = limits;
    this.#clock = clock;
  }

  get images(): number {
    return this.#images;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @throws ERR_QUEUE_FULL, with the bound that is reached in its message and its details, and in `retryAfterSeconds` when
   *   what is in it now will be answered, and those who were refused before had their turn, by what it took lately;
   *   ERR_TOO_MANY_IMAGES for more images than it ever holds
   */
  reserve({ images, bytes }: AdmissionRequest): Reservation {
    this.#checkImages(images);
    this.#checkBytes(bytes);
    this.#reservations++;
    this.#images += images;
    this.#bytes += bytes;
    return this.#reservation(images, bytes);
  }

  /** Resolves when nothing is in it, if only for a moment. */
  idle(): Promise<void> {
    if (this.#reservations === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
    });
  }

  /** Whoever is refused gets a turn of its own: if all came back at once, all but a few would be refused again. */
  #nextTurnSeconds(): number {
    const nowMs = this.#clock.now();
    const turnMs = Math.max(this.#turnMs, nowMs + this.#stayMs);
    const msPerRequest = this.#stayMs / Math.max(1, this.#reservations);
    this.#turnMs = Math.min(turnMs + msPerRequest, nowMs + this.#stayMs + longestTurnsMs);
    return Math.min(longestRetryS, Math.max(1, Math.ceil((turnMs - nowMs) / 1000)));
  }

  /** @param own what the same reservation has already */
  #checkImages(images: number, own = 0): void {
    const { maxQueue } = this.#limits;
    if (this.#images + images <= maxQueue) return;
    if (own + images > maxQueue) {
      throw new HornetError(
        'ERR_TOO_MANY_IMAGES',
        `Serving "${this.#serving}" holds at most ${maxQueue} images; ${own + images} never have room in it.`,
        { details: { images: own + images, maxQueue } },
      );
    }
    throw new HornetError(
      'ERR_QUEUE_FULL',
      `Serving "${this.#serving}" already holds ${this.#images} of ${maxQueue} images; ` +
        `there is no room for ${images} more.`,
      { details: { images, imagesHeld: this.#images, maxQueue, retryAfterSeconds: this.#nextTurnSeconds() } },
    );
  }

  /** @param own what the same reservation has already */
  #checkBytes(bytes: number, own = 0): void {
    const { maxQueueBytes } = this.#limits;
    if (this.#bytes === own || this.#bytes + bytes <= maxQueueBytes) return;
    throw new HornetError(
      'ERR_QUEUE_FULL',
      `Serving "${this.#serving}" already holds ${this.#bytes} of ${maxQueueBytes} bytes of images; ` +
        `there is no room for ${bytes} more.`,
      { details: { bytes, bytesHeld: this.#bytes, maxQueueBytes, retryAfterSeconds: this.#nextTurnSeconds() } },
    );
  }

  #reservation(reservedImages: number, reservedBytes: number): Reservation {
    let images = reservedImages;
    let bytes = reservedBytes;
    let isHeld = true;
    const sinceMs = this.#clock.now();
    return {
      setBytes: (realBytes) => {
        if (!isHeld) return;
        if (realBytes > bytes) this.#checkBytes(realBytes - bytes, bytes);
        this.#bytes += realBytes - bytes;
        bytes = realBytes;
      },
      setImages: (realImages) => {
        if (!isHeld) return;
        if (realImages > images) this.#checkImages(realImages - images, images);
        this.#images += realImages - images;
        images = realImages;
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#stayMs += newestWeight * (this.#clock.now() - sinceMs - this.#stayMs);
        this.#reservations--;
        this.#images -= images;
        this.#bytes -= bytes;
        if (this.#reservations > 0) return;
        this.#turnMs = 0;
        for (const resolve of this.#onIdle.splice(0)) resolve();
      },
    };
  }
}

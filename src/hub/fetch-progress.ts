/** How far a download is. */
export interface FetchProgress {
  /** Bytes that are there, those of earlier tries included. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Bytes that came over the network this time, those that had to be thrown away included. */
  readonly bytesReceived: number;
  /** Over about the last five seconds; 0 at the start. */
  readonly bytesPerSecond: number;
  /** Null while the rate is not known. */
  readonly secondsLeft: number | null;
}

/** How long one sample of the rate counts, ms. */
const windowMs = 5000;
/** Reports come at most this often, ms. */
const reportEveryMs = 200;

/** Adds up the bytes of a download and reports progress at a bearable pace. */
export class ProgressMeter {
  #total = 0;
  readonly #report: (progress: FetchProgress) => void;
  readonly #now: () => number;
  readonly #samples: { at: number; downloaded: number }[];
  #done = 0;
  #downloaded = 0;
  #received = 0;
  #lastReport = Number.NEGATIVE_INFINITY;
  #later: NodeJS.Timeout | undefined;

  /** @param now ms, for tests */
  constructor(report: (progress: FetchProgress) => void, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
    this.#samples = [{ at: now(), downloaded: 0 }];
  }

  /** Adds to what there is to do; some files are only known when others have been read. */
  expect(bytes: number): void {
    this.#total += bytes;
  }

  /** Bytes that were there already do not count for the rate. */
  add(bytes: number, kind: 'downloaded' | 'reused'): void {
    this.#done += bytes;
    if (kind === 'downloaded') {
      this.#downloaded += bytes;
      this.#received += Math.max(0, bytes);
    }
    const at = this.#now();
    if (at - this.#lastReport < reportEveryMs && this.#done < this.#total) {
      // Bytes that came just before a stall are reported too, a little later.
      this.#later ??= setTimeout(() => this.#reportNow(this.#now()), reportEveryMs).unref();
      return;
    }
    this.#reportNow(at);
  }

  #reportNow(at: number): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#lastReport = at;
    this.#samples.push({ at, downloaded: this.#downloaded });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > windowMs) this.#samples.shift();
    const first = this.#samples[0] ?? { at, downloaded: 0 };
    const rate = at > first.at ? Math.max(0, (this.#downloaded - first.downloaded) / ((at - first.at) / 1000)) : 0;
    this.#report({
      bytesDone: this.#done,
      bytesTotal: this.#total,
      bytesReceived: this.#received,
      bytesPerSecond: rate,
      secondsLeft: rate > 0 ? (this.#total - this.#done) / rate : null,
    });
  }
}

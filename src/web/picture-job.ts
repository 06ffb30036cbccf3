import { type ClassifyOutcome, classifyPicture } from './classify-picture.js';
import type { Problem } from './problem.js';
import type { QueuedWork } from './request-queue.js';
import type { ResultCard } from './result-card.js';
import { describeState, isLoading, type ServingStatus } from './serving-status.js';

/** What a {@link PictureJob} needs of the page. */
export interface PictureJobOptions {
  readonly picture: File;
  readonly url: string;
  readonly card: ResultCard;
  /** Undefined where the server has it no longer. */
  readonly serving: () => ServingStatus | undefined;
  readonly servingName: string;
  readonly isOffline: () => boolean;
  readonly token: () => string | null;
  readonly askToken: (used: string | null, problem: Problem) => Promise<string | null>;
  readonly onDone: (outcome: Extract<ClassifyOutcome, { kind: 'labels' }> | Problem) => void;
}

/** How often a server that is busy, or does not answer, is asked in vain. */
const mostRefusals = 10;
const mostUnreachable = 3;
const afterUnreachableMs = 1000;

/** One picture on its way to the server and back. */
export class PictureJob implements QueuedWork {
  readonly #options: PictureJobOptions;
  #refusals = 0;
  #unreachable = 0;

  constructor(options: PictureJobOptions) {
    this.#options = options;
  }

  /** Waits in the page while the serving loads, or nobody is there to ask. */
  isHeld(): boolean {
    const { card, isOffline, serving: find, servingName } = this.#options;
    if (isOffline()) {
      card.showWaiting('Waits until the connection is back.');
      return true;
    }
    const serving = find();
    if (serving === undefined || !isLoading(serving)) return false;
    card.showWaiting(`Waits until ${servingName} is ready: ${describeState(serving).label.toLowerCase()}.`);
    return true;
  }

  async run(signal: AbortSignal): Promise<number | null> {
    const { card, picture, url, token: current } = this.#options;
    card.showWorking();
    if (!(await isReadable(picture))) {
      return this.#fail('The file cannot be read.', 'If it is a folder, drop the pictures in it instead.');
    }
    const token = current();
    const outcome = await classifyPicture({ url, picture, token, signal }).catch(() => null);
    switch (outcome?.kind) {
      case undefined:
        return null;
      case 'labels':
        card.showLabels(outcome);
        this.#options.onDone(outcome);
        return null;
      case 'failed':
        return this.#failWith(outcome.problem);
      case 'unauthorized': {
        card.showWaiting('Waits for a token.');
        const answer = await this.#options.askToken(token, outcome.problem);
        return answer === null ? this.#failWith(outcome.problem) : 0;
      }
      case 'later':
        return this.#later(outcome);
      case 'unreachable':
        return this.#again();
    }
  }

  #later({ afterMs, problem }: Extract<ClassifyOutcome, { kind: 'later' }>): number | null {
    // Loading may take hours; the card says how far it is.
    if (problem.code !== 'ERR_SERVING_LOADING' && ++this.#refusals > mostRefusals) return this.#failWith(problem);
    const seconds = Math.max(1, Math.ceil(afterMs / 1000));
    this.#options.card.showWaiting(`${problem.message} Trying again in ${seconds} s.`);
    return afterMs;
  }

  #again(): number | null {
    if (++this.#unreachable > mostUnreachable) {
      return this.#fail('The server did not answer.', 'Check the connection, then try again.');
    }
    this.#options.card.showWaiting('The server did not answer. Trying again in a moment.');
    return afterUnreachableMs;
  }

  #fail(message: string, remedy: string): null {
    return this.#failWith({ message, remedy, code: null });
  }

  #failWith(problem: Problem): null {
    this.#options.card.showProblem(problem);
    this.#options.onDone(problem);
    return null;
  }
}

/** Folders can be dropped too, and files can be gone by now. */
async function isReadable(picture: File): Promise<boolean> {
  try {
    await picture.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

import type { Asked } from './ask.mjs';
import type { RequestKind } from './start-load.mjs';

/** What a kind of request sends: files, and the headers and labels that belong to them. */
export type SoakBody = Pick<RequestKind, 'headers' | 'labels' | 'pictures'>;

/** Bodies in all forms that the server takes, and some that it refuses. */
export interface SoakBodies {
  /** Pictures of digits as they are. */
  readonly digits: SoakBody & { readonly labels: Readonly<Record<string, string>> };
  /** For models of any kind: a photograph-like picture of 26 kB first, then smaller ones with other pixels. */
  readonly scenes: readonly string[];
  readonly form: SoakBody;
  readonly base64: SoakBody;
  readonly list: SoakBody;
  readonly packed: SoakBody;
  readonly inferJson: SoakBody;
  readonly inferBinary: SoakBody;
  /** Pixels for the sample model. */
  readonly inferTensor: SoakBody;
  readonly huge: SoakBody;
  readonly damaged: SoakBody;
  readonly foreign: SoakBody;
  readonly notPacked: SoakBody;
  readonly badJson: SoakBody;
  readonly badParameter: SoakBody;
  readonly badInference: SoakBody;
}

/** Writes into the folder what is no file yet. */
export function makeBodies(folder: string): SoakBodies;

/**
 * The first label that a serving gives each picture, and what it was asked for that.
 * @throws Error where two labels are about as likely
 */
export function labelsOf(
  url: string,
  pictures: readonly string[],
): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly asked: Asked[] }>;

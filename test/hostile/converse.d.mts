/** One whole answer, as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a client sends on one connection, and how it leaves. */
export interface Conversation {
  /** Sent one after the other, with a pause between them. */
  readonly parts: readonly (Buffer | string)[];
  /** 0 unless given. */
  readonly pauseMs?: number;
  /**
   * After the last part the client keeps its side open (`stay`, unless given), closes it (`half`), or breaks the
   * connection at once without reading anything (`break`).
   */
  readonly leave?: 'stay' | 'half' | 'break';
  /** The client leaves at so many answers, 1 unless given; otherwise when the server closes the connection. */
  readonly answers?: number;
  /** Longest that it waits, 20,000 unless given. */
  readonly mostMs?: number;
}

/** What came of it. */
export interface Outcome {
  readonly answers: readonly RawAnswer[];
  /** Who ended it: `enough`: the client, as planned; `late`: nothing came in time. */
  readonly end: 'closed' | 'reset' | 'enough' | 'late' | 'broken';
  /** What came behind the last whole answer. */
  readonly rest: string;
}

/** Has a conversation with whoever listens on the port of loopback. */
export function converse(port: number, conversation: Conversation): Promise<Outcome>;

/** Whole answers in the bytes, and what is left. @throws when they are no answers of HTTP/1.1 */
export function readAnswers(bytes: Buffer): { answers: RawAnswer[]; rest: Buffer };

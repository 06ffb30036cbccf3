export interface Asked {
  /** null: the client has left. */
  readonly status: number | null;
  /** What its JSON says; null of an empty answer. */
  readonly answer: unknown;
}

/** One request on a connection of its own, which is closed afterwards: nothing of it stays in the server. */
export function ask(
  url: string,
  options?: {
    /** GET unless given. */
    readonly method?: string;
    /** Sent as JSON. */
    readonly body?: unknown;
    /** Sent as it is. */
    readonly file?: Uint8Array;
    /** The client goes away then, unless it was answered before. */
    readonly leaveWhen?: Promise<void>;
  },
): Promise<Asked>;

/** Connections that cost a server their room and nothing else. */
export interface Crowd {
  /** Those that are open now. */
  readonly open: number;
  /** Most that were open at once. */
  readonly most: number;
  /** How many the server has closed. */
  readonly closed: number;
  /** Closes all of them. */
  leave(): void;
}

/**
 * Keeps so many connections open: every other one has asked for something once, the others never. What the server
 * closes is opened again. Resolves when all are open.
 */
export function idleCrowd(port: number, size: number): Promise<Crowd>;

/** Keeps so many requests open that send a byte now and then: of their headers, or of their body. */
export function slowCrowd(port: number, size: number): Promise<Crowd>;

/** How many connections this process may open. */
export function mostConnections(): number;

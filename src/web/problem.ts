/** Something that went wrong, as people are told of it. */
export interface Problem {
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string | null;
  /** Of the server's list of errors. */
  readonly code: string | null;
}

/** What went wrong, out of an answer that is an error; it may also come from something between here and the server. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const { error, remedy, code } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  return {
    message: textOf(error) ?? `The server answered with ${response.status} ${response.statusText}`.trim().concat('.'),
    remedy: textOf(remedy) ?? (response.status >= 500 ? 'Try again in a moment.' : null),
    code: textOf(code),
  };
}

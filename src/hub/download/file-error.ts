import { HornetError, messageOf } from '../../errors/hornet-error.js';

/**
 * A failure of the cache's own files as an error with a code: ENOSPC and EDQUOT are ERR_CACHE_NO_SPACE,
 * ENOENT is ERR_CACHE_INCOMPLETE, everything else is ERR_CACHE_UNWRITABLE. The message names no path; the cause does.
 */
export function fileError(error: unknown): HornetError {
  if (error instanceof HornetError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HornetError('ERR_CACHE_NO_SPACE', `The volume of the cache is full (${code}).`, { cause: error });
  }
  if (code === 'ENOENT') {
    const message = 'A file of the cache was removed while it was downloaded.';
    return new HornetError('ERR_CACHE_INCOMPLETE', message, { cause: error });
  }
  const reason = code ?? messageOf(error);
  return new HornetError('ERR_CACHE_UNWRITABLE', `A file of the cache cannot be written (${reason}).`, {
    cause: error,
  });
}

/** Runs file operations; what they throw becomes a {@link fileError}. */
export async function asFileError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error);
  }
}

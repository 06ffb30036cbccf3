import { z } from 'zod';

/**
 * What `schema.safeParse` gives, also where zod throws itself: it measures whatever has a `length`, and that of
 * `{"length": {"toString": {}}}` is no number and cannot become one.
 */
export function parseSafely<T>(schema: z.ZodType<T>, value: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return z.custom<T>(() => false, 'an object stands where a text or a list is expected').safeParse(value);
  }
}

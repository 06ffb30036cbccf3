import type { z } from 'zod';

type Writable<T> = T extends readonly (infer Entry)[]
  ? Writable<Entry>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T;

/**
 * A schema of an answer beside the interface that the answer is made of: compiles only where each is assignable to the
 * other, so that a field added to one is missed in the other.
 */
export function schemaOf<T>(): <S extends z.ZodType>(
  schema: S &
    ([Writable<T>] extends [z.infer<S>] ? unknown : never) &
    ([z.infer<S>] extends [Writable<T>] ? unknown : never),
) => S {
  return (schema) => schema;
}

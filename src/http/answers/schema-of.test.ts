import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorRegistry } from '../../errors/error-registry.js';
import { testStatus } from '../../serving/serving-status.test-support.js';
import { schemaOf } from './schema-of.js';
import { servingStatusSchema } from './serving-status-schema.js';

interface Shown {
  readonly name: string;
  readonly sizes: readonly number[];
}

describe('schemaOf', () => {
  it('takes a schema of what an interface says, and compiles with no other', () => {
    const schema = z.object({ name: z.string(), sizes: z.array(z.number()) });
    expect(schemaOf<Shown>()(schema)).toBe(schema);
    // @ts-expect-error a field is missing
    schemaOf<Shown>()(z.object({ name: z.string() }));
    // @ts-expect-error there is one too many
    schemaOf<Shown>()(schema.extend({ other: z.string() }));
    // @ts-expect-error one may be missing in answers
    schemaOf<Shown>()(schema.partial());
    // @ts-expect-error one is of another kind
    schemaOf<Shown>()(schema.extend({ name: z.number() }));
  });
});

describe('servingStatusSchema', () => {
  it('takes a status with every code of an error', () => {
    for (const code of Object.keys(errorRegistry) as (keyof typeof errorRegistry)[]) {
      const status = testStatus({ state: 'failed', error: { code, message: 'It failed.', remedy: 'Try again.' } });
      expect(servingStatusSchema.safeParse(status).error).toBeUndefined();
    }
    expect(servingStatusSchema.safeParse({ ...testStatus({}), state: 'lost' }).success).toBe(false);
  });
});

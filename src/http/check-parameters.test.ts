import { expect, it } from 'vitest';
import { z } from 'zod';
import { checkJson } from './check-parameters.js';

const schema = z.object({ name: z.string().max(8), list: z.array(z.int()).max(2).optional() });
const refusalOf = (json: unknown): unknown => {
  try {
    return checkJson(schema, Buffer.from(JSON.stringify(json)));
  } catch (error) {
    return error;
  }
};

it('refuses what is no text and no list, naming it, whatever its length says', () => {
  for (const length of [3, 'long', null, {}, { toString: {} }, { valueOf: 1, toString: 2 }]) {
    for (const json of [{ name: { length } }, { name: 'a', list: { length } }]) {
      expect(refusalOf(json)).toMatchObject({ code: 'ERR_PARAMETER_INVALID', status: 400 });
    }
  }
  expect(refusalOf({ name: 'a', list: [1, 2] })).toEqual({ name: 'a', list: [1, 2] });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestIdOf } from './request-id.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('requestIdOf', () => {
  it.each(['a', 'req-1', '01:AF/x=y+z._', 'x'.repeat(128)])('takes what the client calls it: %s', (id) => {
    expect(requestIdOf(id)).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(129), 'a b', 'a, b', 'a\n', 'ü', '<script>', '"', ['a', 'b']])(
    'gives its own where %j was sent',
    (header) => {
      expect(requestIdOf(header)).toMatch(uuid);
      expect(requestIdOf(header)).not.toBe(requestIdOf(header));
    },
  );

  it('is safe in a header and on a line, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (header) => {
        expect(requestIdOf(header)).toMatch(/^[\w.:+/=-]{1,128}$/);
      }),
    );
  });
});

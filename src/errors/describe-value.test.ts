import { describe, expect, it } from 'vitest';
import { describeValue, shortened } from './describe-value.js';

describe('describeValue', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'missing'],
    ['null', null, 'null'],
    ['a text', 'a "b"', '"a \\"b\\""'],
    ['a list', [1, { a: true }], '[1,{"a":true}]'],
  ])('shows %s as it stands in a file', (_what, value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });

  it('shows the beginning of what is long', () => {
    const shown = describeValue('x'.repeat(100_000));
    expect(shown).toBe(`"${'x'.repeat(76)}...`);
    expect(shown).toHaveLength(80);
  });

  it('shows the beginning of what is deeply nested, or says that it is where this Node cannot write it', () => {
    const shown = describeValue(JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)));
    expect(shown).toMatch(/^(nested too deeply|\[{77}\.{3})$/);
  });
});

describe('shortened', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdefg', 6, 'abc...'],
  ])('makes of %s in %i characters %s', (text, maxLength, result) => {
    expect(shortened(text, maxLength)).toBe(result);
  });
});

import { describe, expect, it } from 'vitest';
import { parseTokenFile, parseTokenList } from './tokens.js';

const shown = (text: string) =>
  parseTokenFile(text).tokens.map(({ value, scopes, place }) => [value, [...scopes].sort().join(), place]);

describe('the tokens of a file', () => {
  it('are one a line, with the scope infer unless others are named, among comments and empty lines', () => {
    const text = '\uFEFF# Ours\r\n\r\none\ntwo\tcontrol # may stop everything\n  three  infer,control\nfo#ur=\n';
    expect(shown(text)).toEqual([
      ['one', 'infer', 'line 3'],
      ['two', 'control', 'line 4'],
      ['three', 'control,infer', 'line 5'],
      ['fo#ur=', 'infer', 'line 6'],
    ]);
    expect(parseTokenFile(text).problems).toEqual([]);
  });

  it('are none in a file that is empty or has only comments', () => {
    for (const text of ['', '\n\n', '# none yet']) expect(parseTokenFile(text)).toEqual({ tokens: [], problems: [] });
  });

  it.each([
    ['secret-token admin', 'line 1'],
    ['good\nsecret-token infer control', 'line 2'],
    ['secret-token infer,', 'line 1'],
    ['secret-token constructor', 'line 1'],
    ['secret-tokén', 'line 1'],
    ['secret-\0token', 'line 1'],
  ])('are named by their line where they are malformed, and not shown: %j', (text, place) => {
    const { problems } = parseTokenFile(text);
    expect(problems).toEqual([expect.stringContaining(place)]);
    expect(problems.join()).not.toContain('secret');
  });
});

describe('the tokens of a variable', () => {
  it('are separated by commas and good for everything', () => {
    const { tokens, problems } = parseTokenList('one, two');
    expect(tokens.map(({ value, scopes }) => [value, scopes.size])).toEqual([
      ['one', 2],
      ['two', 2],
    ]);
    expect(problems).toEqual([]);
  });

  it('are refused where one is empty or cannot be sent, without being shown', () => {
    for (const text of [',', 'secret,', ' ', 'secret other', 'secrét']) {
      const { problems } = parseTokenList(text);
      expect(problems.length, text).toBeGreaterThan(0);
      expect(problems.join()).not.toContain('secr');
    }
  });
});

import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModelReference, splitModelArgument } from './model-reference.js';

describe('parseModelReference', () => {
  it('takes a repository of the Hub and names it by its last segment', () => {
    expect(parseModelReference('Xenova/resnet-50')).toEqual({
      name: 'resnet-50',
      source: { kind: 'hub', repository: 'Xenova/resnet-50', revision: 'main' },
      text: 'Xenova/resnet-50',
    });
  });

  it('takes a revision, branches with slashes included', () => {
    expect(parseModelReference('a/b@refs/pr/1').source).toEqual({
      kind: 'hub',
      repository: 'a/b',
      revision: 'refs/pr/1',
    });
  });

  it.each([
    ['/models/cats', '/models/cats'],
    ['./cats', join(process.cwd(), 'cats')],
    ['../cats/', join(process.cwd(), '../cats')],
    ['~/cats', join(homedir(), 'cats')],
  ])('takes the path %s', (text, path) => {
    expect(parseModelReference(text)).toEqual({ name: 'cats', source: { kind: 'path', path }, text });
  });

  it('takes a name before the equals sign', () => {
    expect(parseModelReference('pets=/models/a=b').name).toBe('pets');
    expect(parseModelReference('pets=/models/a=b').source).toEqual({ kind: 'path', path: '/models/a=b' });
  });

  it('takes the name of the embedded sample', () => {
    expect(parseModelReference('digits')).toEqual({ name: 'digits', source: { kind: 'sample' }, text: 'digits' });
  });

  it.each(['', 'resnet', 'a/b/c', 'a/../b', 'a/b@', '=a/b', 'x y=a/b', 'a/b--c'])('refuses "%s"', (text) => {
    expect(() => parseModelReference(text)).toThrowError(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
  });

  it('refuses options, which mean nothing where only a model is wanted', () => {
    expect(() => parseModelReference('a/b?dtype=fp16')).toThrowError(/options/);
  });
});

describe('splitModelArgument', () => {
  it.each([
    ['a/b', undefined, 'a/b', []],
    ['pets=a/b@v1', 'pets', 'a/b@v1', []],
    ['digits?dtype=fp16', undefined, 'digits', [['dtype', 'fp16']]],
    [
      'pets=/models/a=b?maxBatch=8&unloadAfter=1%20h',
      'pets',
      '/models/a=b',
      [
        ['maxBatch', '8'],
        ['unloadAfter', '1 h'],
      ],
    ],
    ['/models/what?', undefined, '/models/what?', []],
    [
      'a/b?x&x=1?',
      undefined,
      'a/b',
      [
        ['x', ''],
        ['x', '1?'],
      ],
    ],
  ])('takes %s apart', (argument, name, model, options) => {
    expect(splitModelArgument(argument)).toEqual({ name, model, options });
  });
});

import { describe, expect, it } from 'vitest';
import { outputPattern, withoutSpace } from './output-pattern.js';
import { readCommands } from './read-commands.js';

const document = (...lines: string[]): string => lines.join('\n');

describe('readCommands', () => {
  it('gives blocks of sh with their line, and blocks of other languages not', () => {
    const blocks = readCommands(document('# A', '```sh', 'one', 'two', '```', '```ts', 'three()', '```'));
    expect(blocks).toMatchObject([{ line: 3, script: 'one\ntwo', output: undefined }]);
    expect(blocks[0]?.mark).toEqual({ notRun: undefined, isServer: false, onStandIn: false, exitCode: 0 });
  });

  it('takes json or text that follows at once for the output, and what follows prose not', () => {
    const shown = document('```sh', 'one', '```', '', '```json', '[1]', '```');
    expect(readCommands(shown)[0]?.output).toBe('[1]');
    const apart = document('```sh', 'one', '```', 'In the file:', '```json', '[1]', '```');
    expect(readCommands(apart)[0]?.output).toBeUndefined();
  });

  it('reads the comment directly above', () => {
    const marks = (comment: string) => readCommands(document(comment, '```sh', 'one', '```'))[0]?.mark;
    expect(marks('<!-- not run: needs a cluster -->')?.notRun).toBe('needs a cluster');
    expect(marks('<!-- run: server, stand-in GPU -->')).toMatchObject({ isServer: true, onStandIn: true });
    expect(marks('<!-- run: exit 3 -->')?.exitCode).toBe(3);
    expect(marks('<!-- something else -->')?.notRun).toBeUndefined();
  });

  it.each([
    ['a comment with a word that is unknown', '<!-- run: sever -->', '```sh', 'one', '```'],
    ['a comment without its reason', '<!-- not run: -->', '```sh', 'one', '```'],
    ['a comment that is not directly above a block', '<!-- not run: why -->', '', '```sh', 'one', '```'],
    ['a block without an end', 'text', '```sh', 'one'],
  ])('refuses %s and names its line', (_, ...lines) => {
    expect(() => readCommands(document(...lines))).toThrow(/^line [12]: /);
  });
});

describe('outputPattern', () => {
  const matches = (shown: string, printed: string): boolean => outputPattern(shown).test(withoutSpace(printed));

  it('lets a number stand for any number, and "..." for anything', () => {
    expect(matches('[{"label": "7", "score": 0.99}, ...]', '[{"label":"2","score":1},{"label":"x"}]\n')).toBe(true);
    expect(matches('took 3 s', 'took 12.5 s')).toBe(true);
  });

  it('holds on to everything else', () => {
    expect(matches('{"state": "ready"}', '{"state":"failed"}')).toBe(false);
    expect(matches('(a) 1', '(a) 1 and more')).toBe(false);
  });
});

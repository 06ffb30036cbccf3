import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlCommand, quoted } from './curl-command.js';

/** The arguments that a shell gives to curl for a line. */
function argumentsOf(line: string): string[] {
  const text = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; HORNET_TOKEN=secret; ${line}`], {
    encoding: 'utf8',
  });
  return text.split('\0').slice(0, -1);
}

describe('curlCommand', () => {
  const url = 'http://127.0.0.1:3000/models/digits/classify';

  it('sends the file as it is', () => {
    expect(curlCommand({ url, fileName: 'cat.jpg', withToken: false })).toBe(`curl --data-binary @cat.jpg ${url}`);
  });

  it('names the variable with the token, which the shell puts in', () => {
    const line = curlCommand({ url, fileName: 'cat.jpg', withToken: true });
    expect(line).toContain('"Authorization: Bearer $HORNET_TOKEN"');
    expect(argumentsOf(line)).toEqual(['-H', 'Authorization: Bearer secret', '--data-binary', '@cat.jpg', url]);
  });

  it.each([
    "Eve's cat.jpg",
    '$(touch x).png',
    'a "b" `c`.png',
    '-',
    '-x.png',
    'zwei\nZeilen.png',
    '猫;rm -rf ~.png',
    '!!',
  ])('means the file %j and nothing else, whatever a shell makes of such a name', (fileName) => {
    const [, file] = argumentsOf(curlCommand({ url, fileName, withToken: false }));
    expect(file).toBe(fileName === '-' ? '@./-' : `@${fileName}`);
  });

  it('quotes any text as one word', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(argumentsOf(`curl ${quoted(text)}`)).toEqual([text]);
        },
      ),
      { numRuns: 20 },
    );
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerTokens } from './server-tokens.js';

const long = (name: string): string => `${name}-0123456789abcdef`;

describe('the tokens of a server', () => {
  let folder: string;
  let file: string;
  let lines: { level: number; event: string; msg: string }[];
  let waiting: (() => void)[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-tokens-'));
    file = join(folder, 'tokens');
    lines = [];
    waiting = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  function open(options: { token?: string; tokenFile?: string }): ServerTokens {
    const clock = {
      after: (_delayMs: number, callback: () => void) => {
        waiting.push(callback);
        return () => {
          waiting = waiting.filter((other) => other !== callback);
        };
      },
    };
    return new ServerTokens({ token: '', tokenFile: '', log, clock, ...options });
  }
  const scopesOf = (tokens: ServerTokens, value: string): string => [...tokens.scopesOf(value)].sort().join();
  /** As often as a change needs to count. */
  async function refreshed(tokens: ServerTokens): Promise<ServerTokens> {
    await tokens.refresh();
    await tokens.refresh();
    return tokens;
  }

  it('are not required where there are none', () => {
    const tokens = open({});
    expect(tokens.required).toBe(false);
    expect(waiting).toEqual([]);
  });

  it('come from the variable and the file together', () => {
    writeFileSync(file, `${long('reader')}\n${long('boss')} control\n`);
    const tokens = open({ token: `${long('one')},${long('two')}`, tokenFile: file });
    expect(tokens.required).toBe(true);
    const asked = ['one', 'two', 'reader', 'boss', 'nobody'].map((name) => scopesOf(tokens, long(name)));
    expect(asked).toEqual(['control,infer', 'control,infer', 'infer', 'control', '']);
    for (const value of ['', 'one', long('one').slice(0, -1), `${long('one')}x`, `${long('one')},${long('two')}`]) {
      expect(scopesOf(tokens, value), value).toBe('');
    }
    expect(lines).toEqual([]);
  });

  it('let nobody in where the file is empty', async () => {
    writeFileSync(file, '');
    const tokens = open({ tokenFile: file });
    expect([tokens.required, scopesOf(tokens, '')]).toEqual([true, '']);
    writeFileSync(file, long('one'));
    expect(scopesOf(await refreshed(tokens), long('one'))).toBe('infer');
    writeFileSync(file, '');
    expect(scopesOf(await refreshed(tokens), long('one'))).toBe('');
    expect(tokens.required).toBe(true);
  });

  it('follow links that are swapped, as in secrets that Kubernetes mounts', async () => {
    const version = (name: string, text: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'tokens'), text);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..1', long('old'));
    symlinkSync('..data/tokens', file);
    const tokens = open({ tokenFile: file });
    expect(scopesOf(tokens, long('old'))).toBe('infer');
    version('..2', `${long('new')} control`);
    rmSync(join(folder, '..1'), { recursive: true });
    await refreshed(tokens);
    expect([scopesOf(tokens, long('old')), scopesOf(tokens, long('new'))]).toEqual(['', 'control']);
    expect(lines).toMatchObject([{ event: 'tokens.changed', tokens: 1 }]);
  });

  it('are read again by themselves, until the end', async () => {
    writeFileSync(file, long('one'));
    const tokens = open({ tokenFile: file });
    writeFileSync(file, long('two'));
    const timePasses = async (): Promise<void> => {
      const before = waiting.splice(0);
      expect(before).toHaveLength(1);
      before[0]?.();
      await expect.poll(() => waiting.length).toBe(1);
    };
    await timePasses();
    await timePasses();
    expect(scopesOf(tokens, long('two'))).toBe('infer');
    tokens.close();
    expect(waiting).toEqual([]);
  });

  it('do not change by a file that is just being written', async () => {
    const text = `${long('one')}\n${long('two')}\n`;
    writeFileSync(file, text);
    const tokens = open({ tokenFile: file });
    writeFileSync(file, text.slice(0, -5));
    await tokens.refresh();
    writeFileSync(file, text);
    await refreshed(tokens);
    expect([scopesOf(tokens, long('two')), scopesOf(tokens, long('two').slice(0, -4))]).toEqual(['infer', '']);
    expect(lines).toEqual([]);
  });

  it.each([
    ['goes', () => rmSync(file)],
    ['becomes a folder', () => [rmSync(file), mkdirSync(file)]],
    ['becomes a pipe', () => [rmSync(file), execFileSync('mkfifo', [file])]],
    ['becomes malformed', () => writeFileSync(file, 'secret-of-somebody admin')],
    ['becomes too long', () => writeFileSync(file, `# ${'x'.repeat(100_000)}`)],
  ])('stay as they are when the file %s, which is logged once, without them or a path', async (_, change) => {
    writeFileSync(file, long('one'));
    const tokens = open({ tokenFile: file });
    change();
    await refreshed(tokens);
    await refreshed(tokens);
    expect(scopesOf(tokens, long('one'))).toBe('infer');
    expect(lines).toMatchObject([{ level: 50, event: 'tokens.unusable' }]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|hornet-tokens-/);
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, long('two'));
    expect(scopesOf(await refreshed(tokens), long('two'))).toBe('infer');
  });

  it('must be there and understood at the start', () => {
    expect(() => open({ tokenFile: file })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    expect(() => open({ tokenFile: folder })).toThrow(/HORNET_TOKEN_FILE/);
    writeFileSync(file, 'secret-of-somebody admin');
    expect(() => open({ tokenFile: file })).toThrow(/line 1/);
    expect(() => open({ tokenFile: file })).not.toThrow(/secret/);
  });

  it('are warned about where they are short, and not shown', () => {
    writeFileSync(file, `abc\n${long('one')}`);
    open({ token: 'xyz', tokenFile: file });
    expect(lines).toMatchObject([
      { level: 40, event: 'tokens.short', source: 'HORNET_TOKEN', places: ['token 1'] },
      { level: 40, event: 'tokens.short', source: 'HORNET_TOKEN_FILE', places: ['line 1'] },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/abc\b|xyz/);
  });
});

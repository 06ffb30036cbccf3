import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import type { Logger } from '../../logging/create-logger.js';
import type { Clock } from '../../serving/clock.js';
import { withoutPaths } from '../without-paths.js';
import { TokenKeeper } from './token-keeper.js';
import {
  type ParsedTokens,
  parseTokenFile,
  parseTokenList,
  type Scope,
  shortestGoodToken,
  type Token,
} from './tokens.js';

/** Where tokens come from, and who hears of them. */
export interface ServerTokensOptions {
  /** Of HORNET_TOKEN; empty: none. */
  readonly token: string;
  /** Of HORNET_TOKEN_FILE; empty: none. */
  readonly tokenFile: string;
  readonly log: Logger;
  readonly clock: Pick<Clock, 'after'>;
}

/** How often the file is read, ms. It is small, and reading is surer than any notice: mounts give none. */
const readEveryMs = 1000;

/** Opening a pipe that nobody writes to must not hold everything up. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A file of tokens has a line for each client; a longer one is another file by mistake. */
const maxFileBytes = 64 * 1024;

/**
 * The bearer tokens of a server. The file is read again every second: also where it is behind symbolic links that are
 * swapped, as in mounted secrets. A change counts once two readings agree, so that a file that is just being written is
 * not taken for a shorter one. A file that cannot be read or understood changes nothing, and is logged once.
 */
export class ServerTokens {
  /** Whether there are any: without, the server is open to all. A file makes it true, also an empty one. */
  readonly required: boolean;
  readonly #fixed: readonly Token[];
  readonly #options: ServerTokensOptions;
  readonly #keeper: TokenKeeper;
  /** What is in use. */
  #text: string;
  /** What was read last, and was something else. */
  #seen: string | undefined;
  #problem: string | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @throws ERR_CONFIG_INVALID when a token is not usable, or the file is not there or not understood */
  constructor(options: ServerTokensOptions) {
    const { token, tokenFile } = options;
    this.#options = options;
    this.required = token !== '' || tokenFile !== '';
    this.#fixed = token === '' ? [] : usableTokens(parseTokenList(token), 'HORNET_TOKEN');
    this.#warnOfShort(this.#fixed, 'HORNET_TOKEN');
    this.#text = tokenFile === '' ? '' : readAtStart(tokenFile);
    this.#keeper = new TokenKeeper([...this.#fixed, ...this.#tokensIn(this.#text)]);
    if (tokenFile !== '') this.#readLater();
  }

  /** What the token is good for; empty for one that is not known. */
  scopesOf(presented: string): ReadonlySet<Scope> {
    return this.#keeper.scopesOf(presented);
  }

  /** Reads the file no more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #readLater(): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(readEveryMs, () => {
      void this.refresh().finally(() => this.#readLater());
    });
  }

  /** Reads the file once, as happens by itself every second. */
  async refresh(): Promise<void> {
    try {
      const text = await readTokenFile(this.#options.tokenFile);
      if (text === this.#text) {
        this.#seen = undefined;
      } else if (text !== this.#seen) {
        this.#seen = text;
        return;
      } else {
        const tokens = this.#tokensIn(text);
        this.#keeper.replace([...this.#fixed, ...tokens]);
        this.#text = text;
        this.#options.log.info(
          { event: 'tokens.changed', tokens: tokens.length },
          `HORNET_TOKEN_FILE has changed; it has ${tokens.length} tokens now`,
        );
      }
      this.#problem = undefined;
    } catch (error) {
      const problem = messageOf(error);
      if (problem === this.#problem) return;
      this.#problem = problem;
      this.#options.log.error({ event: 'tokens.unusable' }, `${problem} The tokens that were read before stay in use.`);
    }
  }

  #tokensIn(text: string): readonly Token[] {
    const tokens = usableTokens(parseTokenFile(text), 'HORNET_TOKEN_FILE');
    this.#warnOfShort(tokens, 'HORNET_TOKEN_FILE');
    return tokens;
  }

  #warnOfShort(tokens: readonly Token[], source: string): void {
    const places = tokens.filter(({ value }) => value.length < shortestGoodToken).map(({ place }) => place);
    if (places.length === 0) return;
    this.#options.log.warn(
      { event: 'tokens.short', source, places },
      `Tokens of ${source} have fewer than ${shortestGoodToken} characters (${places.join(', ')}) and can be guessed; ` +
        'make longer ones, for example with "openssl rand -hex 32"',
    );
  }
}

function usableTokens({ tokens, problems }: ParsedTokens, source: string): readonly Token[] {
  if (problems.length === 0) return tokens;
  throw new HornetError('ERR_CONFIG_INVALID', `${source} is not usable: ${problems.join('; ')}.`);
}

function readAtStart(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(path, openFlags);
    const { size } = checkFile(fstatSync(file));
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(file, bytes));
  } catch (error) {
    throw unreadable(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const file = await open(path, openFlags);
    try {
      checkFile(await file.stat());
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(error);
  }
}

function checkFile<S extends { isFile(): boolean; size: number }>(stats: S): S {
  if (!stats.isFile()) throw new Error('it is not a file');
  if (stats.size > maxFileBytes) throw new Error(`it has more than ${maxFileBytes} bytes`);
  return stats;
}

function unreadable(error: unknown): HornetError {
  return new HornetError('ERR_CONFIG_INVALID', `HORNET_TOKEN_FILE cannot be read: ${withoutPaths(messageOf(error))}.`, {
    cause: error,
  });
}

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionSettings } from '../backend/onnxruntime/worker-protocol.js';
import { hornetHome } from '../config/hornet-home.js';
import { type KnownGraph, knownGraphs, rememberGraphs } from '../onnx/read-graph-info.js';
import { packageVersion } from '../package-info.js';

/** What a command has found out while it started, for its next start. */
interface NextStart {
  /** Hash of the command that it is of. */
  readonly command: string;
  readonly session: SessionSettings;
  /** What was read of models' graphs. */
  readonly graphs: readonly KnownGraph[];
}

/**
 * What this command will probably load first: what it loaded last time, when it had got so far. It is only a guess, made
 * before the settings are read; whatever is loaded by it is checked like anything else before it is used. It is gone when
 * it has been read, so that a file which crashes onnxruntime is not guessed again.
 */
export function takeNextStart(): SessionSettings | undefined {
  try {
    const path = pathOf();
    const { command, session, graphs } = JSON.parse(readFileSync(path, 'utf8')) as NextStart;
    if (command !== commandOf()) return undefined;
    rmSync(path);
    rememberGraphs(graphs);
    return session;
  } catch {
    return undefined;
  }
}

/** Keeps what was loaded first for the next start of the same command. Where it cannot be written, that starts slower. */
export function keepNextStart(session: SessionSettings): void {
  try {
    const path = pathOf();
    mkdirSync(join(path, '..'), { recursive: true });
    const next: NextStart = { command: commandOf(), session, graphs: knownGraphs() };
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(next));
    renameSync(`${path}.${process.pid}`, path);
  } catch {}
}

function pathOf(): string {
  return join(hornetHome(process.env.HORNET_HOME ?? ''), 'next-start.json');
}

/** All that decides what is loaded, but for files. */
function commandOf(): string {
  const variables = Object.entries(process.env)
    .filter(([name]) => /^(?:HORNET|HF|NODE_ENV|XDG)/.test(name) && !name.includes('TOKEN'))
    .sort();
  return createHash('sha256')
    .update(JSON.stringify([packageVersion, process.cwd(), process.argv.slice(2), variables]))
    .digest('hex');
}

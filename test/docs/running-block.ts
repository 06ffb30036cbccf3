import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputPattern, withoutSpace } from './output-pattern.js';
import type { CommandBlock } from './read-commands.js';

/** How long a server may take to do what is expected of it, on a busy machine. */
const patienceMs = 60_000;

/** A block of commands that runs, in a group of processes of its own. */
export class RunningBlock {
  readonly #block: CommandBlock;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #stdout = '';
  #stderr = '';
  #hasEnded = false;

  constructor(block: CommandBlock, cwd: string, env: Record<string, string>) {
    this.#block = block;
    const script = `set -euo pipefail\n${block.script}`;
    this.#child = spawn('bash', ['-c', script], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#hasEnded = true;
        resolve(code);
      });
    });
  }

  /** It ends with the exit code and the output that the document says. @throws Error otherwise */
  async ends(): Promise<void> {
    const { mark, output } = this.#block;
    const code = await this.#exited;
    if (code !== mark.exitCode) throw this.#failure(`it ended with ${code} instead of ${mark.exitCode}`);
    if (output !== undefined && !outputPattern(output).test(withoutSpace(this.#stdout))) {
      throw this.#failure(`it did not print what the document shows:\n${output}`);
    }
  }

  /** A server: it listens, and logs the lines that the document shows, in their order. @throws Error otherwise */
  async listens(): Promise<void> {
    await this.#until(() => this.#listening() !== undefined, 'the server does not listen');
    const wanted = (this.#block.output ?? '').split('\n').filter((line) => line.trim() !== '');
    await this.#until(() => this.#missing(wanted) === undefined, 'the log lacks lines that the document shows');
  }

  /** A server: becomes ready, and ends with 0 when it is told to. @throws Error otherwise */
  async stop(): Promise<void> {
    const { url, pid } = this.#listening() ?? {};
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      if (this.#hasEnded || pid === undefined) throw this.#failure('the server has ended by itself');
      const ready = await fetch(`${url}/health/ready`, { signal: deadline });
      const states = await ready.text();
      if (ready.ok) break;
      if (deadline.aborted || states.includes('"failed"')) throw this.#failure(`it is not ready: ${states}`);
      await sleep(50);
    }
    process.kill(pid, 'SIGTERM');
    const code = await this.#exited;
    if (code !== 0) throw this.#failure(`the server ended with ${code}`);
  }

  kill(): void {
    if (!this.#hasEnded) process.kill(-Number(this.#child.pid), 'SIGKILL');
  }

  /** What the server itself says; in front of it may be a shell and npm. */
  #listening(): { readonly url: string; readonly pid: number } | undefined {
    const line = this.#stderr.split('\n').find((text) => text.includes('"event":"server.listening"'));
    return line === undefined ? undefined : (JSON.parse(line) as { url: string; pid: number });
  }

  /** The first of these lines that the log does not have behind the ones before it. */
  #missing(wanted: readonly string[]): string | undefined {
    const printed = this.#stderr.split('\n').map(withoutSpace);
    let from = 0;
    return wanted.find((shown) => {
      const pattern = outputPattern(shown);
      const index = printed.findIndex((line, at) => at >= from && pattern.test(line));
      from = index + 1;
      return index < 0;
    });
  }

  async #until(isReached: () => boolean, problem: string): Promise<void> {
    const signal = AbortSignal.timeout(patienceMs);
    const { stderr } = this.#child;
    while (!isReached()) {
      if (this.#hasEnded || stderr === null) throw this.#failure(`${problem}, and it has ended`);
      await Promise.race([once(stderr, 'data', { signal }), this.#exited]).catch(() => {
        throw this.#failure(problem);
      });
    }
  }

  #failure(problem: string): Error {
    const shown = this.#block.output === undefined ? '' : `\nshown:\n${this.#block.output}`;
    return new Error(`${problem}\n$ ${this.#block.script}\n${this.#stdout}\n${this.#stderr}${shown}`);
  }
}

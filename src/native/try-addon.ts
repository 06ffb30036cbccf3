import { spawnSync } from 'node:child_process';

/** Whether a `.node` file could be tried at all, and what went wrong, as the end of a sentence that begins with its path. */
export interface AddonTrial {
  readonly tried: boolean;
  readonly problem?: string;
}

// Not 0, which a library may end the process with.
const loaded = 17;

// RTLD_NOW, because by default a function that is missing shows when it is called.
const program = `
  try {
    process.dlopen({ exports: {} }, process.argv[1], require('node:os').constants.dlopen.RTLD_NOW);
    process.exit(${loaded});
  } catch (error) {
    process.stderr.write(error.message, () => process.exit(1));
  }`;

/**
 * Loads a `.node` file in a process of its own, which takes the time of starting one (about 50 ms), and blocks. Where
 * no process can be started, that says nothing about the file.
 * @param timeoutMs when the process is killed; default 10 s
 */
export function tryAddon(path: string, { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): AddonTrial {
  // What is meant for this process may stop another one, such as --inspect-brk.
  const { NODE_OPTIONS: _, ...env } = process.env;
  let child: ReturnType<typeof spawnSync>;
  try {
    child = spawnSync(process.execPath, ['-e', program, path], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
  } catch {
    // Node's permission model forbids it.
    return { tried: false };
  }
  const { status, signal, error, stderr } = child;
  if (error !== undefined) {
    const timedOut = 'code' in error && error.code === 'ETIMEDOUT';
    return timedOut ? { tried: true, problem: `does not load within ${timeoutMs / 1000} s` } : { tried: false };
  }
  if (status === loaded) return { tried: true };
  const said = String(stderr).trim();
  if (status === 1 && said !== '') {
    return { tried: true, problem: said.startsWith(`${path}: `) ? said.slice(path.length + 2) : said };
  }
  const lastWords = said === '' ? '' : `: ${said.slice(said.lastIndexOf('\n') + 1)}`;
  return { tried: true, problem: `ends the process that loads it (${signal ?? `status ${status}`})${lastWords}` };
}

import nodeModule from 'node:module';
import { join } from 'node:path';
import { hornetHome } from '../config/hornet-home.js';

/** From Node 22.8 and 22.10 on (https://nodejs.org/api/module.html#module-compile-cache). */
const { enableCompileCache, flushCompileCache } = nodeModule as {
  readonly enableCompileCache?: (folder: string) => void;
  readonly flushCompileCache?: () => void;
};

/** Has V8 take from `HORNET_HOME/compile-cache` what it made of the modules at an earlier start. */
export function useCompileCache(): void {
  enableCompileCache?.(join(hornetHome(process.env.HORNET_HOME ?? ''), 'compile-cache'));
}

/** Writes it for the next start. Node does so by itself when it exits, which one that is killed does not. */
export function keepCompileCache(): void {
  flushCompileCache?.();
}

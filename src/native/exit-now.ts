import { loadAddon } from './load-addon.js';

/**
 * Ends the process, now. `process.exit` waits for worker threads, and one that is in a driver which hangs never ends.
 * Without the addon the process ends by SIGKILL.
 */
export function exitNow(code: number): void {
  loadAddon()?.exitNow(code);
  process.kill(process.pid, 'SIGKILL');
}

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Hornet's own folder on the volume. */
export function hornetHome(home: string): string {
  return home === '' ? join(homedir(), '.cache', 'hornet') : home;
}

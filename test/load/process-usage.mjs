// What Linux says of a process.
import { readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks per second in /proc/PID/stat; Linux has no other value on the platforms that Node runs on. */
const ticksPerSecond = 100;

/** @type {import('./process-usage.mjs').memoryOf} */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** @type {import('./process-usage.mjs').forgetPeak} */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** @type {import('./process-usage.mjs').cpuMsOf} */
export function cpuMsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may have spaces in it, and ends with the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

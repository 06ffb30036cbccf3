// What Linux says of a process.
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

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

/** @type {import('./process-usage.mjs').treeOf} */
export function treeOf(pid) {
  const children = unlessGone(() => readdirSync(`/proc/${pid}/task`), []).flatMap((task) => {
    const pids = unlessGone(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'), '');
    return pids.split(' ').filter(Boolean).map(Number);
  });
  return [pid, ...children.flatMap((child) => treeOf(child))];
}

/** @type {import('./process-usage.mjs').treeBytesOf} */
export function treeBytesOf(pid) {
  return treeOf(pid).reduce((sum, one) => {
    const rollup = unlessGone(() => readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'), '');
    return sum + Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }, 0);
}

/** @type {import('./process-usage.mjs').anonymousBytesOf} */
export function anonymousBytesOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Anonymous:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024;
}

/** @type {import('./process-usage.mjs').descriptorsOf} */
export function descriptorsOf(pid) {
  return counted(`/proc/${pid}/fd`, (path) => {
    const target = readlinkSync(path);
    // As in socket:[12345] and anon_inode:[eventpoll]; files have their paths.
    return target.startsWith('anon_inode:') ? target : target.replace(/:\[\d+\]$/, '');
  });
}

/** @type {import('./process-usage.mjs').threadsOf} */
export function threadsOf(pid) {
  return counted(`/proc/${pid}/task`, (path) => readFileSync(`${path}/comm`, 'utf8').trim());
}

/** @param {string} folder @param {(path: string) => string} nameOf */
function counted(folder, nameOf) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const entry of readdirSync(folder)) {
    const name = unlessGone(() => nameOf(`${folder}/${entry}`), null);
    if (name !== null) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/**
 * Processes and threads may end while they are looked at.
 * @template Value
 * @param {() => Value} read
 * @param {Value} otherwise
 */
function unlessGone(read, otherwise) {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return otherwise;
    throw error;
  }
}

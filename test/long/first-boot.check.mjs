// A server on an empty volume, on the stand-in GPU: the time line of its first and second boot, and what becomes of the
// first when its volume is full, read-only or gone while it fetches or builds.
import { bootTwice, bootWithFault } from '../load/first-boot.mjs';
import { writeEvidence } from './write-evidence.mjs';

const { first, second } = await bootTwice({ downloadMs: 10_000, buildMs: 10_000 });

/** @type {{ fault: import('../load/test-volume.mjs').VolumeFault, during: 'downloading' | 'building', boot: import('../load/first-boot.mjs').FaultyBoot }[]} */
const faults = [];
for (const during of /** @type {const} */ (['downloading', 'building'])) {
  for (const fault of /** @type {const} */ (['full', 'read-only', 'lost'])) {
    faults.push({ fault, during, boot: await bootWithFault({ fault, during }) });
  }
}

const isGoodBoot = (/** @type {import('../load/first-boot.mjs').Boot} */ boot) =>
  boot.readiness.join() === '503,200' && boot.notAlive === 0 && boot.exitCode === 0 && boot.states.at(-1) === 'ready';
const isGoodFault = (/** @type {(typeof faults)[number]} */ { fault, boot }) => {
  const code = fault === 'full' ? 'ERR_CACHE_NO_SPACE' : 'ERR_CACHE_UNWRITABLE';
  return boot.codes.every((seen) => seen === code) && boot.isAlive && boot.statuses[200] === 4 && boot.exitCode === 0;
};
const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;
const timeLine = (/** @type {string} */ title, /** @type {import('../load/first-boot.mjs').Boot} */ boot) => [
  `## ${title}`,
  '',
  '| After | Line of the log |',
  '| --- | --- |',
  ...boot.steps.map(({ atMs, message }) => `| ${seconds(atMs)} | ${message} |`),
  '',
];
const faultRows = faults.map(({ fault, during, boot }) => {
  const { code, message, remedy } = boot.error ?? { code: '-', message: '-', remedy: '-' };
  return `| ${fault} while ${during} | ${code}: ${message} | ${remedy} | ${seconds(boot.recoveredAfterMs)} |`;
});

writeEvidence({
  name: 'first-boot',
  title: 'First boot on an empty volume (on the stand-ins, no GPU)',
  command: 'scripts/verify-long first-boot',
  passed:
    isGoodBoot(first) &&
    isGoodBoot(second) &&
    first.builds === 1 &&
    second.builds + second.downloadedBytes === 0 &&
    faults.every(isGoodFault),
  facts: {
    Model: '1.3 MB (bench/make-model.mjs), fp16, from the test Hub slowed down to 10 s; a build that takes 10 s',
    'First boot: bytes of weights fetched / engines built': `${first.downloadedBytes} / ${first.builds}`,
    'First boot: different percentages told': Object.entries(first.percents)
      .map((entry) => entry.join(' '))
      .join(', '),
    'First boot: /health/ready, /health/live other than 200': `${first.readiness.join(' then ')}, ${first.notAlive}`,
    'First boot: a request sent as soon as it listened was answered after': seconds(first.firstAnswerMs),
    'Second boot: bytes of weights fetched / engines built': `${second.downloadedBytes} / ${second.builds}`,
    'Second boot: a request sent as soon as it listened was answered after': seconds(second.firstAnswerMs),
    'Volume full, read-only, lost': `${faults.filter(isGoodFault).length} of ${faults.length} explained twice, then recovered by themselves`,
  },
  body: [
    ...timeLine('First boot', first),
    ...timeLine('Second boot', second),
    '## A volume that fails during the first boot',
    '',
    'ext4 on a loop device. Full: a file takes all room. Read-only: the file system aborts, as after an error on its disk.',
    'Lost: every access fails. It is repaired only when the serving has failed for the second time. What the log says:',
    '"Serving mobile failed:", then the message and the remedy, then when it is tried again.',
    '',
    '| What | Code and message | Remedy | From the repair to ready |',
    '| --- | --- | --- | --- |',
    ...faultRows,
    '',
  ].join('\n'),
});

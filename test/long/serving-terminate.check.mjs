// 100 times SIGTERM under load: no answer is cut, and none is missing that was owed.
import { terminateUnderLoad } from '../load/terminate.mjs';
import { writeEvidence } from './write-evidence.mjs';

const rounds = await terminateUnderLoad({
  rounds: 100,
  connections: 32,
  withinMs: 1000,
  onRound: (round) => {
    if (round % 10 === 0) process.stdout.write(`${round} of 100\n`);
  },
});
const wrong = rounds.flatMap((round) => round.wrong);
const kept = rounds.reduce((sum, round) => sum + round.kept, 0);
const exitCodes = [...new Set(rounds.map(({ exitCode }) => exitCode))];
const count = (/** @type {number} */ status) => rounds.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0);
writeEvidence({
  name: 'serving-terminate',
  title: 'A server told to end under load',
  command: 'scripts/verify-long serving-terminate',
  passed: wrong.length === 0 && kept === 0 && exitCodes.join() === '0',
  facts: {
    Signals: `${rounds.length} times SIGTERM, up to 1 s after the first answer, 32 connections, one in five senders slow`,
    'Exit codes': exitCodes.join(', '),
    'Answered 200 / refused 503': `${count(200)} / ${count(503)}`,
    'Requests that lay with the system before the signal and got no answer, answers cut or wrong':
      wrong.length === 0 ? 0 : `${wrong.length}: ${[...new Set(wrong.map((what) => what.split(':')[0]))].join(', ')}`,
    'Answers after the signal without "Connection: close"': kept,
    'Longest way from the signal to the exit': `${Math.round(Math.max(...rounds.map(({ tookMs }) => tookMs)))} ms`,
  },
});

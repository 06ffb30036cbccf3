// Three servers behind HAProxy, restarted in turn and killed under load: no request of a client fails.
import { execFileSync } from 'node:child_process';
import { balanceLoad } from '../load/load-balancer.mjs';
import { writeEvidence } from './write-evidence.mjs';

/** @import { LoadBalancerRound } from '../load/load-balancer.mjs' */

const connections = 24;
const { restarts, kills } = await balanceLoad({
  rollingRestarts: 5,
  kills: 15,
  connections,
  onStep: (done) => process.stdout.write(`${done}\n`),
});
const sum = (/** @type {readonly number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
const most = (/** @type {readonly number[]} */ numbers) => Math.max(0, ...numbers);
const failures = [...restarts, ...kills].flatMap(({ failed }) => failed);
const beyond = kills.filter(({ retried, mostAtOnce }) => retried > mostAtOnce);
const exitCodes = [...new Set(restarts.map(({ exitCode }) => exitCode))];
const describe = (/** @type {readonly LoadBalancerRound[]} */ rounds) =>
  `${sum(rounds.map(({ requests }) => requests))}, of which ${sum(rounds.map(({ retried }) => retried))} were tried again ` +
  `(at most ${most(rounds.map(({ retried }) => retried))} at one of them, ${most(rounds.map(({ mostRetries }) => mostRetries))} times each)`;
writeEvidence({
  name: 'load-balancer',
  title: 'Three servers behind a load balancer',
  command: 'scripts/verify-long load-balancer',
  passed: failures.length === 0 && beyond.length === 0 && exitCodes.join() === '0',
  facts: {
    Balancer: `${execFileSync('haproxy', ['-v'], { encoding: 'utf8' }).split(' ').slice(0, 3).join(' ')}, with deploy/haproxy/haproxy.cfg`,
    Load: `${connections} connections, each sends when it was answered; one request in eight is slow`,
    'Servers that were restarted (SIGTERM), one after the other': restarts.length,
    'Exit codes of those': exitCodes.join(', '),
    'Requests meanwhile': describe(restarts),
    'Servers that were killed (SIGKILL)': kills.length,
    'Requests while they were away': describe(kills),
    'Kills where more requests were tried again than had ever been in the server at once': beyond.length,
    'Requests that failed at the client, or got a wrong label':
      failures.length === 0 ? 0 : `${failures.length}: ${[...new Set(failures)].join('; ')}`,
    'Longest time from the signal until the new process was asked': `${(most([...restarts, ...kills].map(({ awayMs }) => awayMs)) / 1000).toFixed(1)} s`,
  },
});

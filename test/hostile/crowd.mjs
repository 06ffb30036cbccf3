import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** @type {import('./crowd.mjs').mostConnections} */
export function mostConnections() {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  // Each connection takes a descriptor here and one in the server; both have others.
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Math.max(0, Number(limit) - 500);
}

/** @type {import('./crowd.mjs').idleCrowd} */
export function idleCrowd(port, size) {
  const asks = 'GET /health/live HTTP/1.1\r\nHost: hornet.test\r\n\r\n';
  return crowd(port, size, (socket, number) => {
    if (number % 2 === 0) socket.write(asks);
  });
}

/** @type {import('./crowd.mjs').slowCrowd} */
export function slowCrowd(port, size) {
  return crowd(port, size, (socket, number) => {
    socket.write('POST /classify HTTP/1.1\r\nHost: hornet.test\r\n');
    if (number % 3 > 0)
      socket.write(number % 3 === 1 ? 'Content-Length: 100000\r\n\r\n' : 'Transfer-Encoding: chunked\r\n\r\n');
    const next = ['X: y\r\n', 'x', '1\r\nx\r\n'][number % 3] ?? '';
    const timer = setInterval(() => socket.write(next), 300);
    socket.once('close', () => clearInterval(timer));
  });
}

/** How long those whom the server has closed stay away, ms. */
const mostAwayMs = 4000;

/** How long it takes for a hundred to come, ms. */
const hundredMs = 80;

/**
 * @param {number} port
 * @param {number} size
 * @param {(socket: import('node:net').Socket, number: number) => void} begin
 * @returns {Promise<import('./crowd.mjs').Crowd>}
 */
async function crowd(port, size, begin) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  let isLeaving = false;
  const result = {
    most: 0,
    closed: 0,
    get open() {
      return open.size;
    },
    leave() {
      isLeaving = true;
      for (const socket of open) socket.destroy();
    },
  };
  const enter = (/** @type {number} */ number) =>
    /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const socket = connect({ port, host: '127.0.0.1' });
        // What is answered is of no interest here.
        socket.on('error', () => {}).resume();
        socket.once('connect', () => {
          if (isLeaving) socket.destroy();
          open.add(socket);
          result.most = Math.max(result.most, open.size);
          begin(socket, number);
          resolve();
        });
        socket.once('close', () => {
          resolve();
          open.delete(socket);
          if (isLeaving) return;
          result.closed++;
          // Not at once, nor all together: those that were opened together are closed together.
          setTimeout(() => isLeaving || enter(number), 100 + Math.random() * mostAwayMs);
        });
      })
    );
  // The system queues only so many connections that nobody has accepted yet.
  for (let number = 0; number < size; number += 100) {
    const some = Array.from({ length: Math.min(100, size - number) }, (_, index) => enter(number + index));
    await Promise.all([...some, delay(hundredMs)]);
  }
  return result;
}

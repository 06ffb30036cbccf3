import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { systemClock } from '../serving/clock.js';
import { ConnectionTracker } from './connection-tracker.js';

it('tells every response to a client who has gone, not only the one whose turn it was', async () => {
  const responses: ServerResponse[] = [];
  const closed: number[] = [];
  const http = createServer((_request, response) => {
    const number = responses.push(response);
    response.on('close', () => closed.push(number));
    // The second one is done before its turn has come.
    if (number === 2) response.end();
  }).listen(0, '127.0.0.1');
  const tracker = new ConnectionTracker(http, systemClock);
  await once(http, 'listening');
  const client = connect((http.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await once(http, 'connection');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
  await expect.poll(() => responses.length).toBe(3);
  expect(tracker.pendingOn(socket)).toEqual(responses);
  client.resetAndDestroy();
  await expect.poll(() => closed.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  expect([tracker.size, tracker.countPendingOn(socket)]).toEqual([0, 0]);
  http.close();
});

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../serving/clock.js';
import { closeGently } from './close-gently.js';
import { ConnectionTracker } from './connection-tracker.js';

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('closeGently', () => {
  let server: Server;
  let port: number;
  let connections: ConnectionTracker;
  let held: ServerResponse[] | undefined;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    held = undefined;
    server = createServer((_request, response) => {
      response.setHeader('Connection', 'close');
      if (held === undefined) response.end('late');
      else held.push(response);
    });
    connections = new ConnectionTracker(server, systemClock);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });
  async function open(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  async function textOf(socket: Socket): Promise<string> {
    let text = '';
    for await (const piece of socket) text += String(piece);
    return text;
  }
  const close = (onHold: () => void = () => {}): Promise<void> =>
    closeGently({
      server,
      connections,
      clock: systemClock,
      answersMs: 60_000,
      hold: () => {
        held = [];
        onHold();
        return () => {
          for (const response of held ?? []) response.end('held');
          held = undefined;
        };
      },
    });

  it('answers requests that come while the listener is closed, when it is', async () => {
    const [old, other] = [await open(), await open()];
    const answers = Promise.all([textOf(old), textOf(other)]);
    await close(() => old.write(request) && other.write(request));
    for (const answer of await answers) expect(answer).toMatch(/^HTTP\/1\.1 200 .*(held|late)/s);
    await expect(open()).rejects.toThrow('ECONNREFUSED');
  });

  it('waits for answers that are on their way', async () => {
    const socket = await open();
    const asked = once(server, 'request');
    held = [];
    const answer = textOf(socket);
    socket.write(request);
    await asked;
    const [response] = held;
    const closed = close();
    response?.end('slow');
    await closed;
    expect(await answer).toContain('slow');
  });

  it('cuts off those that stay silent', async () => {
    const [silent, halfway] = [await open(), await open()];
    halfway.write('GET / HTTP/1.1\r\nHost:');
    const ended = [
      once(silent.resume(), 'close'),
      once(
        halfway.resume().on('error', () => {}),
        'close',
      ),
    ];
    await close();
    await Promise.all(ended);
  });

  it('is through at once where nobody is connected', async () => {
    let held = false;
    await close(() => {
      held = true;
    });
    expect([held, connections.size]).toEqual([true, 0]);
  });
});

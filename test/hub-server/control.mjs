// The handle of a test Hub over HTTP, for tests in other processes. On a listener of its own, so that it works while
// the Hub is stopped and leaves no trace in its log.

import { Listener } from './listener.mjs';

/** @import { IncomingMessage } from 'node:http' */
/** @import { FaultHandle, HubHost, HubServer } from './index.mjs' */
/** @typedef {{ server: HubServer, query: URLSearchParams, body: any, id: number }} Call */

async function readJson(/** @type {IncomingMessage} */ request) {
  /** @type {Buffer[]} */
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

/** @returns {HubHost | undefined} */
function hostOf(/** @type {URLSearchParams} */ query) {
  const host = query.get('host');
  if (host === null || host === 'hub' || host === 'cdn') return host ?? undefined;
  throw new TypeError(`host is hub or cdn, not ${host}`);
}

/** @returns {FaultHandle} */
function faultOf(/** @type {Call} */ { server, id }) {
  const fault = server.fault(id);
  if (!fault) throw new RangeError(`no fault ${id}`);
  return fault;
}

/** @type {Record<string, (call: Call) => unknown>} */
const routes = {
  'GET /_control/stats': ({ server }) => server.stats(),
  'DELETE /_control/stats': ({ server }) => server.clearRequests(),
  'GET /_control/requests': ({ server }) => server.requests,
  'GET /_control/until': async ({ server, query }) => {
    const bytes = Number(query.get('bytesSent') ?? 0);
    const requests = Number(query.get('requests') ?? 0);
    await server.until((hub) => {
      const stats = hub.stats();
      return stats.bytesSent >= bytes && stats.requests >= requests;
    });
    return server.stats();
  },
  'POST /_control/faults': ({ server, body }) => ({ id: server.addFault(body).id }),
  'DELETE /_control/faults': ({ server }) => server.clearFaults(),
  'GET /_control/faults/ID': (call) => ({ hits: faultOf(call).hits }),
  'DELETE /_control/faults/ID': (call) => faultOf(call).remove(),
  'POST /_control/faults/ID/release': (call) => faultOf(call).release(),
  'POST /_control/throttle': ({ server, body }) => server.setThrottle(body.bytesPerSecond ?? null),
  'POST /_control/repositories': async ({ server, body }) => {
    const repository = await server.addRepository(body);
    return { id: repository.id, commit: repository.resolve('main')?.id };
  },
  'POST /_control/commits': async ({ server, body }) => ({
    commit: await server.repository(body.repository).addCommit(body.files, body.options),
  }),
  'POST /_control/stop': ({ server, query }) => server.stop(hostOf(query)),
  'POST /_control/start': ({ server, query }) => server.start(hostOf(query)),
};

/**
 * @param {HubServer} server
 * @param {number} [port]
 */
export async function startControl(server, port = 0) {
  const listener = new Listener(port, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const route = routes[`${request.method} ${pathname.replace(/\/\d+(?=\/|$)/, '/ID')}`];
    const send = (/** @type {number} */ status, /** @type {unknown} */ value) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value ?? {}));
    };
    try {
      if (!route) return send(404, { error: 'no such control route' });
      const id = Number(/\/(\d+)(?:\/|$)/.exec(pathname)?.[1]);
      send(200, await route({ server, query: searchParams, body: await readJson(request), id }));
    } catch (error) {
      send(400, { error: String(error) });
    }
  });
  await listener.start();
  return { url: `http://127.0.0.1:${listener.port}`, stop: () => listener.stop() };
}

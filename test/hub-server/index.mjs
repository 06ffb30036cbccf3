// A Hugging Face Hub on loopback for tests: real paths and headers, faults on demand, every byte counted.

import { dispatch } from './dispatch.mjs';
import { Listener } from './listener.mjs';
import { ServerState } from './server-state.mjs';

/** @import { HubHost, HubServer } from './index.mjs' */

export { Repository, readFolder } from './repository.mjs';

/** @type {typeof import('./index.mjs').startHubServer} */
export async function startHubServer(options = {}) {
  const state = new ServerState(options);
  for (const definition of options.repositories ?? []) await state.addRepository(definition);

  const listen = (/** @type {HubHost} */ host, port = 0) =>
    new Listener(port, (request, response) => void dispatch(state, host, request, response));
  const hub = listen('hub', options.port);
  const cdn = listen('cdn', options.cdnPort);
  await hub.start();
  await cdn.start();
  state.hubUrl = `http://127.0.0.1:${hub.port}`;
  // Another host name as well as another port: clients differ in which of the two they look at.
  state.cdnUrl = `http://${options.cdnHost ?? 'localhost'}:${cdn.port}`;

  /** @type {HubServer} */
  const server = {
    url: state.hubUrl,
    cdnUrl: state.cdnUrl,
    get requests() {
      return state.log.records;
    },
    addRepository: (definition) => state.addRepository(definition),
    repository: (id) => {
      const repository = state.repositories.get(id);
      if (!repository) throw new RangeError(`no repository ${id}`);
      return repository;
    },
    removeRepository: (id) => state.repositories.delete(id),
    rename: (from, to) => state.rename(from, to),
    addFault: (fault) => state.faults.add(fault),
    fault: (id) => state.faults.get(id),
    clearFaults: () => state.faults.clear(),
    setThrottle: (rate) => state.throttle.setRate(rate),
    downloads: (file) => state.log.downloads(file),
    stats: () => state.log.stats({ hub: hub.openConnections, cdn: cdn.openConnections }),
    clearRequests: () => state.log.clear(),
    until: (predicate) => state.log.until(() => predicate(server)),
    stop: async (host) => {
      if (host !== 'cdn') await hub.stop();
      if (host !== 'hub') await cdn.stop();
    },
    start: async (host) => {
      if (host !== 'cdn') await hub.start();
      if (host !== 'hub') await cdn.start();
    },
  };
  return server;
}

import type { ServerResponse } from 'node:http';

/** Where a response keeps what is to be called. Not a WeakMap: thousands of short lives a second in one cost the collector dear. */
const callbacks = Symbol('callbacks on close');

interface WithCallbacks extends ServerResponse {
  [callbacks]?: (() => void)[] | undefined;
}

/**
 * Calls back once when a response is over: sent whole, or its client gone. As `response.once('close', ...)`, but one
 * listener does for all who want to know, and on the way of a request there are five of them.
 */
export function onClose(response: ServerResponse, callback: () => void): void {
  const holder: WithCallbacks = response;
  const waiting = holder[callbacks];
  if (waiting !== undefined) {
    waiting.push(callback);
    return;
  }
  holder[callbacks] = [callback];
  response.on('close', callAll);
}

function callAll(this: WithCallbacks): void {
  const all = this[callbacks] ?? [];
  this[callbacks] = undefined;
  for (const callback of all) callback();
}

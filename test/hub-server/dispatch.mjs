// From a request to its route, past the faults that strike before an answer.

import { answerApi } from './api-routes.mjs';
import { answerCdn, fileOfSignedUrl } from './cdn-routes.mjs';
import { Exchange } from './exchange.mjs';
import { answerCachedFile, answerFile, fileOfPath } from './file-routes.mjs';
import { HubError, sendHubError } from './hub-error.mjs';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Fault, HubHost } from './index.mjs' */
/** @import { Headers } from './exchange.mjs' */
/** @import { ServerState } from './server-state.mjs' */

/**
 * @param {Exchange} exchange
 * @param {Fault} fault
 * @returns {Promise<boolean>} whether that was the answer
 */
async function applyFault(exchange, fault) {
  const { state, record } = exchange;
  if (fault.kind === 'reset') exchange.reset();
  else if (fault.kind === 'status') {
    const retryAfter = fault.retryAfter;
    /** @type {Headers} */
    const headers = { ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }), ...fault.headers };
    await exchange.sendJson(fault.status, { error: fault.message ?? `status ${fault.status}` }, headers);
  } else if (fault.kind === 'redirect-loop') await exchange.redirect(302, exchange.request.url ?? '/');
  else if (fault.kind === 'redirect' && fault.to !== 'cdn') await exchange.redirect(fault.status ?? 302, fault.to);
  else if (fault.kind === 'redirect') {
    const [organisation = '', name = '', ...path] = (record.file ?? '').split('/');
    const repository = state.repositories.get(`${organisation}/${name}`);
    const file = repository?.resolve('main')?.files.get(path.join('/'));
    if (!repository || !file) return false;
    await exchange.redirect(fault.status ?? 302, state.cdnLocation(repository, file));
  } else return false;
  return true;
}

/** @param {Exchange} exchange @param {HubHost} host */
async function answer(exchange, host) {
  const fault = exchange.state.faults.takeForRequest(exchange.record);
  if (fault && (await applyFault(exchange, fault))) return;
  if (host === 'cdn') return answerCdn(exchange);
  if (await answerCachedFile(exchange)) return;
  if (exchange.url.pathname.startsWith('/api/')) return answerApi(exchange);
  if (!(await answerFile(exchange))) throw new HubError(404, "Sorry, we can't find the page you are looking for.");
}

/**
 * @param {ServerState} state
 * @param {HubHost} host
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
export async function dispatch(state, host, request, response) {
  const url = new URL(request.url ?? '/', host === 'hub' ? state.hubUrl : state.cdnUrl);
  const record = state.log.open(host, request, url);
  record.file = host === 'hub' ? fileOfPath(url.pathname) : fileOfSignedUrl(url);
  response.once('finish', () => {
    if (record.state === 'open') record.state = 'complete';
  });
  response.once('close', () => {
    if (record.state === 'open' || record.state === 'stalled') record.state = 'aborted';
    state.log.changed();
  });
  state.log.changed();
  const exchange = new Exchange(state, record, url, request, response);
  try {
    await answer(exchange, host);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else if (error instanceof HubError) await sendHubError(exchange, error, url.pathname.startsWith('/api/'));
    else await exchange.sendJson(500, { error: String(error) });
  }
}

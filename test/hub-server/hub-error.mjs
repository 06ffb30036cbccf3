// Refusals with the Hub's own status codes, X-Error-Code and X-Error-Message.

/** @import { Exchange } from './exchange.mjs' */
/** @import { Repository } from './repository.mjs' */

export class HubError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {{ code?: string, commit?: string }} [more]
   */
  constructor(status, message, { code, commit } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.commit = commit;
  }
}

/** What the Hub says of a repository that one may not see: the same as of one that is not there. */
function notFound(/** @type {boolean} */ signedIn) {
  if (!signedIn) return new HubError(401, 'Invalid username or password.', { code: 'RepoNotFound' });
  return new HubError(404, 'Repository not found', { code: 'RepoNotFound' });
}

/**
 * Refuses an unknown token, and whoever may not see the repository.
 * @param {Exchange} exchange
 * @param {Repository | undefined} repository
 * @returns {Repository}
 */
export function requireReadable(exchange, repository) {
  const token = tokenOf(exchange);
  if (token !== null && !exchange.state.knowsToken(token)) {
    throw new HubError(401, 'Invalid credentials in Authorization header');
  }
  if (!repository) throw notFound(token !== null);
  if (repository.private && !(token !== null && repository.tokens.has(token))) throw notFound(token !== null);
  return repository;
}

/** Refuses the files of a gated repository; its metadata is public. */
export function requireGranted(/** @type {Exchange} */ exchange, /** @type {Repository} */ repository) {
  const token = tokenOf(exchange);
  if (repository.gated === false || (token !== null && repository.tokens.has(token))) return;
  const restricted = `Access to model ${repository.id} is restricted`;
  if (token === null) {
    const message = `${restricted}. You must have access to it and be authenticated to access it. Please log in.`;
    throw new HubError(401, message, { code: 'GatedRepo' });
  }
  const visit = `Visit ${exchange.state.hubUrl}/${repository.id} to ask for access.`;
  throw new HubError(403, `${restricted} and you are not in the authorized list. ${visit}`, { code: 'GatedRepo' });
}

export function tokenOf(/** @type {Exchange} */ exchange) {
  return /^Bearer (.+)$/.exec(exchange.header('authorization') ?? '')?.[1] ?? null;
}

/** @param {Exchange} exchange @param {HubError} error @param {boolean} asJson */
export function sendHubError(exchange, error, asJson) {
  const headers = {
    'X-Error-Message': error.message,
    ...(error.code === undefined ? {} : { 'X-Error-Code': error.code }),
    ...(error.commit === undefined ? {} : { 'X-Repo-Commit': error.commit }),
    ...(error.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="Authentication required", charset="UTF-8"' } : {}),
  };
  if (asJson) return exchange.sendJson(error.status, { error: error.message }, headers);
  return exchange.sendText(error.status, error.message, headers);
}

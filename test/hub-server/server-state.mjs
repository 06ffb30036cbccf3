// What both hosts of one test Hub share.

import { signedPath } from './cdn-routes.mjs';
import { FaultRegistry } from './faults.mjs';
import { Repository } from './repository.mjs';
import { RequestLog } from './request-log.mjs';
import { Throttle } from './throttle.mjs';

/** @import { HubServerOptions, RepositoryDefinition, StoredFile } from './index.mjs' */

export class ServerState {
  /** @type {Map<string, Repository>} */
  repositories = new Map();
  faults = new FaultRegistry();
  log = new RequestLog();
  throttle = new Throttle();
  hubUrl = '';
  cdnUrl = '';

  constructor(/** @type {HubServerOptions} */ options) {
    this.tokens = new Set(options.tokens ?? []);
    this.cdnEtag = options.cdnEtag ?? 'own';
    this.resolveCache = options.resolveCache ?? true;
    this.compress = options.compress ?? false;
    this.xet = options.xet ?? false;
    this.treePageSize = options.treePageSize ?? null;
    this.signedUrlSeconds = options.signedUrlSeconds ?? 3600;
    this.throttle.setRate(options.throttle ?? null);
  }

  async addRepository(/** @type {RepositoryDefinition | Repository} */ definition) {
    const repository = definition instanceof Repository ? definition : await Repository.create(definition);
    this.repositories.set(repository.id, repository);
    return repository;
  }

  rename(/** @type {string} */ from, /** @type {string} */ to) {
    const repository = this.repositories.get(from);
    if (!repository) throw new RangeError(`no repository ${from}`);
    this.repositories.delete(from);
    repository.formerIds.add(from);
    repository.id = to;
    this.repositories.set(to, repository);
  }

  /** The name that a former name of a repository leads to now, or null. */
  currentIdOf(/** @type {string} */ id) {
    if (this.repositories.has(id)) return null;
    for (const repository of this.repositories.values()) if (repository.formerIds.has(id)) return repository.id;
    return null;
  }

  knowsToken(/** @type {string} */ token) {
    return this.tokens.has(token) || [...this.repositories.values()].some(({ tokens }) => tokens.has(token));
  }

  cdnLocation(/** @type {Repository} */ repository, /** @type {StoredFile} */ file) {
    const expires = Math.floor(Date.now() / 1000) + this.signedUrlSeconds;
    return `${this.cdnUrl}${signedPath(repository, file, expires)}`;
  }
}

import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { verifyCache } from '../../src/hub/cache/verify-cache.js';
import { type HubServer, startHubServer } from '../hub-server/index.mjs';
import { classifierFiles, repository, TestFetcher } from './hub-fixture.js';

/** A token that the Hub knows, and that may see no private or gated repository. */
export const token = 'hf_known0token';

/** The Hub of the test file; anew with nothing but {@link repository} as it was made, for each test. */
export let hub: HubServer;

/** With a cache of its own for each test. */
export let fetcher: TestFetcher;

/** Gives a test file its `hub` and its `fetcher`. `prepare` is called before each test. */
export function useHub(prepare: () => void = () => {}): void {
  beforeAll(async () => {
    hub = await startHubServer({ tokens: [token] });
  });
  afterAll(() => hub.stop());
  beforeEach(async () => {
    hub.removeRepository(repository);
    await hub.addRepository({ id: repository, files: classifierFiles });
    hub.clearRequests();
    fetcher = await TestFetcher.create(hub.url);
    prepare();
  });
  afterEach(async () => {
    hub.clearFaults();
    hub.setThrottle(null);
    await fetcher.remove();
  });
}

/** The commit that `main` is at. */
export function head(): string {
  return hub.repository(repository).revisions.get('main') ?? '';
}

/** The files whose content was asked for, in order. */
export function contentRequests(): (string | null)[] {
  return hub.requests.filter(({ content }) => content).map(({ file }) => file);
}

/** What a promise that must fail fails with. */
export function failure(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as Record<string, unknown>,
  );
}

/** That the cache has no file with other content than its name says, and nothing that does not belong there. */
export async function expectWholeCache(): Promise<void> {
  expect(await verifyCache(fetcher.cacheDir)).toMatchObject({ damaged: [], orphaned: [], warnings: [] });
}

import { expect, it } from 'vitest';
import { HttpStatusError } from './download/http-status-error.js';
import { HubUnreachable } from './hub-fetch.js';
import { translateHubError } from './translate-hub-error.js';

const context = { repository: 'org/name', revision: 'v2', endpoint: 'https://hub.test', hasToken: false };
const url = 'https://hub.test/org/name/resolve/v2/config.json?Signature=secret';
const badToken = 'Invalid credentials in Authorization header';

it.each([
  [401, 'GatedRepo', undefined, false, 'ERR_HUB_GATED'],
  [403, 'GatedRepo', undefined, true, 'ERR_HUB_GATED'],
  [404, 'RevisionNotFound', undefined, false, 'ERR_HUB_REVISION_NOT_FOUND'],
  [404, 'EntryNotFound', undefined, false, 'ERR_HUB_FILE_NOT_FOUND'],
  [401, 'RepoNotFound', undefined, false, 'ERR_HUB_REPOSITORY_NOT_FOUND'],
  [404, 'RepoNotFound', undefined, true, 'ERR_HUB_REPOSITORY_NOT_FOUND'],
  [404, undefined, undefined, false, 'ERR_HUB_REPOSITORY_NOT_FOUND'],
  [401, undefined, undefined, false, 'ERR_HUB_REPOSITORY_NOT_FOUND'],
  [401, undefined, badToken, true, 'ERR_HUB_UNAUTHORIZED'],
  [401, undefined, badToken, false, 'ERR_HUB_UNAUTHORIZED'],
  [401, undefined, undefined, true, 'ERR_HUB_UNAUTHORIZED'],
  [403, undefined, undefined, true, 'ERR_HUB_UNAUTHORIZED'],
  [400, undefined, undefined, false, 'ERR_HUB_UNREACHABLE'],
  [418, 'SomethingNew', undefined, false, 'ERR_HUB_UNREACHABLE'],
])('takes %i with the code %s and the message %s (token: %s) for %s', (status, code, message, hasToken, expected) => {
  const refusal = new HttpStatusError(status, url, code, message);
  const error = translateHubError(refusal, { ...context, hasToken });
  expect(error).toMatchObject({ code: expected, cause: refusal, details: { hubStatus: status } });
  expect(String(error)).toContain('org/name');
  expect(JSON.stringify(error) + String(error)).not.toContain('secret');
});

it('names the revision that is missing, and what may hide a repository', () => {
  const of = (code: string, hasToken: boolean): string =>
    String(translateHubError(new HttpStatusError(404, url, code, undefined), { ...context, hasToken }));
  expect(of('RevisionNotFound', false)).toContain('"v2"');
  expect(of('RepoNotFound', false)).toContain('no token is set');
  expect(of('RepoNotFound', true)).toContain('the token may not see it');
});

it('takes failures to ask for an unreachable Hub, and leaves everything else alone', () => {
  expect(translateHubError(new HubUnreachable('https://hub.test: it answered 502'), context)).toMatchObject({
    code: 'ERR_HUB_UNREACHABLE',
    message: expect.stringContaining('it answered 502'),
  });
  const other = new Error('other');
  expect(translateHubError(other, context)).toBe(other);
});

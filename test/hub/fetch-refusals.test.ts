import { describe, expect, it } from 'vitest';
import { classifierFiles } from './hub-fixture.js';
import { failure, fetcher, hub, token, useHub } from './use-hub.js';

const ownerToken = 'hf_owner0token';
const configs = { 'config.json': '{}', 'preprocessor_config.json': '{"a":1}' };

useHub();

describe('what the Hub refuses', () => {
  it('is a repository that does not exist', async () => {
    const error = await failure(fetcher.fetchOf('tests/absent'));
    expect(error).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND', message: expect.stringContaining('no token') });
    const known = await failure(fetcher.fetchOf('tests/absent', {}, { token }));
    expect(known).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
  });

  it('is a revision that does not exist', async () => {
    const error = await failure(fetcher.fetch({ revision: 'v9' }));
    expect(error).toMatchObject({ code: 'ERR_HUB_REVISION_NOT_FOUND', message: expect.stringContaining('"v9"') });
  });

  it.each(['../etc', 'a--b/c', '-x/y'])('is never asked for %j, which cannot be a name', async (name) => {
    expect(await failure(fetcher.fetchOf(name))).toMatchObject({ code: 'ERR_HUB_REPOSITORY_NOT_FOUND' });
    expect(hub.requests).toEqual([]);
  });

  it('is a dtype that the repository does not have', async () => {
    const error = await failure(fetcher.fetch({ dtype: 'fp16' }));
    expect(error).toMatchObject({ code: 'ERR_MODEL_DTYPE_NOT_FOUND', details: { existing: ['fp32', 'q4'] } });
  });

  it('is a repository without an ONNX file, with conversions to try', async () => {
    await hub.addRepository({ id: 'tests/torch', files: { ...configs, 'model.safetensors': { size: 9, seed: 1 } } });
    const error = await failure(fetcher.fetchOf('tests/torch'));
    expect(error).toMatchObject({ code: 'ERR_HUB_NO_ONNX', remedy: expect.stringContaining('Xenova/torch') });
    expect(error.message).toContain('model.safetensors');
  });

  it('is a gated repository, until a token is given that was let in', async () => {
    await hub.addRepository({ id: 'tests/gated', gated: 'manual', tokens: [ownerToken], files: classifierFiles });
    expect(await failure(fetcher.fetchOf('tests/gated'))).toMatchObject({ code: 'ERR_HUB_GATED' });
    expect(await failure(fetcher.fetchOf('tests/gated', {}, { token }))).toMatchObject({ code: 'ERR_HUB_GATED' });
    expect(await fetcher.fetchOf('tests/gated', {}, { token: ownerToken })).toMatchObject({ source: 'hub' });
  });

  it('is a token that is not valid', async () => {
    expect(await failure(fetcher.fetch({}, { token: 'hf_bad' }))).toMatchObject({ code: 'ERR_HUB_UNAUTHORIZED' });
  });

  it('is a private repository, except with a token that may see it', async () => {
    await hub.addRepository({ id: 'tests/private', private: true, tokens: [ownerToken], files: classifierFiles });
    const code = 'ERR_HUB_REPOSITORY_NOT_FOUND';
    expect(await failure(fetcher.fetchOf('tests/private'))).toMatchObject({ code });
    expect(await failure(fetcher.fetchOf('tests/private', {}, { token }))).toMatchObject({ code });
    expect(await fetcher.fetchOf('tests/private', {}, { token: ownerToken })).toMatchObject({ source: 'hub' });
  });
});

it('sends the token to the Hub only, and writes it nowhere', async () => {
  await fetcher.fetch({}, { token });
  const { authorization } = hub.stats();
  expect(new Set(authorization.hub)).toContain(`Bearer ${token}`);
  expect(authorization.cdn).toEqual([]);
  hub.addFault({ kind: 'status', status: 500, times: 100 });
  const error = await failure(fetcher.fetch({ force: true }, { token }));
  const causes = `${JSON.stringify(error)} ${String(error)} ${String(error.cause)}`;
  expect(causes + JSON.stringify(fetcher.log)).not.toContain(token);
});

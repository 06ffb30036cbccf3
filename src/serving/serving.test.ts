import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';
import { openServing } from './open-serving.js';

const image = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));

describe('Serving', () => {
  it('classifies, and refuses work after it was closed', async () => {
    const serving = await openServing('digits', { topK: 1 });
    expect((await serving.classify(image)).labels).toEqual([{ label: '7', score: expect.any(Number) }]);
    await serving.close();
    expect(serving.status.state).toBe('unloaded');
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
    await expect(serving.load()).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  });

  it('can be closed twice while an image is in it, and answers the image', async () => {
    const serving = await openServing();
    const classified = serving.classify(image);
    await Promise.all([serving.close(), serving.close()]);
    expect((await classified).labels[0]?.label).toBe('7');
  });

  it('gives the error of a bad image to that image alone', async () => {
    const serving = await openServing();
    const results = await Promise.allSettled([
      serving.classify(image),
      serving.classify(image.subarray(0, 200)),
      serving.classify(image),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await serving.close();
  });

  it('rejects with the reason of the signal and goes on', async () => {
    const serving = await openServing();
    const reason = new Error('enough');
    await expect(serving.classify(image, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await serving.classify(image)).labels[0]?.label).toBe('7');
    await serving.close();
  });

  it.each([
    [image, { topK: 0 }],
    [image, { topK: Number.NaN }],
    [image, { functionToApply: 'relu' as 'none' }],
    ['a path' as unknown as Uint8Array, {}],
  ])('refuses arguments that make no sense', async (bytes, options) => {
    const serving = await openServing();
    await expect(serving.classify(bytes, options)).rejects.toMatchObject({ code: 'ERR_PARAMETER_INVALID' });
    await serving.close();
  });

  it('reports what is wrong with a model', async () => {
    await expect(openServing('/nonexistent/model')).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
  });
});

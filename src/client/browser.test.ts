import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';

it('runs where there is nothing but what browsers have, and needs no other module', async () => {
  const bundle = await rolldown({
    input: join(packageRoot, 'src/client/index.ts'),
    platform: 'browser',
    // Whatever cannot be part of the bundle would be reported.
    onLog: (level, log) => {
      throw new Error(`${level}: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({ format: 'iife', name: 'hornet' });
  await bundle.close();
  expect(output).toHaveLength(1);
  const [{ code, imports, dynamicImports }] = output;
  expect([...imports, ...dynamicImports]).toEqual([]);
  expect(code).not.toMatch(/\brequire\s*\(|\bimport\s*\(|\bBuffer\b|from\s*['"]/);

  const requests: unknown[][] = [];
  const context = createContext({
    ...{
      AbortController,
      AbortSignal,
      Blob,
      FormData,
      Headers,
      ReadableStream,
      URL,
      performance,
      setTimeout,
      clearTimeout,
    },
    picture: new Blob(['picture']),
    fetch: async (url: string, init: RequestInit) => {
      requests.push([init.method, url]);
      return new Response(JSON.stringify([{ label: 'cat', score: 1 }]));
    },
  });
  const script = `${code}
    (async () => {
      const client = new hornet.HornetClient({ url: 'https://host' });
      const labels = await client.classify('cats', picture);
      const ofFile = await client.classify('cats', new URL('file:///cat.jpg')).catch((error) => error.message);
      return JSON.stringify({ labels, ofFile });
    })()`;
  const result = JSON.parse((await runInContext(script, context)) as string) as unknown;
  expect(result).toEqual({
    labels: [{ label: 'cat', score: 1 }],
    ofFile: 'The image cannot be read: files have no URL here; give a File object instead.',
  });
  expect(requests).toEqual([['POST', 'https://host/models/cats/classify']]);
});

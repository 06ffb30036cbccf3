// What transformers.js offers for it, behind Express, by its defaults.
//   node bench/peers/transformers-server.mjs MODEL_FOLDER PORT PACKAGES   (a folder with @huggingface/transformers in node_modules)
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import express from 'express';

const [folder, port, packages] = process.argv.slice(2);
const entry = createRequire(join(packages, 'package.json')).resolve('@huggingface/transformers');
const { env, pipeline, RawImage } = await import(pathToFileURL(entry).href);
env.localModelPath = dirname(folder);
env.allowRemoteModels = false;
const classify = await pipeline('image-classification', basename(folder), { dtype: 'fp32' });

const app = express();
app.get('/health/live', (_request, response) => response.json({ status: 'live' }));
app.post('/classify', express.raw({ type: () => true, limit: '20mb' }), async (request, response) => {
  const image = await RawImage.fromBlob(new Blob([request.body]));
  response.json(await classify(image, { top_k: 5 }));
});
app.listen(Number(port), '127.0.0.1');

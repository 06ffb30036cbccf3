/**
 * One of the servers that http-layers.mjs compares; a process of its own, started with fork(). Sends { url } when it
 * listens, and ends with its parent.
 *
 *   hornet    Hornet as `hornet serve` runs it; only the serving is replaced by one that answers at once
 *   express   Express 5 and nothing else: collects the body by hand, answers the same JSON
 *   raw       the same with express.raw(), as most servers on Express read a body
 */
import { once } from 'node:events';
import express from 'express';
import { createServer } from '../dist/index.js';

const labels = ['7', '1', '9', '2', '3'].map((label, index) => ({ label, score: 0.9 / 10 ** index }));
const timings = { queue: 0, decode: 1, preprocess: 1, batch: 1, inference: 1, postprocess: 0 };
const maxBodyBytes = 20_000_000;

async function startHornet() {
  const server = createServer({ port: 0, host: '127.0.0.1', backend: 'onnxruntime', maxBodyBytes });
  const [serving] = server.servings;
  const url = await server.listen();
  await serving.whenReady();
  // Admission, deadline and whatever else is in front of it stay; nothing is decoded or run.
  serving.classify = () => Promise.resolve({ labels, timings });
  serving.classifyMany = (images) => Promise.resolve(images.map(() => ({ labels, timings })));
  return url;
}

async function listening(app) {
  const http = app.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return `http://127.0.0.1:${http.address().port}`;
}

function startExpress() {
  const app = express();
  app.post('/classify', (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (Buffer.concat(chunks).length > 0) response.json(labels);
    });
  });
  return listening(app);
}

function startRaw() {
  const app = express();
  app.post('/classify', express.raw({ type: () => true, limit: maxBodyBytes }), (_request, response) => {
    response.json(labels);
  });
  return listening(app);
}

const kinds = { hornet: startHornet, express: startExpress, raw: startRaw };
const url = await kinds[process.argv[2]]();
process.once('disconnect', () => process.exit());
process.send({ url });

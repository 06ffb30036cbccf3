// What a careful user would write instead of using Hornet: Express, sharp and onnxruntime-node, all by their defaults.
//   node bench/peers/naive-server.mjs MODEL_FOLDER PORT
import { readFileSync } from 'node:fs';
import express from 'express';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const [folder, port] = process.argv.slice(2);
const { id2label } = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
const { image_mean: mean, image_std: std } = JSON.parse(readFileSync(`${folder}/preprocessor_config.json`, 'utf8'));
const session = await InferenceSession.create(`${folder}/onnx/model.onnx`);
const side = 224;

async function pixelsOf(bytes) {
  const resized = sharp(bytes).resize(256, 256).extract({ left: 16, top: 16, width: side, height: side });
  const rgb = await resized.removeAlpha().toColourspace('srgb').raw().toBuffer();
  const values = new Float32Array(rgb.length);
  const plane = side * side;
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) values[c * plane + i] = (rgb[3 * i + c] / 255 - mean[c]) / std[c];
  }
  return new Tensor('float32', values, [1, 3, side, side]);
}

function topLabels(logits, count) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  const scored = powers.map((power, index) => ({ label: id2label[index], score: power / sum }));
  return scored.sort((a, b) => b.score - a.score).slice(0, count);
}

const app = express();
app.get('/health/live', (_request, response) => response.json({ status: 'live' }));
app.post('/classify', express.raw({ type: () => true, limit: '20mb' }), async (request, response) => {
  const results = await session.run({ [session.inputNames[0]]: await pixelsOf(request.body) });
  response.json(topLabels(results[session.outputNames[0]].data, 5));
});
app.listen(Number(port), '127.0.0.1');

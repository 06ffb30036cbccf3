// Makes pixels of a picture with bare sharp for a while; a process of its own, started with fork(). Sends
// { cpuMs, p50Ms } of one picture: processor time, and time.
//   measure-decoding.mjs '{"picture": FILE, "resize": true, "durationMs": 1000}'
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { percentile } from '../report.mjs';

const { picture, resize, durationMs } = JSON.parse(process.argv[2]);
const bytes = readFileSync(picture);
sharp.concurrency(1);
sharp.cache(false);

function pixels() {
  const image = sharp(bytes, { ignoreIcc: true });
  if (resize) image.resize(256, 256).extract({ left: 16, top: 16, width: 224, height: 224 });
  return image.raw().toBuffer();
}

for (let i = 0; i < 20; i++) await pixels();
const timesMs = [];
const startCpu = process.cpuUsage();
const startMs = performance.now();
let nowMs = startMs;
while (nowMs - startMs < durationMs) {
  await pixels();
  const endMs = performance.now();
  timesMs.push(endMs - nowMs);
  nowMs = endMs;
}
const { user, system } = process.cpuUsage(startCpu);
process.send({ cpuMs: (user + system) / 1000 / timesMs.length, p50Ms: percentile(timesMs, 0.5) }, () => {
  process.disconnect();
});

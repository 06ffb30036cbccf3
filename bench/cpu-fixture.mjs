import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { randomFrom } from '../test/load/generate-load.mjs';

// For all sides: neither is to spend its time on telling Microsoft what it runs.
process.env.ORT_DISABLE_TELEMETRY = '1';

const cache = join(tmpdir(), 'hornet-bench');

/** A path in the cache, made once; `make` gets another path, so that what is there is whole. */
async function cached(name, make) {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  const path = `${target}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  try {
    await make(path);
    renameSync(path, target);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
  return target;
}

/** Folder of a model with random weights (bench/make-model.mjs). */
export function benchModel(kind) {
  const script = fileURLToPath(new URL('./make-model.mjs', import.meta.url));
  return cached(kind, (path) => {
    execFileSync(process.execPath, [script, path, '--kind', kind], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
}

/** A JPEG file like a photograph in what it takes to decode: 640x480, soft shapes and fine grain, always the same. */
export function benchPicture() {
  const [width, height] = [640, 480];
  return cached('picture-640x480.jpg', async (path) => {
    const random = randomFrom(1);
    const sum = new Float32Array(3 * width * height);
    for (const [columns, weight] of [
      [4, 0.5],
      [16, 0.25],
      [64, 0.15],
      [320, 0.06],
      [640, 0.04],
    ]) {
      const raw = { width: columns, height: (columns * height) / width, channels: 3 };
      const noise = Uint8Array.from({ length: 3 * columns * raw.height }, () => random() * 256);
      const layer = await sharp(noise, { raw }).resize(width, height, { kernel: 'cubic' }).raw().toBuffer();
      for (let i = 0; i < sum.length; i++) sum[i] += weight * layer[i];
    }
    const pixels = Buffer.from(sum);
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path);
  });
}

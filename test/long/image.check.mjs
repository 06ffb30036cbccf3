// The Dockerfile's targets cpu and rtx, built without a daemon and without a registry of images, and what they do then.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hornet-image-facts-'));
const path = join(folder, 'facts.json');
const began = performance.now();
const { status } = spawnSync(join(root, 'scripts/verify-image'), ['--facts', path], { stdio: 'inherit' });
const facts = status === 0 ? JSON.parse(readFileSync(path, 'utf8')) : {};
rmSync(folder, { recursive: true });
writeEvidence({
  name: 'image',
  title: 'The images, built and started',
  command: 'scripts/verify-long image',
  passed: status === 0,
  facts: { ...facts, 'All of it': `${Math.round((performance.now() - began) / 1000)} s` },
  body: `Built by buildah from the Dockerfile. Each image runs as its own user with its own entry point as process 1, on a root
that cannot be written, an empty volume at /data and no network but loopback. Seen of both: health, the health check of the
image, the digit that was sent, \`npm run probe\`, \`npm run build-engine\`, \`require('hornet')\`, nothing below /app,
/opt/hornet and /usr writable, SIGTERM. The image rtx carries a model of a private test Hub and the sample, with engines that
NVIDIA's builder made of them while the image was built; it is started twice: as it is, on the CPU, and on the stand-ins of
the driver and of TensorRT-RTX (with engines of the latter, made by the script that the Dockerfile runs).

**Not built: the target gpu**, because NVIDIA's repository of Debian packages is not within reach here.
`,
});

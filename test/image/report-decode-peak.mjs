// Decodes the file that is named, and prints what that took of memory and what was announced, in bytes.
import { readFileSync } from 'node:fs';
import { decodeImage, openImage } from '../../dist/image/decode-image.js';

/** VmHWM (highest resident memory of this program so far) or VmRSS (now). */
function memoryBytes(field) {
  const [, kibibytes] = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kibibytes) * 1024;
}

const [, , path, edge] = process.argv;
// What is loaded and allocated once is not of this picture.
await decodeImage(readFileSync(new URL('../pictures/scene-640x480.jpg', import.meta.url)));
const file = readFileSync(path);
const opened = await openImage(file, edge === undefined ? {} : { mode: 'fast', targetEdge: Number(edge) });
const beforeBytes = memoryBytes('VmRSS');
await opened.decode();
const peakBytes = memoryBytes('VmHWM') - beforeBytes;
process.stdout.write(JSON.stringify({ announcedBytes: opened.memoryBytes, peakBytes }));

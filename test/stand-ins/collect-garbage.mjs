// Preloaded into a server (node --expose-gc --import THIS): on SIGUSR2 it collects garbage, so that what memory is
// left is what is held, and reports it as a log line.
import { trimMemory } from '../../dist/native/trim-memory.js';

process.on('SIGUSR2', async () => {
  // Twice, with a turn of the event loop between: finalizers of native buffers run in it.
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc();
  // As a server does by itself two seconds after its last image.
  await trimMemory();
  const { rss: rssBytes, heapUsed: heapBytes, external: externalBytes } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ event: 'garbage.collected', rssBytes, heapBytes, externalBytes })}\n`);
});

// Preloaded into a server (node --expose-gc --import THIS): on SIGUSR2 it collects garbage, so that what memory is
// left is what is held, and reports the resident bytes as a log line.
process.on('SIGUSR2', async () => {
  // Twice, with a turn of the event loop between: finalizers of native buffers run in it.
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc();
  process.stderr.write(`${JSON.stringify({ event: 'garbage.collected', rssBytes: process.memoryUsage.rss() })}\n`);
});

// Loaded into a server: on SIGUSR2 it collects garbage and logs what is left then.
process.on('SIGUSR2', async () => {
  // What a first collection makes free, such as buffers behind objects, takes another one.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ event: 'test.collected', heapUsed, external, arrayBuffers })}\n`);
});

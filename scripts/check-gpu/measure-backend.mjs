/** Runs before anything is measured. */
const warmUps = 20;

/**
 * One backend at one batch size, from pixels in pinned memory to scores in JavaScript: latency with one batch at a
 * time, then throughput with every slot busy.
 *
 * @param {import('../../dist/backend/backend.js').Backend} backend
 */
export async function measureBackend(backend, batch, seconds) {
  for (let run = 0; run < warmUps; run++) await runOnce(backend, batch);
  const latencies = [];
  const endAt = performance.now() + 500 * seconds;
  while (performance.now() < endAt || latencies.length < 5) {
    const startedAt = performance.now();
    await runOnce(backend, batch);
    latencies.push(performance.now() - startedAt);
  }
  latencies.sort((a, b) => a - b);
  const startedAt = performance.now();
  const stopAt = startedAt + 1000 * seconds;
  let runs = 0;
  await Promise.all(
    Array.from({ length: backend.slotCount }, async () => {
      do {
        await runOnce(backend, batch);
        runs++;
      } while (performance.now() < stopAt);
    }),
  );
  const perSecond = (1000 * runs) / (performance.now() - startedAt);
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    batchesPerSecond: perSecond,
    imagesPerSecond: perSecond * batch,
  };
}

async function runOnce(backend, batch) {
  const slot = await backend.acquire();
  try {
    await slot.run(batch);
  } finally {
    slot.release();
  }
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

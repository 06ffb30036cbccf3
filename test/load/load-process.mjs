// The process that generates load, so that its work delays neither the server's clock nor the test's.
// The parent sends { plan } and may send 'stop'; it gets 'answering' at the first answer, and in the end { result }.
import { generateLoad } from './generate-load.mjs';

const stopping = new AbortController();
const tell = (/** @type {unknown} */ message) => process.send?.(message);

process.on('message', async (/** @type {'stop' | { plan: import('./start-load.mjs').LoadPlan }} */ message) => {
  if (message === 'stop') {
    stopping.abort();
    return;
  }
  const result = await generateLoad(message.plan, stopping.signal, () => tell('answering'));
  process.send?.({ result }, () => process.disconnect());
});
// A parent that dies takes the load with it.
process.once('disconnect', () => process.exit());

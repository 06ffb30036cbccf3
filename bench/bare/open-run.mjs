import { InferenceSession, Tensor } from 'onnxruntime-node';
import { randomFrom } from '../../test/load/generate-load.mjs';

/** Loads a model; the function runs it on one batch of noise, and has done so twice already. */
export async function openRun({ onnxPath, threads, batch, side = 224 }) {
  const session = await InferenceSession.create(onnxPath, { intraOpNumThreads: threads });
  const random = randomFrom(1);
  const values = Float32Array.from({ length: batch * 3 * side * side }, random);
  const feeds = { [session.inputNames[0]]: new Tensor('float32', values, [batch, 3, side, side]) };
  const run = () => session.run(feeds);
  for (let i = 0; i < 2; i++) await run();
  return run;
}

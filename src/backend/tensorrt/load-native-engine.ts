import { HornetError } from '../../errors/hornet-error.js';
import { TensorRtLog } from '../../gpu/tensorrt-log.js';
import { cancellationOf, throwIfCancelled } from '../../locks/cancellation.js';
import type { Logger } from '../../logging/create-logger.js';
import { fromNativeError } from '../../native/native-error.js';
import type { GpuAddon, NativeEngine, NativeEngineOptions } from '../../native/tensorrt-types.js';

/**
 * Loads one engine in the addon's own thread, with TensorRT's log in ours.
 * @throws ERR_TENSORRT_UNAVAILABLE, ERR_TENSORRT_LOAD_FAILED, ERR_ENGINE_DAMAGED, ERR_GPU_OUT_OF_MEMORY, ERR_GPU_LOST,
 *   ERR_BACKEND_RUN_FAILED; ERR_CANCELLED or the signal's own reason
 */
export async function loadNativeEngine(
  addon: GpuAddon,
  options: NativeEngineOptions,
  { log, signal, imageBytes }: { readonly log: Logger; readonly signal: AbortSignal; readonly imageBytes: number },
): Promise<NativeEngine> {
  throwIfCancelled(signal, 'Loading the engine');
  const tensorRtLog = new TensorRtLog(log);
  const load = addon.loadEngine(options, (event) => {
    if (event.kind === 'log') tensorRtLog.add(event);
  });
  const cancel = (): void => load.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const engine = await load.result;
    if (signal.aborted || engine.imageBytes !== imageBytes) {
      await engine.close();
      throwIfCancelled(signal, 'Loading the engine');
      const message = `The engine takes pictures of ${engine.imageBytes} bytes, the model's have ${imageBytes}.`;
      throw new HornetError('ERR_TENSORRT_LOAD_FAILED', message);
    }
    return engine;
  } catch (error) {
    throw signal.aborted ? cancellationOf(signal, 'Loading the engine') : fromNativeError(error);
  } finally {
    signal.removeEventListener('abort', cancel);
    tensorRtLog.end();
  }
}

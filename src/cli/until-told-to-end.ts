import { exitNow } from '../native/exit-now.js';

/** What {@link untilToldToEnd} does. */
export interface EndingOptions {
  /** Resolves when there is no more reason to go on; may stay pending for ever. */
  readonly idle: Promise<void>;
  /** Called once: answers what was accepted and frees everything. */
  readonly stop: (reason: string) => Promise<void>;
  /** Called for everything that was thrown and caught by nobody, and for what `stop` throws. */
  readonly onError: (error: unknown, origin: string) => void;
}

/**
 * Resolves once a signal, an uncaught error or idleness has come and `stop` is through. A second signal ends the
 * process at once: by its default action, and where that does not reach it, because it is number 1 in a container, by
 * exiting.
 */
export function untilToldToEnd({ idle, stop, onError }: EndingOptions): Promise<void> {
  return new Promise((resolve) => {
    let ending = false;
    const end = (reason: string): void => {
      if (ending) return;
      ending = true;
      process.off('SIGINT', end).off('SIGTERM', end);
      process.once('SIGINT', endNow).once('SIGTERM', endNow);
      stop(reason).then(resolve, (error: unknown) => {
        onError(error, 'stop');
        resolve();
      });
    };
    // Listened to until the process is gone: a second failure must not cut off the requests that the first one left.
    process.on('uncaughtException', (error) => {
      onError(error, 'uncaughtException');
      end('error');
    });
    process.on('unhandledRejection', (error) => {
      onError(error, 'unhandledRejection');
      end('error');
    });
    process.on('SIGINT', end).on('SIGTERM', end);
    void idle.then(() => end('idle'));
  });
}

/** By the default action of the signal; it does not reach a process that is number 1 in a container. */
function endNow(signal: 'SIGINT' | 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  exitNow(signal === 'SIGINT' ? 130 : 143);
}

import type { FileLockOptions } from '../locks/with-file-lock.js';
import type { EngineWork } from './engine-work.js';

/**
 * Says whom a build waits for, in its progress and in the log.
 * @param percent of the whole that is over
 * @param does what the other one is at, in words that follow its name: in the progress, and in the log
 */
export function tellWaiting(
  { request, report }: Pick<EngineWork, 'request' | 'report'>,
  percent: number,
  does: { readonly progress: string; readonly log: string },
): NonNullable<FileLockOptions['onWait']> {
  return (holder) => {
    const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
    report({ phase: 'waiting', percent, detail: `${who} ${does.progress}` });
    const fields = { event: 'engine.waiting', model: request.reference.text, holder };
    request.log.info(fields, `Waiting for ${who}, which ${does.log}`);
  };
}

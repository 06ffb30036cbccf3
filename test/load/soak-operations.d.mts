import type { HubServer } from '../hub-server/index.mjs';
import type { Asked } from './ask.mjs';
import type { HornetProcess } from './hornet-process.mjs';
import type { SoakKind } from './soak-kinds.mjs';
import type { LoadResult } from './start-load.mjs';
import type { TestVolume } from './test-volume.mjs';

/** An answer that is right for a while, because of what is done to the serving. Times as in LoadRecord. */
export interface Excuse {
  readonly serving: string;
  readonly status: number;
  readonly code: string;
  readonly fromMs: number;
  /** Infinite while it holds. */
  toMs: number;
}

/** What operations work on, and what they note. */
export interface SoakScene {
  readonly server: HornetProcess;
  readonly hub: HubServer;
  /** What HORNET_HOME is on; null where none can be mounted. */
  readonly volume: TestVolume | null;
  /** Kills the inference worker that runs it. */
  readonly killer: Uint8Array;
  /** What more is sent of at once than the queue holds. */
  readonly flood: SoakKind;
  readonly maxQueue: number;
  readonly excuses: Excuse[];
  /** Bursts of requests, which are judged as the other load is. */
  readonly bursts: LoadResult[];
  /** Requests by POST that operations have sent themselves. */
  readonly asked: Asked[];
  /** How often each operation came to its end. */
  readonly done: Record<string, number>;
  /** What was not as it should be. */
  readonly problems: string[];
}

/** Does to the servings what can be done to them, one after the other. */
export function operate(
  scene: SoakScene,
  options: {
    readonly cycle: number;
    /** Whether of alike faults only one is tried. */
    readonly brief: boolean;
  },
): Promise<void>;

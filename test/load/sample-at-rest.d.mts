import type { HubServer } from '../hub-server/index.mjs';
import type { HornetProcess } from './hornet-process.mjs';
import type { SoakSample } from './soak.mjs';

/** What GET /status says of a serving, as far as it is looked at. */
export interface ServingAtRest {
  readonly name: string;
  readonly state: string;
  readonly inFlight: number;
  readonly replacement: { readonly state: string } | null;
}

/**
 * Waits until nothing is going on in the server, has it collect garbage and looks what it has. All servings have to be
 * ready then, `rare` unloaded, and no connection open; what is not so after a minute is in `busy`.
 * @param server preloaded with test/stand-ins/collect-garbage.mjs
 */
export function sampleAtRest(
  server: HornetProcess,
  hub: HubServer,
  home: string,
): Promise<Omit<SoakSample, 'atMs' | 'requests'> & { readonly busy: readonly string[] }>;

/** Locks, partial files, journals and whatever else belongs to something that is not over, by their paths in the folder. */
export function leftoversIn(folder: string): string[];

/** Every file and folder below the engines with its time of change: what "nothing was written" is compared by. */
export function engineListing(home: string): string[];

/** Engines that count as such (paths of their engine.json); throws where one is not whole. */
export function wholeEngines(home: string): string[];

/** What killed or failed builds left behind. */
export function leftovers(home: string): string[];

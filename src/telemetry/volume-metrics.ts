import { Gauge, type Registry } from 'prom-client';
import type { VolumeUsage } from './volume-usage.js';

/** @param latest what was last measured; undefined: nothing yet, and there are no series */
export function collectVolume(registry: Registry, latest: () => VolumeUsage | undefined): void {
  const registers = [registry];
  new Gauge({
    name: 'hornet_cache_bytes',
    help: 'What is in the cache of weights, in that of engines, and in that of prepared models.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, { bytes }] of Object.entries(latest() ?? {})) this.set({ kind }, bytes);
    },
  });
  new Gauge({
    name: 'hornet_cache_free_bytes',
    help: 'What may still be written to the file system of the cache of weights, of that of engines, and of that of prepared models.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, { freeBytes }] of Object.entries(latest() ?? {})) {
        if (freeBytes === null) this.remove({ kind });
        else this.set({ kind }, freeBytes);
      }
    },
  });
}

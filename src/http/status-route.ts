import type { RequestHandler } from 'express';
import type { GpuReport } from '../gpu/gpu-report.js';
import { packageVersion } from '../package-info.js';
import type { ComputeShare } from '../serving/batching/compute-shares.js';
import type { MemoryReport } from '../serving/memory-report.js';
import type { VolumeUsage } from '../telemetry/volume-usage.js';
import { within } from '../timing/within.js';
import { publicStatus } from './public-status.js';
import type { ServedServings } from './served.js';
import { withoutPaths } from './without-paths.js';

/** Where the status comes from. */
export interface StatusSources {
  readonly servings: Pick<ServedServings, 'status'>;
  /** Null where no serving may use a GPU: NVIDIA's libraries are then not loaded for the answer. */
  readonly probe: () => Promise<GpuReport> | null;
  readonly memory: () => MemoryReport;
  readonly shares: () => readonly ComputeShare[];
  readonly volume: () => Promise<VolumeUsage>;
}

/**
 * GET /status: everything that whoever runs the server wants to know at once, in ms and bytes. It may be shown to more
 * people than may see the machine, so it has no path of the file system.
 */
export function statusRoute(sources: StatusSources, isAccepting: () => boolean): RequestHandler {
  return async (_request, response) => {
    const summary = sources.probe()?.then(summaryOf) ?? Promise.resolve(null);
    const [gpu, volume] = await Promise.all([within(probeMs, summary, () => noAnswer), sources.volume()]);
    response.json({
      version: packageVersion,
      accepting: isAccepting(),
      uptimeMs: Math.round(process.uptime() * 1000),
      gpu,
      servings: sources.servings.status().map(publicStatus),
      memory: { ...sources.memory(), processBytes: process.memoryUsage.rss() },
      compute: sources.shares(),
      volume,
    });
  };
}

/** A driver that hangs must not keep anybody from the rest. */
const probeMs = 2000;

const noAnswer: object = {
  access: null,
  summary: `The driver has not answered within ${probeMs} ms.`,
  devices: [],
  problems: [],
};

function summaryOf({ access, summary, devices, problems }: GpuReport): object {
  return {
    access,
    summary: withoutPaths(summary),
    devices: devices.map(({ index, name, uuid, computeCapability, totalMemoryBytes, library }) => ({
      index,
      name,
      uuid,
      computeCapability,
      totalMemoryBytes,
      library: library === null ? null : { flavour: library.flavour, version: library.version },
    })),
    problems: problems.map(({ subject, problem, remedy }) => ({
      subject,
      problem: withoutPaths(problem),
      remedy: withoutPaths(remedy),
    })),
  };
}

import type { RequestHandler } from 'express';
import type { GpuReport } from '../gpu/gpu-report.js';
import { packageVersion } from '../package-info.js';
import type { MemoryReport } from '../serving/memory-report.js';
import type { VolumeUsage } from '../telemetry/volume-usage.js';
import { publicStatus } from './public-status.js';
import type { ServedServings } from './served.js';
import { withoutPaths } from './without-paths.js';

/** What a serving has used of a device. */
export interface ShareReport {
  readonly resource: string;
  readonly serving: string;
  readonly busyMs: number;
  readonly runs: number;
  readonly waiting: number;
}

/** Where the status comes from. */
export interface StatusSources {
  readonly servings: Pick<ServedServings, 'status'>;
  /** Null where no serving may use a GPU: NVIDIA's libraries are then not loaded for the answer. */
  readonly probe: () => Promise<GpuReport> | null;
  readonly memory: () => MemoryReport;
  readonly shares: () => readonly ShareReport[];
  readonly volume: () => Promise<VolumeUsage>;
}

/**
 * GET /status: everything that whoever runs the server wants to know at once, in ms and bytes. It may be shown to more
 * people than may see the machine, so it has no path of the file system.
 */
export function statusRoute(sources: StatusSources, isAccepting: () => boolean): RequestHandler {
  return async (_request, response) => {
    const [gpu, volume] = await Promise.all([withinTime(sources.probe(), summaryOf), sources.volume()]);
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

async function withinTime(
  probe: Promise<GpuReport> | null,
  show: (report: GpuReport) => object,
): Promise<object | null> {
  if (probe === null) return null;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<object>((resolve) => {
    const summary = `The driver has not answered within ${probeMs} ms.`;
    timer = setTimeout(() => resolve({ access: null, summary, devices: [], problems: [] }), probeMs);
  });
  try {
    return await Promise.race([probe.then(show), late]);
  } finally {
    clearTimeout(timer);
  }
}

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

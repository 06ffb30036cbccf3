import { Gauge, type Registry } from 'prom-client';
import type { GpuUsage } from '../native/tensorrt-types.js';

/**
 * Memory and utilisation of GPUs, under our names and under Triton's.
 * @param latest what NVML has last said; null or undefined: nothing, and there are no series
 * @see https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md
 */
export function collectGpus(registry: Registry, latest: () => readonly GpuUsage[] | null | undefined): void {
  const gauge = (name: string, help: string, label: string, value: (usage: GpuUsage) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        // A GPU that was lost has no numbers any more.
        this.reset();
        for (const usage of latest() ?? []) {
          const number = value(usage);
          if (Number.isFinite(number)) this.set({ [label]: usage.uuid }, number);
        }
      },
    });
  };
  const total = 'Memory of a GPU, in bytes.';
  const used = 'Memory of a GPU that is in use, by whatever process, in bytes.';
  const busy = 'Share of the time in which something ran on a GPU, 0 to 1.';
  const share = ({ utilizationPercent }: GpuUsage): number => utilizationPercent / 100;
  gauge('hornet_gpu_memory_total_bytes', total, 'gpu', ({ memoryTotalBytes }) => memoryTotalBytes);
  gauge('hornet_gpu_memory_used_bytes', used, 'gpu', ({ memoryUsedBytes }) => memoryUsedBytes);
  gauge('hornet_gpu_utilization_ratio', busy, 'gpu', share);
  gauge('nv_gpu_memory_total_bytes', total, 'gpu_uuid', ({ memoryTotalBytes }) => memoryTotalBytes);
  gauge('nv_gpu_memory_used_bytes', used, 'gpu_uuid', ({ memoryUsedBytes }) => memoryUsedBytes);
  gauge('nv_gpu_utilization', busy, 'gpu_uuid', share);
}

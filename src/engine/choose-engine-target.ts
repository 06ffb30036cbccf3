import { HornetError } from '../errors/hornet-error.js';
import { computeCapabilityNumber } from '../gpu/compute-capability.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import { judgeLibrary } from '../gpu/judge-library.js';
import { findAheadOfTimeLibrary, type ProbeGpuOptions, probeGpu } from '../gpu/probe-gpu.js';
import type { TensorRtLibrary } from '../native/tensorrt-types.js';
import type { EngineHardware } from './engine-fingerprint.js';
import type { Targets } from './parse-targets.js';

/** What an engine is built with and for. */
export interface EngineTarget {
  readonly library: TensorRtLibrary;
  readonly hardware: EngineHardware;
  /** For TensorRT-RTX: such as [86, 89]. */
  readonly computeCapabilities: readonly number[];
  /** Device that builds, where one is needed. */
  readonly device: number;
  /** UUID of the GPU that kernels are measured on; null: the build needs none. */
  readonly measuresOn: string | null;
  readonly unlisted: readonly string[];
}

/**
 * With targets: TensorRT-RTX, ahead of time. Without: what the probe prefers for the GPU. TensorRT-RTX is always told
 * the compute capability, so an engine built on a GPU and one built ahead of time for it are the same.
 * @param device index of the GPU, or undefined: the first that can be used
 * @throws ERR_GPU_MISSING, ERR_TENSORRT_UNAVAILABLE
 */
export function chooseEngineTarget(options: ProbeGpuOptions, targets: Targets | null, device?: number): EngineTarget {
  return targets === null ? engineTargetOnGpu(probeGpu(options), device) : aheadOfTime(options, targets);
}

function aheadOfTime(options: ProbeGpuOptions, { computeCapabilities, unlisted }: Targets): EngineTarget {
  const library = findAheadOfTimeLibrary(options);
  if (library === null) throw noRtx(probeGpu(options));
  return {
    library,
    hardware: { kind: 'targets', computeCapabilities: [...computeCapabilities] },
    computeCapabilities: computeCapabilities.map(computeCapabilityNumber),
    device: 0,
    measuresOn: null,
    unlisted,
  };
}

/** What the probe prefers for a GPU. @throws ERR_GPU_MISSING */
export function engineTargetOnGpu(report: GpuReport, wanted: number | undefined): EngineTarget {
  const device =
    wanted === undefined
      ? report.devices.find(({ library }) => library !== null)
      : report.devices.find(({ index }) => index === wanted);
  const library = device?.library ?? null;
  if (device === undefined || library === null) throw noGpu(report, wanted);
  const { name, computeCapability, index, uuid } = device;
  const rtx = library.flavour === 'tensorrt-rtx';
  return {
    library,
    hardware: rtx
      ? { kind: 'targets', computeCapabilities: [computeCapability] }
      : { kind: 'gpu', name, computeCapability },
    computeCapabilities: rtx ? [computeCapabilityNumber(computeCapability)] : [],
    device: index,
    measuresOn: rtx ? null : uuid,
    unlisted: [],
  };
}

function noGpu(report: GpuReport, wanted: number | undefined): HornetError {
  const { problems, devices, aheadOfTime: rtx } = report;
  if (wanted !== undefined && devices.length > 0 && !devices.some(({ index }) => index === wanted)) {
    const indices = devices.map(({ index }) => index).join(', ');
    return new HornetError('ERR_GPU_MISSING', `There is no device ${wanted}; there is ${indices}.`);
  }
  const [first] = problems;
  const ahead =
    rtx === null ? '' : ' Without a GPU, build ahead of time: --target sm86,sm89 names the GPUs that will serve.';
  return new HornetError('ERR_GPU_MISSING', `An engine is built on a GPU. ${first?.problem ?? report.summary}`, {
    remedy: `${first?.remedy ?? 'Run "hornet probe".'}${ahead}`,
  });
}

function noRtx({ libraries, problems, headers }: GpuReport): HornetError {
  const rtx = libraries.find(({ flavour }) => flavour === 'tensorrt-rtx');
  const addon = problems.find(({ subject }) => subject === 'addon');
  const finding = addon ?? (rtx === undefined ? null : judgeLibrary(rtx));
  const why = finding?.problem ?? `The addon was built without its headers (it has ${headers.join(', ') || 'none'}).`;
  return new HornetError('ERR_TENSORRT_UNAVAILABLE', `Building ahead of time needs TensorRT-RTX. ${why}`, {
    remedy:
      addon?.remedy ??
      'In a checkout, scripts/fetch-tensorrt-libraries fetches it; else install the package tensorrt-rtx-cu13-libs ' +
        'with pip and point HORNET_TENSORRT_PATH to its folder.',
  });
}

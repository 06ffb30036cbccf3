import type { CudaProbe, GpuAddon, LibrarySearch, TensorRtLibrary } from '../native/tensorrt-types.js';
import { formatCudaVersion } from './cuda-version.js';
import { explainCuda } from './explain-cuda.js';
import type { Finding } from './finding.js';
import type { DeviceReport, GpuReport } from './gpu-report.js';
import { type HostFacts, readHostFacts } from './host-facts.js';
import { type CudaMajorReader, judgeForDevice, judgeLibrary, libraryName } from './judge-library.js';
import { type LibrarySettings, librarySearch, librarySettingsOf } from './library-search.js';
import { type GpuAddonOutcome, loadGpuAddon } from './load-gpu-addon.js';

/** Options of {@link probeGpu}. */
export interface ProbeGpuOptions extends Partial<LibrarySettings> {
  /** For tests: the GPU part of the addon. */
  readonly addon?: GpuAddonOutcome;
  /** For tests: what the machine tells. */
  readonly facts?: HostFacts;
  /** For tests: how the CUDA version of a library is found out. */
  readonly cudaMajorOf?: CudaMajorReader;
}

/**
 * Asks the driver and the TensorRT libraries whether this process can use a GPU, and says for each "no" what is
 * missing and what to do. Creates no CUDA context, takes well under a second, never throws.
 * What the options leave open comes from HORNET_CUDA_LIBRARY and HORNET_TENSORRT_PATH.
 */
export function probeGpu(options: ProbeGpuOptions = {}): GpuReport {
  const startedAt = performance.now();
  const report = probe(options);
  return { ...report, durationMs: performance.now() - startedAt };
}

/** Whether a GPU and a TensorRT for it can be used: {@link probeGpu} in one word. Never throws, never prints. */
export function hasGpuAccess(options: ProbeGpuOptions = {}): boolean {
  return probeGpu(options).access;
}

/**
 * The TensorRT-RTX that builds for named compute capabilities, or null. Quicker than {@link probeGpu}: neither the driver
 * nor full TensorRT is looked at.
 */
export function findAheadOfTimeLibrary(options: ProbeGpuOptions): TensorRtLibrary | null {
  const { addon } = options.addon ?? loadGpuAddon();
  return addon === null ? null : aheadOfTimeLibrary(addon.findTensorRt(searchOf(options), 'tensorrt-rtx'));
}

function searchOf(options: ProbeGpuOptions): LibrarySearch {
  return librarySearch({ ...librarySettingsOf(process.env), ...definedSettings(options) });
}

function probe(options: ProbeGpuOptions): Omit<GpuReport, 'durationMs'> {
  const outcome = options.addon ?? loadGpuAddon();
  if (outcome.addon === null) return withoutAddon(outcome.problem, outcome.remedy);
  const { addon } = outcome;
  const search = searchOf(options);
  const cuda = addon.probeCuda(search);
  const libraries = addon.findTensorRt(search);
  const driverFinding = explainCuda(cuda, options.facts ?? readHostFacts(), search.cudaLibrary);
  const choose = (device: CudaProbe['devices'][number]): DeviceReport => ({
    ...device,
    library: preferredLibrary(
      libraries.filter(
        (library) => judgeForDevice(library, device, cuda.driverVersion ?? 0, options.cudaMajorOf) === null,
      ),
    ),
  });
  const devices = driverFinding === null ? cuda.devices.map(choose) : [];
  const access = devices.some(({ library }) => library !== null);
  const problems: Finding[] = [];
  if (driverFinding !== null) problems.push(driverFinding);
  if (!access) problems.push(...libraryFindings(addon, libraries, cuda, devices, options.cudaMajorOf));
  return {
    access,
    summary: summarize(devices, problems),
    driver: {
      usable: driverFinding === null,
      libraryPath: cuda.libraryPath,
      cudaVersion: cuda.driverVersion === null ? null : formatCudaVersion(cuda.driverVersion),
    },
    devices,
    libraries,
    aheadOfTime: aheadOfTimeLibrary(libraries),
    headers: addon.tensorRtHeaders.map(({ set, version }) => `${set} (${version})`),
    problems,
  };
}

/** The TensorRT-RTX that builds for named compute capabilities, without a driver. */
export function aheadOfTimeLibrary(libraries: readonly TensorRtLibrary[]): TensorRtLibrary | null {
  return preferredLibrary(
    libraries.filter((library) => library.flavour === 'tensorrt-rtx' && judgeLibrary(library) === null),
  );
}

/** Full TensorRT before RTX, the newer before the older. */
function preferredLibrary(usable: readonly TensorRtLibrary[]): TensorRtLibrary | null {
  const rank = ({ flavour }: TensorRtLibrary): number => (flavour === 'tensorrt' ? 0 : 1);
  const ordered = usable.toSorted((a, b) => rank(a) - rank(b) || compareVersions(b.version, a.version));
  return ordered[0] ?? null;
}

function compareVersions(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '', 'en', { numeric: true });
}

/** What is wrong with every TensorRT; those that are just not there are named together. */
function libraryFindings(
  addon: GpuAddon,
  libraries: readonly TensorRtLibrary[],
  cuda: CudaProbe,
  devices: readonly DeviceReport[],
  cudaMajorOf: CudaMajorReader | undefined,
): Finding[] {
  if (addon.tensorRtHeaders.length === 0) {
    return [
      {
        subject: 'addon',
        problem: "The native addon was built without TensorRT's headers, so it cannot use TensorRT.",
        remedy: 'Run scripts/fetch-tensorrt-headers, or set TENSORRT_ROOT, then "npm run build:native".',
      },
    ];
  }
  // Without a device, one that could be used is enough: the others need not be spoken of.
  if (devices.length === 0 && libraries.some((library) => judgeLibrary(library) === null)) return [];
  const judged = libraries
    .filter(({ libraryPath }) => libraryPath !== null)
    .flatMap((library) => {
      const findings =
        devices.length === 0
          ? [judgeLibrary(library)]
          : devices.map((device) => judgeForDevice(library, device, cuda.driverVersion ?? 0, cudaMajorOf));
      return findings.filter((finding) => finding !== null);
    });
  // Two devices of a kind have the same problem.
  const findings = judged.filter((a, index) => judged.findIndex((b) => b.problem === a.problem) === index);
  const absent = libraries.filter(({ libraryPath }) => libraryPath === null);
  if (findings.length === 0 && absent.length === libraries.length) {
    findings.push({
      subject: 'tensorrt',
      problem: `No TensorRT library was found: neither ${absent.map(libraryName).join(' nor ')}.`,
      remedy:
        'Install TensorRT or TensorRT-RTX with its ONNX parser, or point HORNET_TENSORRT_PATH to the folder of its ' +
        'libraries. In a checkout, scripts/fetch-tensorrt-libraries fetches TensorRT-RTX.',
    });
  }
  return findings;
}

function summarize(devices: readonly DeviceReport[], problems: readonly Finding[]): string {
  const usable = devices.find(({ library }) => library !== null);
  if (usable?.library != null) {
    return `This process can use ${usable.name} with ${libraryName(usable.library)}.`;
  }
  return problems[0]?.problem ?? 'No GPU can be used.';
}

function withoutAddon(problem: string, remedy: string): Omit<GpuReport, 'durationMs'> {
  return {
    access: false,
    summary: problem,
    driver: { usable: false, libraryPath: null, cudaVersion: null },
    devices: [],
    libraries: [],
    aheadOfTime: null,
    headers: [],
    problems: [{ subject: 'addon', problem, remedy }],
  };
}

function definedSettings({ cudaLibrary, tensorRtPath }: ProbeGpuOptions): Partial<LibrarySettings> {
  return {
    ...(cudaLibrary === undefined ? {} : { cudaLibrary }),
    ...(tensorRtPath === undefined ? {} : { tensorRtPath }),
  };
}

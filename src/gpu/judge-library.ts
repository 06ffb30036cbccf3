import type { CudaDevice, TensorRtLibrary } from '../native/tensorrt-types.js';
import { computeCapabilityNumber, rtxComputeCapabilities } from './compute-capability.js';
import { formatCudaVersion, oldestDrivers, readCudaMajor } from './cuda-version.js';
import type { Finding } from './finding.js';

/** Finds out for which CUDA a library was built; null: it does not say. */
export type CudaMajorReader = (libraryPath: string) => number | null;

/** Product names by flavour. */
export const flavourNames = { tensorrt: 'TensorRT', 'tensorrt-rtx': 'TensorRT-RTX' } as const;

/** Such as `TensorRT-RTX 1.7.1`, or `TensorRT 11` where its version is not known. */
export function libraryName({ flavour, version, headers }: TensorRtLibrary): string {
  const rest = version ?? (flavour === 'tensorrt' ? headers : '');
  return rest === '' ? flavourNames[flavour] : `${flavourNames[flavour]} ${rest}`;
}

/** Why a library cannot be loaded to parse and build, whatever the GPU; null: it can. */
export function judgeLibrary(library: TensorRtLibrary): Finding | null {
  const name = libraryName(library);
  if (library.libraryPath === null) {
    return finding(
      `${name} was not found${library.problem === null ? '' : ` (${trimmed(library.problem)})`}.`,
      'Install it, or point HORNET_TENSORRT_PATH to the folder with its libraries.',
    );
  }
  if (library.problem !== null) {
    return finding(
      `${name} in ${library.libraryPath} cannot be used: ${trimmed(library.problem)}.`,
      `Install version ${library.minimumVersion} or later of the same major version, with its parser, or point ` +
        'HORNET_TENSORRT_PATH to one.',
    );
  }
  if (library.parserPath === null) {
    const parser = library.flavour === 'tensorrt' ? 'libnvonnxparser' : 'libtensorrt_onnxparser_rtx';
    return finding(
      `The ONNX parser of ${name} (${parser}) was not found beside it or in the system's places.`,
      'Install the parser of the same version, or point HORNET_TENSORRT_PATH to a folder that has both.',
    );
  }
  return null;
}

/** Why a library that can be loaded is of no use for this device; null: it is. */
export function judgeForDevice(
  library: TensorRtLibrary,
  device: CudaDevice,
  driverVersion: number,
  cudaMajorOf: CudaMajorReader = readCudaMajor,
): Finding | null {
  return judgeLibrary(library) ?? judgeDriver(library, driverVersion, cudaMajorOf) ?? judgeCapability(library, device);
}

function judgeDriver(library: TensorRtLibrary, driverVersion: number, cudaMajorOf: CudaMajorReader): Finding | null {
  // Every library that the addon can drive is one for CUDA 12 at least; only in between it matters for which one.
  const needed =
    driverVersion < 12_000 ? 12 : driverVersion < 13_000 ? (cudaMajorOf(library.libraryPath ?? '') ?? 12) : 13;
  if (driverVersion >= needed * 1000) return null;
  return finding(
    `${libraryName(library)} needs a driver for CUDA ${needed}, and this one is for CUDA ${formatCudaVersion(driverVersion)}.`,
    `Install driver ${oldestDrivers[needed] ?? 'of the current branch'} or later${needed > 12 ? `, or a TensorRT built for CUDA 12` : ''}.`,
  );
}

function judgeCapability(library: TensorRtLibrary, { name, computeCapability }: CudaDevice): Finding | null {
  if (library.flavour === 'tensorrt-rtx') {
    if (rtxComputeCapabilities.some((listed) => listed === computeCapability)) return null;
    return finding(
      `TensorRT-RTX does not list the compute capability ${computeCapability} of ${name} ` +
        `(it lists ${rtxComputeCapabilities.join(', ')}).`,
      'Install full TensorRT: it builds on this GPU itself.',
    );
  }
  const number = computeCapabilityNumber(computeCapability);
  if (number < 75) {
    return finding(
      `${libraryName(library)} does not support the compute capability ${computeCapability} of ${name}.`,
      'Use a GPU of compute capability 7.5 (Turing) or later.',
    );
  }
  if (hasBuilderResource(library.builderResources, number)) return null;
  const there = library.builderResources.length === 0 ? 'none at all' : library.builderResources.join(', ');
  return finding(
    `${libraryName(library)} has no builder resource for ${name} (sm${number}); beside it there is ${there}.`,
    `Install libnvinfer_builder_resource_sm${number} of exactly this version; slim packages leave it away.`,
  );
}

/**
 * One file for all GPUs up to TensorRT 10.9, since then one for each kind. 12.1 runs what was made for 12.0; what is
 * younger than the library itself is built by way of PTX.
 */
function hasBuilderResource(files: readonly string[], number: number): boolean {
  const kinds = files
    .map((file) => /builder_resource(?:_(sm\d+|ptx))?\.so/.exec(file))
    .filter((match) => match !== null);
  const has = (kind: string | undefined): boolean => kinds.some((match) => match[1] === kind);
  return has(undefined) || has(`sm${number}`) || (number === 121 && has('sm120')) || (number > 121 && has('ptx'));
}

function finding(problem: string, remedy: string): Finding {
  return { subject: 'tensorrt', problem, remedy };
}

function trimmed(text: string): string {
  return text.trim().replace(/\.$/, '');
}

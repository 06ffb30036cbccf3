import type { CudaProbe } from '../native/tensorrt-types.js';
import type { Finding } from './finding.js';
import type { HostFacts } from './host-facts.js';

type Explanation = Pick<Finding, 'problem' | 'remedy'>;

const passGpu =
  'Start the container with --gpus all (or "runtime: nvidia" in compose, nvidia.com/gpu in Kubernetes) on a host with ' +
  'the NVIDIA Container Toolkit.';
const reboot = 'Restart the machine, so that the driver in the kernel and its libraries are of one version again.';

/**
 * Why the driver API cannot be used, or null when it can and there is at least one device.
 * @param givenLibrary HORNET_CUDA_LIBRARY, or null
 */
export function explainCuda(probe: CudaProbe, facts: HostFacts, givenLibrary: string | null): Finding | null {
  const { failure } = probe;
  if (probe.libraryPath === null || (failure === null && probe.driverVersion === null)) {
    return { subject: 'driver', ...explainLibrary(probe.loadError, facts, givenLibrary) };
  }
  if (failure !== null) {
    const { problem, remedy } = explainCode(failure.code, facts);
    const call = `${failure.call} answers ${failure.code} (${failure.name}${failure.text === '' ? '' : `: ${failure.text}`})`;
    const subject = failure.code === 100 || failure.code === 101 ? 'device' : 'driver';
    return { subject, problem: `${problem} ${call}.`, remedy };
  }
  if (probe.devices.length === 0) return { subject: 'device', ...noDevice(facts) };
  return null;
}

function explainLibrary(loadError: string | null, facts: HostFacts, givenLibrary: string | null): Explanation {
  const words = loadError === null ? '' : ` The loader says: ${loadError.replace(/\.$/, '')}.`;
  if (/permission denied/i.test(loadError ?? '')) {
    return {
      problem: `The driver library libcuda.so.1 may not be read.${words}`,
      remedy: 'Make the file readable for the user that runs Hornet.',
    };
  }
  if (/wrong ELF class|invalid ELF header|file too short|exec format/i.test(loadError ?? '')) {
    return {
      problem: `The driver library is not one for this machine (${process.arch}).${words}`,
      remedy: 'Point HORNET_CUDA_LIBRARY to a libcuda.so.1 of this architecture, or unset it.',
    };
  }
  if (/undefined symbol|symbol not found|lacks|older than/i.test(loadError ?? '')) {
    return {
      problem: `The driver library is too old.${words}`,
      remedy: 'Install an NVIDIA driver of r525 or later (r580 for CUDA 13).',
    };
  }
  if (givenLibrary !== null) {
    return {
      problem: `HORNET_CUDA_LIBRARY is ${givenLibrary}, which cannot be loaded.${words}`,
      remedy: "Correct HORNET_CUDA_LIBRARY, or unset it to take the system's libcuda.so.1.",
    };
  }
  if (facts.kernelDriver !== null) {
    return {
      problem: `The machine has an NVIDIA driver (${facts.kernelDriver}), but this process finds no libcuda.so.1.${words}`,
      remedy: facts.container
        ? passGpu
        : 'Install the libraries of the same driver version, or set HORNET_CUDA_LIBRARY.',
    };
  }
  return {
    problem: `No NVIDIA driver was found: there is no libcuda.so.1.${words}`,
    remedy: facts.container
      ? passGpu
      : 'Install the NVIDIA driver, or run Hornet where there is a GPU. Without one it serves on the CPU.',
  };
}

function noDevice({ visibleDevices, container }: HostFacts): Explanation {
  if (visibleDevices !== undefined) {
    return {
      problem: `The driver works and shows no device; CUDA_VISIBLE_DEVICES is "${visibleDevices}" and hides them.`,
      remedy: 'Unset CUDA_VISIBLE_DEVICES, or set it to indices or UUIDs that "nvidia-smi -L" lists.',
    };
  }
  return {
    problem: 'The driver works, but there is no device.',
    remedy: container
      ? `Check with "nvidia-smi -L" inside the container. ${passGpu}`
      : 'Check with "nvidia-smi -L" that the machine has a CUDA device and that it has not fallen off the bus.',
  };
}

/** What the codes of cuInit and cuDeviceGetCount mean in practice. */
function explainCode(code: number, facts: HostFacts): Explanation {
  switch (code) {
    case 34:
      return {
        problem: 'The libcuda.so.1 that was found is the stub of the CUDA toolkit, not a driver.',
        remedy: 'Take the folder "stubs" out of LD_LIBRARY_PATH and HORNET_CUDA_LIBRARY.',
      };
    case 35:
    case 36:
      return {
        problem: 'The driver is missing or older than CUDA needs.',
        remedy: 'Install an NVIDIA driver of r525 or later (r580 for CUDA 13).',
      };
    case 100:
    case 101:
      return noDevice(facts);
    case 46:
      return {
        problem: 'The GPU is busy or unavailable.',
        remedy:
          'Another process may hold it in exclusive mode ("nvidia-smi -q -d COMPUTE"), or MIG is on without an instance ' +
          '("nvidia-smi mig -lgi").',
      };
    case 304:
      return denied(facts);
    case 802:
      return {
        problem: 'The GPUs are not ready yet: on machines with NVSwitch the fabric manager must run first.',
        remedy: 'Start nvidia-fabricmanager of the same version as the driver on the host, then try again.',
      };
    case 803:
      return { problem: 'The driver in the kernel and libcuda.so.1 are of different versions.', remedy: reboot };
    case 804:
      return {
        problem: 'A forward-compatibility libcuda was loaded, which this GPU does not support.',
        remedy:
          "Remove the cuda-compat package, or its folder from LD_LIBRARY_PATH, so that the host's libcuda is used.",
      };
    case 999:
      if (facts.deviceFiles === 'denied') return denied(facts);
      return {
        problem: 'The driver fails for a reason that it does not name.',
        remedy:
          'Usual causes: the module nvidia_uvm is not loaded ("nvidia-modprobe -u"), /dev/nvidia-uvm is missing in the ' +
          'container, or the machine was suspended; "dmesg" tells more. Restarting the machine helps in most cases.',
      };
    default:
      if (facts.deviceFiles === 'denied') return denied(facts);
      return {
        problem: 'The driver cannot be used.',
        remedy: 'Check that "nvidia-smi" works in the same place; "dmesg" on the host tells more.',
      };
  }
}

function denied({ deviceFiles, container }: HostFacts): Explanation {
  const which = deviceFiles === 'denied' ? 'This user may not open /dev/nvidiactl.' : 'The system refuses the GPU.';
  return {
    problem: which,
    remedy: container
      ? `Run the container's user with access to /dev/nvidia*. ${passGpu}`
      : 'Give the user access to /dev/nvidia* (often: the group "video" or "render").',
  };
}

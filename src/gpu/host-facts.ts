import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

/** What the machine tells besides the driver library: it is what sets one cause apart from another. */
export interface HostFacts {
  /** Version of the kernel's NVIDIA driver, such as `580.95.05`; containers see it even without a GPU of their own. */
  readonly kernelDriver: string | null;
  readonly container: boolean;
  /** /dev/nvidiactl: there and usable, there but not for this user, or not there. */
  readonly deviceFiles: 'usable' | 'denied' | 'absent';
  /** CUDA_VISIBLE_DEVICES; undefined: not set. */
  readonly visibleDevices: string | undefined;
}

/** Reads a few small files; never throws. */
export function readHostFacts(env: Readonly<Record<string, string | undefined>> = process.env): HostFacts {
  return {
    kernelDriver: kernelDriverVersion(),
    container: ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path)) || env.container !== undefined,
    deviceFiles: deviceFiles('/dev/nvidiactl'),
    visibleDevices: env.CUDA_VISIBLE_DEVICES,
  };
}

function kernelDriverVersion(): string | null {
  try {
    const text = readFileSync('/proc/driver/nvidia/version', 'utf8');
    return /\b(\d{3,}\.\d+(?:\.\d+)?)\b/.exec(text)?.[1] ?? 'of unknown version';
  } catch {
    return null;
  }
}

function deviceFiles(path: string): HostFacts['deviceFiles'] {
  if (!existsSync(path)) return 'absent';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return 'usable';
  } catch {
    return 'denied';
  }
}

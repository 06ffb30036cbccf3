import { HornetError } from '../errors/hornet-error.js';
import { formatComputeCapability, rtxComputeCapabilities } from '../gpu/compute-capability.js';

/** Built on request though NVIDIA's support matrices do not list it: its builder takes it. */
const unlistedByNvidia = ['8.0'];

/** What people know the compute capabilities by. */
const examples: Readonly<Record<string, string>> = {
  '7.0': 'V100',
  '7.5': 'T4, RTX 20',
  '8.0': 'A100, A30',
  '8.6': 'A10, A40, RTX 30',
  '8.9': 'L4, L40S, RTX 40',
  '9.0': 'H100, H200',
  '10.0': 'B200',
  '10.3': 'B300',
  '12.0': 'RTX 50, RTX PRO 6000 Blackwell',
  '12.1': 'GB10',
};

/** GPUs to build for ahead of time. */
export interface Targets {
  /** Such as `8.6`, in ascending order, each once. */
  readonly computeCapabilities: readonly string[];
  /** Those of them that NVIDIA does not list. */
  readonly unlisted: readonly string[];
}

/**
 * Reads targets such as `sm86`, `86` or `8.6`.
 * @throws ERR_USAGE for what is no target; ERR_TENSORRT_TARGET_UNSUPPORTED for what TensorRT-RTX cannot build for
 */
export function parseTargets(texts: readonly string[]): Targets {
  const numbers = [...new Set(texts.map(parseTarget))].sort((a, b) => a - b);
  const computeCapabilities = numbers.map(formatComputeCapability);
  const listed: readonly string[] = rtxComputeCapabilities;
  const refused = computeCapabilities.filter((one) => !listed.includes(one) && !unlistedByNvidia.includes(one));
  if (refused.length > 0) throw unsupported(refused);
  return { computeCapabilities, unlisted: computeCapabilities.filter((one) => unlistedByNvidia.includes(one)) };
}

function parseTarget(text: string): number {
  const [, digits, major, minor] = /^(?:sm_?)?(?:(\d{2,3})|(\d{1,2})\.(\d))$/i.exec(text.trim()) ?? [];
  if (digits !== undefined) return Number(digits);
  if (major !== undefined) return Number(major) * 10 + Number(minor);
  throw new HornetError('ERR_USAGE', `"${text}" is not a target; expected a compute capability such as sm86 or 8.9.`);
}

function smName(computeCapability: string): string {
  return `sm${computeCapability.replace('.', '')}`;
}

function named(computeCapability: string): string {
  const example = examples[computeCapability];
  return example === undefined ? smName(computeCapability) : `${smName(computeCapability)} (${example})`;
}

function unsupported(refused: readonly string[]): HornetError {
  const supported = rtxComputeCapabilities.map(named).join(', ');
  return new HornetError(
    'ERR_TENSORRT_TARGET_UNSUPPORTED',
    `Engines for ${refused.map(named).join(' and ')} cannot be built ahead of time: TensorRT-RTX supports ${supported}.`,
    {
      remedy:
        'Use full TensorRT on a machine with that GPU: "hornet build-engine" without --target builds there, and ' +
        '"hornet serve" does so on its first start.',
      details: { refused: refused.map(smName), supported: rtxComputeCapabilities.map(smName) },
    },
  );
}

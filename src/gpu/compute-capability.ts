/** Compute capabilities that NVIDIA's support matrices list for TensorRT-RTX. */
export const rtxComputeCapabilities = ['7.5', '8.6', '8.9', '12.0', '12.1'] as const;

/** `8.6` as TensorRT numbers it: 86. */
export function computeCapabilityNumber(computeCapability: string): number {
  const [major, minor] = computeCapability.split('.').map(Number);
  return (major ?? 0) * 10 + (minor ?? 0);
}

/** 86 as NVIDIA writes it: `8.6`. */
export function formatComputeCapability(number: number): string {
  return `${Math.floor(number / 10)}.${number % 10}`;
}

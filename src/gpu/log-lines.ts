/** Lines that users grep the log for; they are API. */
export const gpuLogLines = {
  access: (serving: string): string => `Node has CUDA GPU access! Starting serving ${serving}.`,
  /** Backend tensorrt. */
  noAccess: 'Node does not have GPU access. Serving will NOT be started.',
  /** Backend auto. */
  cpuInstead: (serving: string): string => `Node does not have GPU access. Starting serving ${serving} on the CPU.`,
} as const;

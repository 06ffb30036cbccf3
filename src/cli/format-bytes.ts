let format: Intl.NumberFormat | undefined;

/** Bytes for people, in powers of ten: `97.8MB`. */
export function formatBytes(bytes: number): string {
  // Made when it is wanted: that takes 20 ms, which commands with --json need not wait for.
  format ??= new Intl.NumberFormat('en', {
    notation: 'compact',
    style: 'unit',
    unit: 'byte',
    unitDisplay: 'narrow',
    maximumFractionDigits: 1,
  });
  return format.format(bytes);
}

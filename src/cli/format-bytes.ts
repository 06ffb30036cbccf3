const format = new Intl.NumberFormat('en', {
  notation: 'compact',
  style: 'unit',
  unit: 'byte',
  unitDisplay: 'narrow',
  maximumFractionDigits: 1,
});

/** Bytes for people, in powers of ten: `97.8MB`. */
export function formatBytes(bytes: number): string {
  return format.format(bytes);
}

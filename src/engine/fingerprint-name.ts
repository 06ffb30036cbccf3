import { createHash } from 'node:crypto';

/** sha256 of a fingerprint, the name of the folder of what it is of. */
export function fingerprintName(fingerprint: object): string {
  return createHash('sha256').update(canonicalJson(fingerprint)).digest('hex');
}

/** JSON whose bytes do not depend on the order in which fields were written. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

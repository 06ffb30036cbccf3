/** In bytes: of the TIFF header in front of a directory, and of an entry. */
const [headBytes, entryBytes] = [8, 12];
const orientationTag = 0x0112;
const [shortType, longType] = [3, 4];

/**
 * The orientation that EXIF data has in its first directory, 1 to 8; undefined where there is none.
 * @param exif with or without "Exif\0\0" in front; it is made like a TIFF file, so that may be one
 * @see https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf (4.6.2, 4.6.4 A)
 */
export function exifOrientation(exif: Buffer): number | undefined {
  const tiff = exif.subarray(exif.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < headBytes || (order !== 'II' && order !== 'MM')) return undefined;
  const isLittle = order === 'II';
  const read16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const read32 = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = read32(4);
  if (directory + 2 > tiff.length) return undefined;
  const end = Math.min(directory + 2 + entryBytes * read16(directory), tiff.length);
  for (let at = directory + 2; at + entryBytes <= end; at += entryBytes) {
    if (read16(at) !== orientationTag) continue;
    const type = read16(at + 2);
    const value = type === shortType ? read16(at + 8) : type === longType ? read32(at + 8) : 0;
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}

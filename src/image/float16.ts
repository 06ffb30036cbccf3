const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Smallest float32 that rounds to infinity, 65520: as float32 bits. */
const overflowBits = 0x477ff000;
/** Smallest normal half, 2^-14: as float32 bits. */
const smallestNormalBits = 0x38800000;
/** What the exponents are biased by, 127 and 15, apart: as float32 bits. */
const rebias = (127 - 15) << 23;

/**
 * Bits of the IEEE 754 half nearest to a float32, ties to even, as NumPy's `astype(float16)` rounds.
 * Subnormals are kept; 65520 and above become infinity; every NaN becomes the quiet one, sign dropped.
 */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  float[0] = value;
  const sign = ((bits[0] as number) >>> 16) & 0x8000;
  const magnitude = (bits[0] as number) & 0x7fffffff;
  if (magnitude >= overflowBits) return sign | 0x7c00;
  if (magnitude < smallestNormalBits) {
    // One unit in the last place of 0.5 is the smallest half, 2^-24: storing the sum as float32 does the rounding.
    float[0] = Math.abs(float[0] as number) + 0.5;
    return sign | ((bits[0] as number) - 0x3f000000);
  }
  // Just under half a unit, plus the last kept bit: ties go to the even neighbour, and a carry into the exponent is right.
  return sign | ((magnitude - rebias + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Value of a half given by its bits; exact. */
export function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

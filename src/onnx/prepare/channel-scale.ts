/** `value * scale + shift` per source channel (R, G, B), in float32. */
export interface ChannelScale {
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

/** 4 units in the last place (2^-23) of a channel's largest absolute value: what roundings of the table add up to. */
export const scaleTolerance = 4 * 2 ** -23;

const { abs, fround, max } = Math;

/**
 * The straight lines that a processor's table consists of, or null where it does not: where any of the 768 entries
 * is farther from float32 `fround(fround(value * scale) + shift)` than {@link scaleTolerance} times the largest
 * absolute value of its channel. The tables of all processors with usual numbers do; one whose mean nearly cancels all
 * pixels has roundings of its own, and is looked up.
 * @param table 768 entries, index channel * 256 + value
 */
export function channelScale(table: Float32Array): ChannelScale | null {
  const scale: number[] = [];
  const shift: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    const values = table.subarray(channel * 256, channel * 256 + 256);
    const [first, last] = [values[0] as number, values[255] as number];
    const a = fround((last - first) / 255);
    const largest = values.reduce((sum, value) => max(sum, abs(value)), 0);
    const near = (value: number, index: number) =>
      abs(fround(fround(index * a) + first) - value) <= scaleTolerance * largest;
    if (!values.every(near)) return null;
    scale.push(a);
    shift.push(first);
  }
  return { scale, shift };
}

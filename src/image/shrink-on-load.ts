/** How many times the target edge the shorter side of a shrunk picture is at least. */
const margin = 2;

/** Scales that libjpeg decodes at: 1/8, 1/4, 1/2. */
const factors = [8, 4, 2];

/**
 * Size to have a JPEG decoded at in fast mode, in pixels, or null where it is decoded whole: the largest scale of
 * libjpeg that leaves the shorter side at least twice `edge`.
 *
 * The shorter side is a multiple of `edge` and the longer one is cut off to match, so that resizing from here to
 * `edge` gives the same size, and a centre crop the same place, as resizing the whole picture would. sharp uses a
 * scale of 1/f only for more than f-fold reductions ("known libjpeg rounding errors" in its pipeline.cc), so what
 * libjpeg leaves is always resized a little further.
 * @param width of the upright picture, as `height`
 */
export function shrunkSize(width: number, height: number, edge: number): { width: number; height: number } | null {
  const short = Math.min(width, height);
  const factor = factors.find((candidate) => short >= (candidate + 1) * margin * edge);
  if (factor === undefined) return null;
  const multiple = Math.floor(short / ((factor + 1) * edge));
  const shrunkShort = multiple * edge;
  const shrunkLong = Math.floor((shrunkShort * Math.max(width, height)) / short);
  return width <= height ? { width: shrunkShort, height: shrunkLong } : { width: shrunkLong, height: shrunkShort };
}

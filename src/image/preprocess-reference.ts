import { HornetError } from '../errors/hornet-error.js';
import type { NativePreprocessPlan } from '../native/addon-types.js';
import { type AxisWindow, centreWindow } from './centre-window.js';
import { resampleWindow } from './resample-reference.js';
import type { RgbImage } from './rgb-image.js';

type Elements = Uint8Array | Uint16Array | Float32Array;

function checkArguments(source: Uint8Array, plan: NativePreprocessPlan, target: Uint8Array): void {
  const refuse = (what: string): never => {
    throw new HornetError('ERR_NATIVE_ARGUMENT', `preprocess: ${what}`);
  };
  const sizes = { ...plan, table: 0, filter: 1, flipChannels: 1, planar: 1 };
  for (const [name, value] of Object.entries(sizes)) {
    if (name !== 'table' && !(Number.isSafeInteger(value) && value >= 1)) refuse(`${name} is ${value}`);
  }
  if (!(Number.isInteger(plan.filter) && plan.filter >= 0 && plan.filter <= 5)) refuse(`filter is ${plan.filter}`);
  if (plan.table !== null && plan.table.length !== 768) refuse(`table has ${plan.table.length} entries, not 768`);
  const sourceBytes = plan.sourceWidth * plan.sourceHeight * 3;
  if (source.byteLength !== sourceBytes) refuse(`source has ${source.byteLength} bytes, not ${sourceBytes}`);
  const targetBytes = plan.cropWidth * plan.cropHeight * 3 * (plan.table?.BYTES_PER_ELEMENT ?? 1);
  if (target.byteLength !== targetBytes) refuse(`target has ${target.byteLength} bytes, not ${targetBytes}`);
}

/** The target as elements of the table's type where its offset allows that, else elements of their own. */
function elementsOf(target: Uint8Array, table: NativePreprocessPlan['table']): Elements {
  if (table === null) return target;
  const { buffer, byteOffset, byteLength } = target;
  const length = byteLength / table.BYTES_PER_ELEMENT;
  const aligned = byteOffset % table.BYTES_PER_ELEMENT === 0;
  if (table instanceof Float32Array) {
    return aligned ? new Float32Array(buffer, byteOffset, length) : new Float32Array(length);
  }
  return aligned ? new Uint16Array(buffer, byteOffset, length) : new Uint16Array(length);
}

/** Writes one channel of the picture, padding included, mapped through that channel's part of the table. */
function writeChannel(
  picture: RgbImage,
  channel: number,
  map: Elements,
  out: Elements,
  place: { start: number; step: number; width: number; height: number; columns: AxisWindow; rows: AxisWindow },
): void {
  const { start, step, width, height, columns, rows } = place;
  const { data } = picture;
  const zero = map[0] as number;
  const lastColumn = columns.padBefore + columns.count;
  let at = start;
  let from = channel;
  for (let y = 0; y < height; y++) {
    const inside = y >= rows.padBefore && y < rows.padBefore + rows.count;
    for (let x = 0; x < width; x++, at += step) {
      if (inside && x >= columns.padBefore && x < lastColumn) {
        out[at] = map[data[from] as number] as number;
        from += 3;
      } else {
        out[at] = zero;
      }
    }
  }
}

const identity = Uint8Array.from({ length: 256 }, (_, value) => value);

/**
 * Resizes, crops, pads, maps through the table and writes one picture: what the addon's `preprocess` does, in
 * TypeScript and on the calling thread. It is the fallback where there is no addon, and what the addon is tested
 * against: both write the same bytes.
 *
 * Padding is u8 value 0 *before* the table, as transformers pads before it rescales and normalises.
 * @param source u8 RGB, row-major, sourceHeight x sourceWidth x 3
 * @param target exactly cropHeight * cropWidth * 3 elements, at any byte offset: u8 without a table, 2 bytes each
 *   with a Uint16Array, 4 with a Float32Array, in the byte order of the machine; planes (NCHW) or pixels (NHWC)
 * @throws ERR_NATIVE_ARGUMENT when sizes do not fit each other
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/image_transforms.py
 */
export function preprocessReference(source: Uint8Array, plan: NativePreprocessPlan, target: Uint8Array): void {
  checkArguments(source, plan, target);
  const { cropWidth: width, cropHeight: height, table } = plan;
  const columns = centreWindow(plan.resizeWidth, width);
  const rows = centreWindow(plan.resizeHeight, height);
  const picture = resampleWindow(
    { data: source, width: plan.sourceWidth, height: plan.sourceHeight },
    { width: plan.resizeWidth, height: plan.resizeHeight, filter: plan.filter, columns, rows },
  );
  const elements = elementsOf(target, table);
  for (let channel = 0; channel < 3; channel++) {
    const position = plan.flipChannels ? 2 - channel : channel;
    const map = table === null ? identity : table.subarray(channel * 256, channel * 256 + 256);
    const start = plan.planar ? position * width * height : position;
    writeChannel(picture, channel, map, elements, { start, step: plan.planar ? 1 : 3, width, height, columns, rows });
  }
  if (elements.buffer !== target.buffer) {
    target.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  }
}

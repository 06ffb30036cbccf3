import type { ResizeRule } from '../image/image-processor.js';
import { type ConfigFields, isJsonObject } from './config-fields.js';
import type { PixelSize } from './processor-families.js';

/** Edges above this are taken for a mistake: one picture would need gigabytes. */
const maxEdge = 16_384;
/** What {@link isEdge} accepts, in words. */
export const edgeExpected = `an integer from 1 to ${maxEdge}`;

/** Whether a value is an edge in px that a picture may be resized or cropped to. */
export function isEdge(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= maxEdge;
}

function readEdge(fields: ConfigFields, field: string, value: unknown): number {
  if (!isEdge(value)) throw fields.invalidValue(field, value, edgeExpected);
  return value;
}

/** `[height, width]` or `{height, width}`, or null where the value has another form. */
function readHeightWidth(fields: ConfigFields, field: string, value: unknown): PixelSize | null {
  if (Array.isArray(value) && value.length === 2) {
    return {
      height: readEdge(fields, `${field}[0]`, value[0]),
      width: readEdge(fields, `${field}[1]`, value[1]),
    };
  }
  if (!isJsonObject(value) || Object.keys(value).length !== 2 || !('height' in value && 'width' in value)) return null;
  return {
    height: readEdge(fields, `${field}.height`, value.height),
    width: readEdge(fields, `${field}.width`, value.width),
  };
}

/**
 * `size` of a processor: an integer (whose meaning depends on the class), `[height, width]`, `{height, width}` or
 * `{shortest_edge}`, in px. Absent or null is the class default; transformers 5 refuses null, 4 takes the default.
 * @throws ERR_PROCESSOR_INVALID, also for the forms that only detectors and documents use (`longest_edge`, ...)
 */
export function parseSize(
  fields: ConfigFields,
  integerMeans: 'square' | 'shortest-edge',
  byDefault: ResizeRule,
): ResizeRule {
  const value = fields.json.size;
  if (value === undefined || value === null) return byDefault;
  if (typeof value === 'number') {
    const edge = readEdge(fields, 'size', value);
    return integerMeans === 'square' ? { kind: 'exact', width: edge, height: edge } : { kind: 'shortest-edge', edge };
  }
  const size = readHeightWidth(fields, 'size', value);
  if (size !== null) return { kind: 'exact', ...size };
  if (isJsonObject(value) && Object.keys(value).join() === 'shortest_edge') {
    return { kind: 'shortest-edge', edge: readEdge(fields, 'size.shortest_edge', value.shortest_edge) };
  }
  throw fields.invalid('size', 'an integer, {"height", "width"} or {"shortest_edge"}');
}

/**
 * `crop_size` of a processor in px: an integer (a square), `[height, width]` or `{height, width}`.
 * @returns the default where the field is absent or null
 * @throws ERR_PROCESSOR_INVALID
 */
export function parseCropSize(fields: ConfigFields, byDefault: PixelSize | null): PixelSize | null {
  const value = fields.json.crop_size;
  if (value === undefined || value === null) return byDefault;
  if (typeof value === 'number') {
    const edge = readEdge(fields, 'crop_size', value);
    return { width: edge, height: edge };
  }
  const size = readHeightWidth(fields, 'crop_size', value);
  if (size === null) throw fields.invalid('crop_size', 'an integer or {"height", "width"}');
  return size;
}

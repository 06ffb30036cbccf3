import { HornetError } from '../errors/hornet-error.js';
import type { ImageProcessor, ResampleFilter, ResizeRule } from '../image/image-processor.js';
import { ConfigFields } from './config-fields.js';
import { type Normalization, normalizationTable } from './normalization-table.js';
import { edgeExpected, isEdge, parseCropSize, parseSize } from './parse-size.js';
import type { PixelSize, ProcessorFamily, Rgb } from './processor-families.js';
import { resolveProcessorFamily } from './resolve-processor-family.js';

/** Pillow's codes of the filters, which `resample` holds. */
const filtersByCode: readonly ResampleFilter[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** Switches of the supported classes' kin that change the pixels and are not implemented: refused, not ignored. */
const refusedSwitches = ['do_pad', 'do_thumbnail', 'do_align_long_axis', 'do_color_quantize', 'use_square_size'];

/** From this size on, ConvNeXt squashes the picture instead of cropping it. */
const convNextSquashFrom = 384;

/**
 * Reads preprocessor_config.json, in every spelling that transformers wrote, into what is to be done to a picture.
 * Mirrors AutoImageProcessor of transformers 5 with `backend="pil"`; what only transformers 4 accepts (null for a
 * default, `image_processor_type: "...FeatureExtractor"`) is read as 4 did. Unknown fields are ignored, as there.
 * @param json the parsed file, or the `image_processor` object of a processor_config.json
 * @param modelType `model_type` of config.json; it decides where the file names no class
 * @param file name of the file, for messages
 * @throws ERR_PROCESSOR_INVALID naming the field, what was found and what was expected; ERR_PROCESSOR_UNSUPPORTED
 *   naming the class, or the option that would change the pixels in a way that is not implemented
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/image_processing_backends.py
 */
export function parsePreprocessorConfig(
  json: unknown,
  modelType?: string,
  file = 'preprocessor_config.json',
): ImageProcessor {
  const fields = new ConfigFields(file, 'ERR_PROCESSOR_INVALID', json);
  const family = resolveProcessorFamily(fields, modelType);
  for (const field of refusedSwitches) {
    if (fields.readSwitch(field, false)) throw unsupportedOption(fields, field);
  }
  const { resize, crop: resizeCrop } = parseResize(fields, family);
  return {
    className: family.className,
    resize,
    filter: parseFilter(fields, family),
    crop: joinCrops(fields, resizeCrop, parseCenterCrop(fields, family)),
    table: normalizationTable(parseNormalization(fields, family)),
    flipChannels: family.flipsChannels && fields.readSwitch('do_flip_channel_order', true),
  };
}

function unsupportedOption(fields: ConfigFields, field: string): HornetError {
  return new HornetError(
    'ERR_PROCESSOR_UNSUPPORTED',
    `"${field}": ${JSON.stringify(fields.json[field])} in ${fields.file} is not implemented.`,
    { details: { field } },
  );
}

function parseFilter(fields: ConfigFields, family: ProcessorFamily): ResampleFilter {
  const code = fields.json.resample;
  if (code === undefined) return family.filter;
  const filter = typeof code === 'number' ? filtersByCode[code] : undefined;
  if (filter !== undefined) return filter;
  if (!fields.readSwitch('do_resize', true)) return family.filter;
  throw fields.invalid('resample', '0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)');
}

function parseResize(fields: ConfigFields, family: ProcessorFamily): { resize: ResizeRule; crop: PixelSize | null } {
  if (!fields.readSwitch('do_resize', true)) return { resize: { kind: 'none' }, crop: null };
  const size = parseSize(fields, family.integerSize, family.size);
  switch (family.resizeStyle) {
    case 'plain':
      return { resize: size, crop: null };
    case 'levit':
      if (size.kind !== 'shortest-edge') return { resize: size, crop: null };
      return { resize: { kind: 'shortest-edge', edge: Math.trunc((256 / 224) * size.edge) }, crop: null };
    case 'poolformer':
      return { resize: poolFormerResize(fields, family, size), crop: null };
    case 'convnext': {
      if (size.kind !== 'shortest-edge') {
        throw fields.invalid('size', `an integer or {"shortest_edge"}, because it is a ${family.className}`);
      }
      const { edge } = size;
      if (edge >= convNextSquashFrom) return { resize: { kind: 'exact', width: edge, height: edge }, crop: null };
      // null is what transformers 4 wrote for "the default"; 5.23 divides by None and raises TypeError
      const cropPct = readCropPct(fields) ?? family.cropPct ?? 1;
      return {
        resize: { kind: 'shortest-edge', edge: enlargeEdge(fields, edge, cropPct) },
        crop: { width: edge, height: edge },
      };
    }
  }
}

/** `crop_pct`, or undefined where it is absent or null. */
function readCropPct(fields: ConfigFields): number | undefined {
  const expected = 'a number above zero';
  const cropPct = fields.readNumber('crop_pct', expected);
  if (cropPct !== undefined && cropPct <= 0) throw fields.invalid('crop_pct', expected);
  return cropPct;
}

/** The edge in px of which `edge` is the part `cropPct`. */
function enlargeEdge(fields: ConfigFields, edge: number, cropPct: number): number {
  const enlarged = Math.trunc(edge / cropPct);
  if (isEdge(enlarged)) return enlarged;
  throw fields.invalid('crop_pct', `a part of the size that makes each edge ${edgeExpected}`);
}

function poolFormerResize(fields: ConfigFields, family: ProcessorFamily, size: ResizeRule): ResizeRule {
  // null turns the enlargement off, unlike in ConvNeXt
  if (fields.json.crop_pct === null || size.kind === 'none') return size;
  const cropPct = readCropPct(fields) ?? family.cropPct ?? 1;
  if (size.kind === 'shortest-edge') return { kind: 'shortest-edge', edge: enlargeEdge(fields, size.edge, cropPct) };
  const width = enlargeEdge(fields, size.width, cropPct);
  const height = enlargeEdge(fields, size.height, cropPct);
  // a square size is enlarged and then taken for the shortest edge, any other for the exact size
  return size.width === size.height ? { kind: 'shortest-edge', edge: width } : { kind: 'exact', width, height };
}

function parseCenterCrop(fields: ConfigFields, family: ProcessorFamily): PixelSize | null {
  if (family.ignores.includes('do_center_crop')) return null;
  if (!fields.readSwitch('do_center_crop', family.doCenterCrop)) return null;
  const crop = parseCropSize(fields, family.cropSize);
  if (crop === null)
    throw fields.invalid('crop_size', 'an integer or {"height", "width"}, because do_center_crop is true');
  return crop;
}

/** Two centre crops after each other are one only if they are equal: their offsets are rounded each on its own. */
function joinCrops(fields: ConfigFields, first: PixelSize | null, second: PixelSize | null): PixelSize | null {
  if (first === null || second === null) return first ?? second;
  if (first.width === second.width && first.height === second.height) return first;
  throw unsupportedOption(fields, 'do_center_crop');
}

function parseNormalization(fields: ConfigFields, family: ProcessorFamily): Normalization {
  const rescales = fields.readSwitch('do_rescale', true);
  const normalizes = !family.ignores.includes('do_normalize') && fields.readSwitch('do_normalize', true);
  const includeTop = family.efficientNetOptions && fields.readSwitch('include_top', true);
  const std = normalizes || includeTop ? parseStd(fields, family) : family.std;
  return {
    rescaleFactor: rescales ? parseRescaleFactor(fields) : null,
    rescaleOffset: family.efficientNetOptions && fields.readSwitch('rescale_offset', false),
    normalize: normalizes ? { mean: parseRgb(fields, 'image_mean', family.mean), std } : null,
    divideAgain: includeTop ? std : null,
  };
}

function parseRescaleFactor(fields: ConfigFields): number {
  if (fields.json.rescale_factor === undefined) return 1 / 255;
  const factor = fields.readNumber('rescale_factor');
  if (factor === undefined) throw fields.invalid('rescale_factor', 'a number, because do_rescale is true');
  return factor;
}

function parseStd(fields: ConfigFields, family: ProcessorFamily): Rgb {
  const std = parseRgb(fields, 'image_std', family.std);
  if (std.some((value) => Math.fround(value) === 0)) throw fields.invalid('image_std', 'numbers other than zero');
  return std;
}

/** One number for all channels, or three. Null is the class default, as in transformers 4; 5 refuses it. */
function parseRgb(fields: ConfigFields, field: string, byDefault: Rgb): Rgb {
  const value = fields.json[field];
  if (value === undefined || value === null) return byDefault;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value, value, value];
  const [r, g, b] = values;
  if (values.length === 3 && typeof r === 'number' && typeof g === 'number' && typeof b === 'number') {
    return [r, g, b];
  }
  throw fields.invalid(field, 'a number or three numbers');
}

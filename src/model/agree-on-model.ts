import { shortened } from '../errors/describe-value.js';
import { HornetError } from '../errors/hornet-error.js';
import type { ImageProcessor } from '../image/image-processor.js';
import type { GraphInfo } from '../onnx/graph-info.js';
import { defaultLabel, type ModelConfig, maxLabels } from './parse-model-config.js';
import type { PixelSize } from './processor-families.js';

/**
 * One label per class of the graph: those of config.json, or LABEL_n where it has none.
 * @throws ERR_MODEL_NOT_CLASSIFIER where both count the classes and disagree, or neither does
 */
export function agreeOnLabels(graph: GraphInfo, config: ModelConfig): readonly string[] {
  const { name, classes } = graph.output;
  const output = `output "${shortened(name, 200)}"`;
  const { labels } = config;
  if (labels !== null && classes !== null && labels.length !== classes) {
    throw new HornetError(
      'ERR_MODEL_NOT_CLASSIFIER',
      `config.json has ${labels.length} labels, but the graph's ${output} has ${classes} classes.`,
      { details: { labels: labels.length, classes } },
    );
  }
  if (labels !== null) return labels;
  if (classes !== null && classes > maxLabels) {
    throw new HornetError(
      'ERR_MODEL_NOT_CLASSIFIER',
      `The graph's ${output} has ${classes} classes; at most ${maxLabels} are expected.`,
      { details: { classes } },
    );
  }
  if (classes !== null) return Array.from({ length: classes }, (_, index) => defaultLabel(index));
  throw new HornetError(
    'ERR_MODEL_NOT_CLASSIFIER',
    `Neither the graph's ${output} nor config.json tells the number of classes.`,
    { remedy: 'Add "id2label" to config.json.' },
  );
}

function sizeText(width: number | null, height: number | null): string {
  return `${width ?? 'any'} x ${height ?? 'any'} px (width x height)`;
}

/** Size in px that every picture has after the processor, or null where it depends on the picture. */
function outputSize({ crop, resize }: ImageProcessor): PixelSize | null {
  if (crop !== null) return crop;
  return resize.kind === 'exact' ? { width: resize.width, height: resize.height } : null;
}

/**
 * The size in px of the pictures as the model gets them: the processor's, which must be the graph's where that one is
 * fixed. Pictures are batched, so it must be the same for all of them.
 * @throws ERR_MODEL_NOT_CLASSIFIER naming both sizes
 */
export function agreeOnImageSize(graph: GraphInfo, processor: ImageProcessor): PixelSize {
  const { width, height } = graph.input;
  const size = outputSize(processor);
  if (size === null) {
    throw new HornetError(
      'ERR_MODEL_NOT_CLASSIFIER',
      `The ${processor.className} makes pictures of different sizes from pictures of different shapes, expected one ` +
        `size for all; the graph takes ${sizeText(width, height)}.`,
      { remedy: 'Give "size" in preprocessor_config.json a height and a width, or set do_center_crop and crop_size.' },
    );
  }
  if ((width ?? size.width) !== size.width || (height ?? size.height) !== size.height) {
    throw new HornetError(
      'ERR_MODEL_NOT_CLASSIFIER',
      `The ${processor.className} makes pictures of ${sizeText(size.width, size.height)}, but the graph takes ` +
        `${sizeText(width, height)}.`,
      { remedy: 'Correct size or crop_size in preprocessor_config.json, or export the model for that size.' },
    );
  }
  return { width: size.width, height: size.height };
}

/**
 * A graph that takes uint8 gets the pixels themselves, so its processor must not scale them.
 * @throws ERR_MODEL_NOT_CLASSIFIER
 */
export function agreeOnPixels(graph: GraphInfo, processor: ImageProcessor): void {
  if (graph.input.format.dtype !== 'uint8') return;
  if (processor.table.every((value, index) => value === index % 256)) return;
  throw new HornetError(
    'ERR_MODEL_NOT_CLASSIFIER',
    `The graph's input "${shortened(graph.input.name, 200)}" takes uint8, but preprocessor_config.json asks to rescale or normalize.`,
    { remedy: 'Set do_rescale and do_normalize to false, or export the model with a float32 input.' },
  );
}

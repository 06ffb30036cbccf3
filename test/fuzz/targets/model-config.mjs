import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputBytes, planPreprocessing } from '../../../dist/image/preprocess-plan.js';
import { loadModelFolder } from '../../../dist/model/load-model-folder.js';
import { processorFamilies } from '../../../dist/model/processor-families.js';
import { anyClassifier } from '../any-classifier.mjs';
import { attempt, hold } from '../invariants.mjs';
import { mutateSections, sectionsOf } from '../sections.mjs';

/** @import { ErrorCode } from '../../../dist/errors/error-registry.js' */
/** @import { Target } from '../target.mjs' */

const words = [
  'model_type',
  'num_labels',
  'id2label',
  'problem_type',
  'regression',
  'multi_label_classification',
  'resnet',
  'vit',
  'image_processor_type',
  'feature_extractor_type',
  'image_processor',
  'do_resize',
  'size',
  'height',
  'width',
  'shortest_edge',
  'resample',
  'do_center_crop',
  'crop_size',
  'crop_pct',
  'do_rescale',
  'rescale_factor',
  'rescale_offset',
  'do_normalize',
  'image_mean',
  'image_std',
  'include_top',
  'do_flip_channel_order',
  'do_pad',
  'longest_edge',
  ...processorFamilies.keys(),
];
/** @type {readonly ErrorCode[]} */
const codes = [
  'ERR_MODEL_CONFIG_INVALID',
  'ERR_PROCESSOR_INVALID',
  'ERR_PROCESSOR_UNSUPPORTED',
  'ERR_MODEL_NOT_CLASSIFIER',
  'ERR_MODEL_FILE_MISSING',
];
const files = ['config.json', 'preprocessor_config.json', 'processor_config.json'];

/** @type {Target} */
export const modelConfig = {
  reads: 'config.json and preprocessor_config.json of models',
  covers: [
    'model/load-model-folder.js',
    'model/agree-on-model.js',
    'model/config-fields.js',
    'model/parse-model-config.js',
    'model/parse-preprocessor-config.js',
    'model/parse-size.js',
    'model/resolve-processor-family.js',
    'model/normalization-table.js',
    'image/preprocess-plan.js',
  ],
  maxBytes: 16 * 1024,
  // The table of a processor has 768 entries, and there may be a million labels.
  work: 5_000_000,
  workPerByte: 200,
  mostMemory: 128 * 2 ** 20,
  mutate: mutateSections(3, words),
  /** An input is config.json, preprocessor_config.json and, where it has a third section, processor_config.json. */
  async invariant(input, folder) {
    const sections = sectionsOf(input, files.length);
    const model = join(folder, sections.length < files.length ? 'two' : 'three');
    const onnx = join(model, 'onnx', 'model.onnx');
    if (!existsSync(onnx)) {
      mkdirSync(dirname(onnx), { recursive: true });
      writeFileSync(onnx, anyClassifier());
    }
    for (const [index, section] of sections.entries()) writeFileSync(join(model, files[index] ?? ''), section);
    const read = await attempt(() => loadModelFolder(model), codes);
    if ('refusal' in read) return read.refusal;
    const { processor, imageSize, labels, functionToApply } = read.value;
    hold(
      labels.length >= 1 && labels.length <= 1_000_000 && labels.every((label) => typeof label === 'string'),
      'labels',
    );
    hold(
      [imageSize.width, imageSize.height].every((edge) => Number.isInteger(edge) && edge >= 1 && edge <= 16_384),
      'an edge',
    );
    hold(processor.table.length === 768 && processor.table.every(Number.isFinite), 'a table that is not finite');
    // Whatever was accepted can be done to a picture, or is refused for the picture's sake.
    const kinds = [];
    for (const [width, height] of /** @type {const} */ ([
      [640, 480],
      [1, 1],
      [3, 5000],
    ])) {
      const planned = await attempt(
        () => planPreprocessing(processor, { width, height }, { dtype: 'float32', layout: 'NCHW' }),
        ['ERR_IMAGE_SHAPE_EXTREME'],
      );
      if ('value' in planned)
        hold(
          outputBytes(planned.value) === 12 * imageSize.width * imageSize.height,
          'a picture of another size than the model takes',
        );
      kinds.push('value' in planned);
    }
    const { className, resize, crop } = processor;
    return `${className} ${resize.kind} ${crop === null} ${functionToApply} ${kinds}`;
  },
};

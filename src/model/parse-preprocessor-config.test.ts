import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMet } from '../../test/skips/note-skip.js';
import type { ImageProcessor } from '../image/image-processor.js';
import { parsePreprocessorConfig } from './parse-preprocessor-config.js';

/** Table entries of (R, 0), (G, 100) and (B, 255), made with transformers 5.23. */
type Samples = readonly [number, number, number];
const imagenet: Samples = [-2.117904, -0.28501397, 2.64];
const half: Samples = [-1, -0.21568626, 1];
const clip: Samples = [-1.7922626, -0.25132027, 2.145897];

const { fround } = Math;
const squash = (edge: number): ImageProcessor['resize'] => ({ kind: 'exact', width: edge, height: edge });
const shortestEdge = (edge: number): ImageProcessor['resize'] => ({ kind: 'shortest-edge', edge });
const square = (edge: number): ImageProcessor['crop'] => ({ width: edge, height: edge });

/** What a processor does, its table by three samples. */
function meaning({ table, ...rest }: ImageProcessor) {
  return { ...rest, samples: [table[0], table[256 + 100], table[2 * 256 + 255]] };
}

function expected(
  className: string,
  resize: ImageProcessor['resize'],
  filter: ImageProcessor['filter'],
  crop: ImageProcessor['crop'],
  samples: Samples,
  flipChannels = false,
) {
  return { className, resize, filter, crop, samples: samples.map(fround), flipChannels };
}

const imagenetMean = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const halfMean = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const factor = 1 / 255;
const convNext = expected('ConvNextImageProcessor', shortestEdge(256), 'bicubic', square(224), imagenet);
const vit = expected('ViTImageProcessor', squash(224), 'bilinear', null, half);
const deit = expected('DeiTImageProcessor', squash(256), 'bicubic', square(224), imagenet);

interface Case {
  /** Name of the file of the same meaning in shared/golden/configs. */
  readonly id: string;
  readonly modelType: string;
  readonly config: Record<string, unknown>;
  readonly means: ReturnType<typeof expected>;
}

const vitConfig = {
  image_processor_type: 'ViTImageProcessor',
  do_rescale: true,
  rescale_factor: factor,
  ...halfMean,
  size: { height: 224, width: 224 },
};

const cases: readonly Case[] = [
  {
    id: 'resnet-50',
    modelType: 'resnet',
    config: {
      image_processor_type: 'ConvNextFeatureExtractor',
      feature_extractor_type: 'ConvNextFeatureExtractor',
      crop_pct: 0.875,
      resample: 3,
      size: { shortest_edge: 224 },
      ...imagenetMean,
    },
    means: convNext,
  },
  {
    id: 'resnet-50-legacy',
    modelType: 'resnet',
    config: { feature_extractor_type: 'ConvNextFeatureExtractor', size: 224, resample: 3, ...imagenetMean },
    means: convNext,
  },
  {
    id: 'convnext-224',
    modelType: 'convnext',
    config: { feature_extractor_type: 'ConvNextFeatureExtractor', size: 224, crop_pct: 0.875, ...imagenetMean },
    means: convNext,
  },
  {
    id: 'convnext-384',
    modelType: 'convnext',
    config: {
      image_processor_type: 'ConvNextImageProcessor',
      crop_pct: null,
      size: { shortest_edge: 384 },
      ...imagenetMean,
    },
    means: expected('ConvNextImageProcessor', squash(384), 'bicubic', null, imagenet),
  },
  { id: 'vit', modelType: 'vit', config: { ...vitConfig, resample: 2 }, means: vit },
  { id: 'vit-legacy', modelType: 'vit', config: { do_normalize: true, size: 224, ...halfMean }, means: vit },
  { id: 'vit-lanczos', modelType: 'vit', config: { ...vitConfig, resample: 1 }, means: { ...vit, filter: 'lanczos' } },
  { id: 'vit-box', modelType: 'vit', config: { ...vitConfig, resample: 4 }, means: { ...vit, filter: 'box' } },
  { id: 'vit-hamming', modelType: 'vit', config: { ...vitConfig, resample: 5 }, means: { ...vit, filter: 'hamming' } },
  {
    id: 'swin',
    modelType: 'swin',
    config: { ...vitConfig, ...imagenetMean, resample: 3 },
    means: expected('ViTImageProcessor', squash(224), 'bicubic', null, imagenet),
  },
  {
    id: 'deit',
    modelType: 'deit',
    config: {
      image_processor_type: 'DeiTImageProcessor',
      crop_size: { height: 224, width: 224 },
      size: { height: 256, width: 256 },
      resample: 3,
      ...imagenetMean,
    },
    means: deit,
  },
  {
    id: 'deit-legacy',
    modelType: 'deit',
    config: { feature_extractor_type: 'DeiTFeatureExtractor', crop_size: 224, size: 256, ...imagenetMean },
    means: deit,
  },
  {
    id: 'beit',
    modelType: 'beit',
    config: { image_processor_type: 'BeitImageProcessor', crop_size: { height: 224, width: 224 }, resample: 2 },
    means: expected('BeitImageProcessor', squash(224), 'bilinear', null, half),
  },
  {
    id: 'mobilenet-v2',
    modelType: 'mobilenet_v2',
    config: { image_processor_type: 'MobileNetV2ImageProcessor', size: { shortest_edge: 256 } },
    means: expected('MobileNetV2ImageProcessor', shortestEdge(256), 'bilinear', square(224), half),
  },
  {
    id: 'mobilevit',
    modelType: 'mobilevit',
    config: {
      image_processor_type: 'MobileViTImageProcessor',
      crop_size: { height: 256, width: 256 },
      resample: 2,
      size: { shortest_edge: 288 },
    },
    means: expected('MobileViTImageProcessor', shortestEdge(288), 'bilinear', square(256), [0, 0.39215687, 1], true),
  },
  {
    id: 'squeezenet-shared',
    modelType: 'squeezenet',
    config: {
      image_processor_type: 'MobileViTImageProcessor',
      size: { height: 224, width: 224 },
      resample: 2,
      do_center_crop: false,
      do_rescale: false,
    },
    means: expected('MobileViTImageProcessor', squash(224), 'bilinear', null, [0, 100, 255], true),
  },
  {
    id: 'clip',
    modelType: 'clip',
    config: { image_processor_type: 'CLIPImageProcessor', feature_extractor_type: 'CLIPFeatureExtractor' },
    means: expected('CLIPImageProcessor', shortestEdge(224), 'bicubic', square(224), clip),
  },
  {
    id: 'efficientnet-b0',
    modelType: 'efficientnet',
    config: {
      image_processor_type: 'EfficientNetImageProcessor',
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.47853944, 0.4732864, 0.47434163],
      resample: 0,
      size: { height: 224, width: 224 },
    },
    means: expected('EfficientNetImageProcessor', squash(224), 'nearest', null, imagenet),
  },
  {
    id: 'efficientnet-crop-offset',
    modelType: 'efficientnet',
    config: {
      image_processor_type: 'EfficientNetImageProcessor',
      ...imagenetMean,
      do_center_crop: true,
      include_top: false,
      rescale_factor: 0.00784313725490196,
      rescale_offset: true,
      resample: 0,
    },
    means: expected('EfficientNetImageProcessor', squash(346), 'nearest', square(289), [-6.484716, -2.9985995, 2.64]),
  },
];

const goldenFolder = resolve('../shared/golden/configs');

describe('parsePreprocessorConfig', () => {
  it.each(cases)('reads a file like that of $id', ({ config, modelType, means }) => {
    expect(meaning(parsePreprocessorConfig(config, modelType))).toEqual(means);
  });

  const hasGolden = isMet(
    existsSync(goldenFolder),
    'preprocessor configs of the golden files',
    '../shared is not beside this checkout',
  );
  describe.runIf(hasGolden)('with the golden files', () => {
    it.each(cases)('reads $id', ({ id, modelType, means }) => {
      const json: unknown = JSON.parse(readFileSync(resolve(goldenFolder, `${id}.json`), 'utf8'));
      expect(meaning(parsePreprocessorConfig(json, modelType))).toEqual(means);
    });
  });

  const resize = (config: Record<string, unknown>) => {
    const { resize: rule, crop } = parsePreprocessorConfig(config);
    return { rule, crop };
  };

  it.each([['ViTImageProcessorFast'], ['ViTImageProcessorPil'], ['ViTFeatureExtractor']])(
    'takes %s for ViTImageProcessor',
    (name) => {
      expect(meaning(parsePreprocessorConfig({ image_processor_type: name }))).toEqual(vit);
    },
  );

  it.each([
    ['data2vec-vision', 'BeitImageProcessor'],
    ['dinov2', 'BitImageProcessor'],
    ['regnet', 'ConvNextImageProcessor'],
    ['cvt', 'ConvNextImageProcessor'],
    ['levit', 'LevitImageProcessor'],
    ['mobilevitv2', 'MobileViTImageProcessor'],
    ['poolformer', 'PoolFormerImageProcessor'],
    ['pvt_v2', 'PvtImageProcessor'],
    ['segformer', 'SegformerImageProcessor'],
    ['siglip', 'SiglipImageProcessor'],
    ['swinv2', 'ViTImageProcessor'],
  ])('resolves a file without a type by the model type %s', (modelType, className) => {
    expect(parsePreprocessorConfig({}, modelType).className).toBe(className);
  });

  it('enlarges ConvNeXt pictures below 384 by 256/224 where crop_pct is null', () => {
    const config = { image_processor_type: 'ConvNextImageProcessor', size: 288, crop_pct: null };
    expect(resize(config)).toEqual({ rule: shortestEdge(329), crop: square(288) });
  });

  it.each([
    [224, undefined, shortestEdge(248)],
    [{ height: 224, width: 224 }, undefined, shortestEdge(248)],
    [{ height: 200, width: 100 }, 0.5, { kind: 'exact', width: 200, height: 400 }],
    [224, null, shortestEdge(224)],
  ])('enlarges PoolFormer pictures of size %j by crop_pct %j', (size, cropPct, rule) => {
    const config = {
      image_processor_type: 'PoolFormerImageProcessor',
      size,
      ...(cropPct === undefined ? {} : { crop_pct: cropPct }),
    };
    expect(resize(config)).toEqual({ rule, crop: square(224) });
  });

  it('enlarges LeViT pictures by 256/224', () => {
    expect(resize({ image_processor_type: 'LevitImageProcessor' }).rule).toEqual(shortestEdge(256));
  });

  it.each([
    ['ViTImageProcessor', squash(96)],
    ['SiglipImageProcessor', shortestEdge(96)],
    ['CLIPImageProcessor', shortestEdge(96)],
  ])('reads an integer size as %s does', (className, rule) => {
    expect(resize({ image_processor_type: className, size: 96 }).rule).toEqual(rule);
  });

  it('reads a list as height and width', () => {
    const config = { image_processor_type: 'DeiTImageProcessor', size: [100, 200], crop_size: [50, 60] };
    expect(resize(config)).toEqual({
      rule: { kind: 'exact', height: 100, width: 200 },
      crop: { height: 50, width: 60 },
    });
  });

  it('neither resizes nor crops where the switches are off or null', () => {
    const config = { image_processor_type: 'CLIPImageProcessor', do_resize: false, do_center_crop: null };
    expect(resize(config)).toEqual({ rule: { kind: 'none' }, crop: null });
  });

  it('normalizes the pixels themselves where only do_rescale is off', () => {
    const { table } = parsePreprocessorConfig({ image_processor_type: 'ViTImageProcessor', do_rescale: false });
    expect([table[0], table[255], table[767]]).toEqual([-1, 509, 509]);
  });

  it('takes one number as mean and deviation of all channels', () => {
    const config = { image_processor_type: 'ViTImageProcessor', image_mean: 0, image_std: 2 };
    expect(parsePreprocessorConfig(config).table[767]).toBe(0.5);
  });

  it('ignores the old key do_flip_channels, and the flip of classes that have none', () => {
    const mobileVit = { image_processor_type: 'MobileViTImageProcessor', do_flip_channels: false };
    expect(parsePreprocessorConfig(mobileVit).flipChannels).toBe(true);
    const vitFlip = { image_processor_type: 'ViTImageProcessor', do_flip_channel_order: true };
    expect(parsePreprocessorConfig(vitFlip).flipChannels).toBe(false);
  });

  it.each([
    [{ size: 'large' }, '"size"', '"large"', 'an integer, {"height", "width"} or {"shortest_edge"}'],
    [{ size: 0 }, '"size"', '0', 'an integer from 1 to 16384'],
    [{ size: { shortest_edge: 224.5 } }, '"size.shortest_edge"', '224.5', 'an integer'],
    [{ size: { height: 224 } }, '"size"', '{"height":224}', '{"height", "width"}'],
    [{ size: { shortest_edge: 224, longest_edge: 448 } }, '"size"', 'longest_edge', '{"shortest_edge"}'],
    [{ resample: 9 }, '"resample"', '9', '0 (nearest), 1 (lanczos)'],
    [{ resample: null }, '"resample"', 'null', '3 (bicubic)'],
    [{ do_resize: 'yes' }, '"do_resize"', '"yes"', 'true or false'],
    [{ image_mean: [0.5, 0.5] }, '"image_mean"', '[0.5,0.5]', 'a number or three numbers'],
    [{ image_std: [0.5, 0, 0.5] }, '"image_std"', '[0.5,0,0.5]', 'other than zero'],
    [{ rescale_factor: null }, '"rescale_factor"', 'null', 'a number'],
    [{ rescale_factor: '1/255' }, '"rescale_factor"', '"1/255"', 'a number'],
    [{ do_center_crop: true }, '"crop_size"', 'missing', 'because do_center_crop is true'],
    [{ do_center_crop: true, crop_size: { shortest_edge: 2 } }, '"crop_size"', 'shortest_edge', '{"height", "width"}'],
    [{ image_processor_type: 5 }, '"image_processor_type"', '5', 'a string'],
  ])('refuses %j, naming the field, what was found and what was expected', (wrong, ...parts) => {
    let thrown: unknown;
    try {
      parsePreprocessorConfig({ image_processor_type: 'ViTImageProcessor', ...wrong });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'ERR_PROCESSOR_INVALID' });
    for (const part of parts) expect(String(thrown)).toContain(part);
  });

  it.each([
    [{ image_processor_type: 'ConvNextImageProcessor', size: { height: 224, width: 224 } }, /shortest_edge/],
    [{ image_processor_type: 'ConvNextImageProcessor', size: 224, crop_pct: 0 }, /"crop_pct".* is 0/],
    [{ image_processor_type: 'ConvNextImageProcessor', size: 224, crop_pct: 0.001 }, /"crop_pct".* is 0\.001/],
    [{ image_processor_type: 'PoolFormerImageProcessor', crop_pct: 1000 }, /"crop_pct".* is 1000/],
  ])('refuses %j, which cannot be resized so', (config, message) => {
    expect(() => parsePreprocessorConfig(config)).toThrow(message);
  });

  it.each([[null], [[]], ['text'], [3]])('refuses %j, which is no object', (json) => {
    expect(() => parsePreprocessorConfig(json)).toThrow(expect.objectContaining({ code: 'ERR_PROCESSOR_INVALID' }));
  });

  it.each([
    [{ image_processor_type: 'DonutImageProcessor' }, undefined, /"DonutImageProcessor" .* BeitImageProcessor, .*ViT/],
    [{ image_processor_type: 'TimmWrapperImageProcessor' }, undefined, /"TimmWrapperImageProcessor"/],
    [{ feature_extractor_type: 'Wav2Vec2FeatureExtractor' }, undefined, /"Wav2Vec2FeatureExtractor"/],
    [{}, 'bert', /the model_type "bert"/],
    [{}, undefined, /there is no model_type/],
    [{ image_processor_type: 'ViTImageProcessor', do_pad: true }, undefined, /"do_pad": true/],
    [{ image_processor_type: 'CLIPImageProcessor', use_square_size: true }, undefined, /"use_square_size": true/],
    [
      { image_processor_type: 'ConvNextImageProcessor', size: 224, do_center_crop: true, crop_size: 200 },
      undefined,
      /"do_center_crop": true/,
    ],
  ])('refuses %j of model type %j instead of serving wrong pixels', (config, modelType, message) => {
    let thrown: unknown;
    try {
      parsePreprocessorConfig(config, modelType);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'ERR_PROCESSOR_UNSUPPORTED', message: expect.stringMatching(message) });
  });
});

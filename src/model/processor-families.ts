import type { ResampleFilter, ResizeRule } from '../image/image-processor.js';

/** Three numbers: R, G, B. */
export type Rgb = readonly [number, number, number];

/** Width and height in px. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * How a class turns its `size` into a {@link ResizeRule}.
 * - `plain`: as it stands.
 * - `convnext`: below 384 the shortest edge becomes trunc(size / crop_pct), then a crop to `size`; else a squash.
 * - `levit`: the shortest edge becomes trunc(256 / 224 * size).
 * - `poolformer`: each edge is divided by crop_pct.
 */
export type ResizeStyle = 'plain' | 'convnext' | 'levit' | 'poolformer';

/** What a Hugging Face image processor class does where the file says nothing. */
export interface ProcessorFamily {
  readonly className: string;
  readonly resizeStyle: ResizeStyle;
  readonly size: ResizeRule;
  /** What an integer `size` means. */
  readonly integerSize: 'square' | 'shortest-edge';
  readonly filter: ResampleFilter;
  readonly doCenterCrop: boolean;
  /** Default `crop_size`; null: the class has none. */
  readonly cropSize: PixelSize | null;
  /** Default of `crop_pct`, for the styles that have one. */
  readonly cropPct: number | null;
  readonly mean: Rgb;
  readonly std: Rgb;
  /** Switches that the class does not look at, whatever the file says. */
  readonly ignores: readonly ('do_center_crop' | 'do_normalize')[];
  /** The class flips to B, G, R by `do_flip_channel_order`, on by default. */
  readonly flipsChannels: boolean;
  /** The class knows `rescale_offset` (off by default) and `include_top` (on by default). */
  readonly efficientNetOptions: boolean;
}

const imagenetDefault = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const imagenetStandard = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const openAiClip = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;

function square(edge: number): PixelSize {
  return { width: edge, height: edge };
}

function exact(edge: number): ResizeRule {
  return { kind: 'exact', width: edge, height: edge };
}

function shortestEdge(edge: number): ResizeRule {
  return { kind: 'shortest-edge', edge };
}

type FamilyOptions = Pick<ProcessorFamily, 'size' | 'filter' | 'mean' | 'std'> & Partial<ProcessorFamily>;

function family(className: string, options: FamilyOptions): ProcessorFamily {
  return {
    className,
    resizeStyle: 'plain',
    integerSize: options.size.kind === 'shortest-edge' ? 'shortest-edge' : 'square',
    doCenterCrop: false,
    cropSize: null,
    cropPct: null,
    ignores: [],
    flipsChannels: false,
    efficientNetOptions: false,
    ...options,
  };
}

/** Resize the shortest edge, then crop: CLIP, BiT, MobileNet and their kin. */
function croppingFamily(className: string, options: FamilyOptions & { readonly cropSize: PixelSize }): ProcessorFamily {
  return family(className, { doCenterCrop: true, ...options });
}

/**
 * The supported classes with their defaults, those of transformers 5.23 with `backend="pil"`. Some defaults of
 * transformers 4 were others (`resample` of ConvNeXt, MobileViT, EfficientNet and PVT, size and crop of BEiT); that
 * matters only for files that leave them out, which `save_pretrained` does not write.
 * @see https://github.com/huggingface/transformers/tree/v5.23.0/src/transformers/models
 */
const families: readonly ProcessorFamily[] = [
  family('BeitImageProcessor', { size: exact(224), filter: 'bicubic', cropSize: square(224), ...imagenetStandard }),
  croppingFamily('BitImageProcessor', {
    size: shortestEdge(224),
    filter: 'bicubic',
    cropSize: square(224),
    ...openAiClip,
  }),
  croppingFamily('CLIPImageProcessor', {
    size: shortestEdge(224),
    filter: 'bicubic',
    cropSize: square(224),
    ...openAiClip,
  }),
  family('ConvNextImageProcessor', {
    resizeStyle: 'convnext',
    size: shortestEdge(384),
    filter: 'bicubic',
    cropPct: 224 / 256,
    ...imagenetStandard,
  }),
  croppingFamily('DeiTImageProcessor', {
    size: exact(256),
    filter: 'bicubic',
    cropSize: square(224),
    ...imagenetStandard,
  }),
  family('EfficientNetImageProcessor', {
    size: exact(346),
    filter: 'bicubic',
    cropSize: square(289),
    efficientNetOptions: true,
    ...imagenetStandard,
  }),
  croppingFamily('LevitImageProcessor', {
    resizeStyle: 'levit',
    size: shortestEdge(224),
    filter: 'bicubic',
    cropSize: square(224),
    ...imagenetDefault,
  }),
  croppingFamily('MobileNetV1ImageProcessor', {
    size: shortestEdge(256),
    filter: 'bilinear',
    cropSize: square(224),
    ...imagenetStandard,
  }),
  croppingFamily('MobileNetV2ImageProcessor', {
    size: shortestEdge(256),
    filter: 'bilinear',
    cropSize: square(224),
    ...imagenetStandard,
  }),
  croppingFamily('MobileViTImageProcessor', {
    size: shortestEdge(224),
    filter: 'bicubic',
    cropSize: square(256),
    flipsChannels: true,
    ignores: ['do_normalize'],
    ...imagenetStandard,
  }),
  croppingFamily('PoolFormerImageProcessor', {
    resizeStyle: 'poolformer',
    size: shortestEdge(224),
    filter: 'bicubic',
    cropSize: square(224),
    cropPct: 0.9,
    ...imagenetDefault,
  }),
  family('PvtImageProcessor', { size: exact(224), filter: 'bicubic', ...imagenetDefault }),
  family('SegformerImageProcessor', {
    size: exact(512),
    filter: 'bilinear',
    ignores: ['do_center_crop'],
    ...imagenetDefault,
  }),
  family('SiglipImageProcessor', {
    size: exact(224),
    integerSize: 'shortest-edge',
    filter: 'bicubic',
    ...imagenetStandard,
  }),
  family('ViTImageProcessor', { size: exact(224), filter: 'bilinear', ...imagenetStandard }),
];

/** The supported classes by name. */
export const processorFamilies: ReadonlyMap<string, ProcessorFamily> = new Map(
  families.map((entry) => [entry.className, entry]),
);

/**
 * The class that AutoImageProcessor takes for the `model_type` of config.json when the processor's file names none.
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/models/auto/image_processing_auto.py
 */
export const processorClassByModelType: ReadonlyMap<string, string> = new Map(
  Object.entries({
    BeitImageProcessor: ['beit', 'data2vec-vision'],
    BitImageProcessor: ['bit', 'dinov2', 'focalnet', 'hiera', 'pixio'],
    CLIPImageProcessor: ['clip', 'metaclip_2', 'altclip', 'mlcd'],
    ConvNextImageProcessor: ['convnext', 'convnextv2', 'cvt', 'regnet', 'resnet', 'van'],
    DeiTImageProcessor: ['deit'],
    EfficientNetImageProcessor: ['efficientnet', 'align'],
    LevitImageProcessor: ['levit'],
    MobileNetV1ImageProcessor: ['mobilenet_v1'],
    MobileNetV2ImageProcessor: ['mobilenet_v2'],
    MobileViTImageProcessor: ['mobilevit', 'mobilevitv2'],
    PoolFormerImageProcessor: ['poolformer'],
    PvtImageProcessor: ['pvt', 'pvt_v2'],
    SegformerImageProcessor: ['segformer'],
    SiglipImageProcessor: ['siglip'],
    ViTImageProcessor: ['vit', 'vit_mae', 'vit_msn', 'dinat', 'nat', 'ijepa', 'swiftformer', 'swin', 'swinv2'],
  }).flatMap(([className, modelTypes]) => modelTypes.map((modelType) => [modelType, className])),
);

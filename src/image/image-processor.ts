/** Filters of Pillow's `Image.resize`, by the names of its enumeration. */
export type ResampleFilter = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

/** How the picture gets its size before cropping. */
export type ResizeRule =
  | { readonly kind: 'none' }
  /** To this size, whatever the aspect ratio. */
  | { readonly kind: 'exact'; readonly width: number; readonly height: number }
  /** The shorter side becomes `edge` px, the longer one trunc(edge * long / short). */
  | { readonly kind: 'shortest-edge'; readonly edge: number };

/**
 * What a preprocessor_config.json asks for, every default resolved. The order of work is fixed:
 * resize, centre crop with zero padding, table (rescale and normalise), channel flip.
 */
export interface ImageProcessor {
  /** The Hugging Face class whose behaviour this is, e.g. `ConvNextImageProcessor`. */
  readonly className: string;
  readonly resize: ResizeRule;
  readonly filter: ResampleFilter;
  /** Centre crop to this size in px, smaller pictures zero padded; null: no crop. */
  readonly crop: { readonly width: number; readonly height: number } | null;
  /** float32 value of each u8 value by source channel (R, G, B): index channel * 256 + value, 768 entries. */
  readonly table: Float32Array;
  /** The model wants B, G, R. */
  readonly flipChannels: boolean;
}

import { z } from 'zod';
import { defaultMaxBytes, defaultMaxPixels } from '../image/decode-limits.js';
import { logLevels } from '../logging/create-logger.js';
import { dtypes } from '../model/classifier-model.js';

/** One setting: where it can be given, what it may be, what it is when nobody says. */
export interface Setting<T> {
  /** Environment variable. */
  readonly env: string;
  /** Command-line flag of `serve` and `classify`, with its placeholder; none: not a flag. */
  readonly flag?: string;
  readonly schema: z.ZodType<T>;
  readonly default: NoInfer<T>;
  readonly meaning: string;
}

const integer = (min: number, max: number) =>
  z
    .union([z.number(), z.string().trim().regex(/^\d+$/, 'expected a whole number').transform(Number)])
    .pipe(z.int().min(min).max(max));
const boolean = z.union([z.boolean(), z.stringbool()]);
const setting = <T>(definition: Setting<T>): Setting<T> => definition;

/**
 * Every setting. Precedence: flag, environment, hornet.config.$NODE_ENV.json, hornet.config.json, default.
 * The keys are the names in the config file. `docs/configuration.md` is generated from this list.
 */
export const settings = {
  port: setting({
    env: 'PORT',
    flag: '--port <number>',
    schema: integer(0, 65_535),
    default: 3000,
    meaning: 'TCP port of the HTTP server; 0 takes any free one.',
  }),
  host: setting({
    env: 'HOST',
    flag: '--host <address>',
    schema: z.string().min(1),
    default: '127.0.0.1',
    meaning: 'Address to listen on; "::" is every address, IPv4 and IPv6.',
  }),
  backend: setting({
    env: 'HORNET_BACKEND',
    flag: '--backend <name>',
    schema: z.enum(['auto', 'tensorrt', 'onnxruntime']),
    default: 'auto',
    meaning:
      'tensorrt: on the GPU, or not at all; onnxruntime: on the CPU; auto: on the GPU where it can be used, else on the ' +
      'CPU.',
  }),
  dtype: setting({
    env: 'HORNET_DTYPE',
    flag: '--dtype <name>',
    schema: z.enum(['auto', ...dtypes]),
    default: 'auto',
    meaning: `Which ONNX file of the model: auto, ${dtypes.join(', ')}. auto prefers fp16 on the GPU, fp32 on the CPU.`,
  }),
  maxBatch: setting({
    env: 'HORNET_MAX_BATCH',
    flag: '--max-batch <images>',
    schema: integer(1, 256),
    default: 4,
    meaning: 'Most images that run together.',
  }),
  maxQueue: setting({
    env: 'HORNET_MAX_QUEUE',
    flag: '--max-queue <images>',
    schema: integer(1, 100_000),
    default: 128,
    meaning: 'Most images that a serving holds at once, waiting or running; more are refused with 429.',
  }),
  timeoutMs: setting({
    env: 'HORNET_TIMEOUT_MS',
    flag: '--timeout-ms <ms>',
    schema: integer(1, 3_600_000),
    default: 30_000,
    meaning: 'Deadline of a request, from its arrival. A client may ask for less with the header X-Timeout-Ms.',
  }),
  loadingWaitMs: setting({
    env: 'HORNET_LOADING_WAIT_MS',
    flag: '--loading-wait-ms <ms>',
    schema: integer(0, 3_600_000),
    default: 10_000,
    meaning: 'How long a request for a serving that is still loading is held before it is answered 503.',
  }),
  decode: setting({
    env: 'HORNET_DECODE',
    flag: '--decode <mode>',
    schema: z.enum(['exact', 'fast']),
    default: 'exact',
    meaning: 'exact: pixels as the Python processors see them; fast: JPEGs are scaled down while they are decoded.',
  }),
  topK: setting({
    env: 'HORNET_TOP_K',
    flag: '--top-k <labels>',
    schema: integer(1, 100_000),
    default: 5,
    meaning: 'Labels per image, unless the request says otherwise.',
  }),
  maxBodyBytes: setting({
    env: 'HORNET_MAX_BODY_BYTES',
    flag: '--max-body-bytes <bytes>',
    schema: integer(1, 1_073_741_824),
    default: defaultMaxBytes,
    meaning: 'Most bytes of a request body and of one image file.',
  }),
  maxPixels: setting({
    env: 'HORNET_MAX_PIXELS',
    flag: '--max-pixels <pixels>',
    schema: integer(1, 1_000_000_000),
    default: defaultMaxPixels,
    meaning: 'Most pixels of one image; checked in its header, before decoding.',
  }),
  home: setting({
    env: 'HORNET_HOME',
    flag: '--home <folder>',
    schema: z.string(),
    default: '',
    meaning:
      'Root of the volume; engines are in its folder engines, and the Hub cache is huggingface/hub in it, unless ' +
      'HF_HUB_CACHE or HF_HOME says otherwise. Empty: ~/.cache/hornet, and ~/.cache/huggingface/hub.',
  }),
  baked: setting({
    env: 'HORNET_BAKED',
    schema: z.string().min(1),
    default: '/opt/hornet',
    meaning: 'What an image carries: its folders hub and engines are searched after those on the volume, read-only.',
  }),
  offline: setting({
    env: 'HORNET_OFFLINE',
    flag: '--offline',
    schema: boolean,
    default: false,
    meaning:
      'Open no connection to the Hub; serve what is cached. HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE do the same.',
  }),
  forceDownload: setting({
    env: 'HORNET_FORCE_DOWNLOAD',
    flag: '--force-download',
    schema: boolean,
    default: false,
    meaning: 'Fetch models again although they are cached; the old copy is replaced when the new one is verified.',
  }),
  forceBuild: setting({
    env: 'HORNET_FORCE_BUILD',
    flag: '--force-build',
    schema: boolean,
    default: false,
    meaning: 'Build engines again although they are up to date; the old one is replaced when the new one is in place.',
  }),
  cudaLibrary: setting({
    env: 'HORNET_CUDA_LIBRARY',
    flag: '--cuda-library <file>',
    schema: z.string(),
    default: '',
    meaning: "The driver's libcuda.so.1, where it is not in the system's own places.",
  }),
  tensorRtPath: setting({
    env: 'HORNET_TENSORRT_PATH',
    flag: '--tensorrt-path <folders>',
    schema: z.string(),
    default: '',
    meaning:
      'Folders with the libraries of TensorRT or TensorRT-RTX, separated by ":"; searched before what ' +
      "scripts/fetch-tensorrt-libraries has fetched and the system's own places.",
  }),
  logLevel: setting({
    env: 'HORNET_LOG',
    flag: '--log <level>',
    schema: z.enum(logLevels),
    default: 'info',
    meaning: `Least important log lines that are written: ${logLevels.join(', ')}.`,
  }),
} as const;

/** Environment variables with the prefix that are read elsewhere than here, so they are not warned about. */
export const otherVariables: Readonly<Record<string, string>> = {
  HORNET_MODEL: 'Models to serve, separated by commas, where the command line names none.',
  HORNET_NATIVE:
    'auto (default): use the addon where it loads; off: never; require: fail where it does not load; the path of a .node file: that one.',
  HORNET_WERROR: '1: an install treats warnings of the compiler as errors.',
  HORNET_REQUIRE_TENSORRT:
    '1: tests that need the headers and a library of TensorRT fail without them instead of skipping.',
  HORNET_REQUIRE_NATIVE: '1: an install that cannot build the addon fails instead of going on without it.',
};

type SettingKey = keyof typeof settings;
/** All settings, resolved. */
export type Settings = { readonly [Key in SettingKey]: (typeof settings)[Key] extends Setting<infer T> ? T : never };

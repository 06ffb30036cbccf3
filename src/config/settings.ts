import { z } from 'zod';
import { accessLogModes } from '../http/access-log.js';
import { defaultMaxBytes, defaultMaxPixels } from '../image/decode-limits.js';
import { logLevels } from '../logging/create-logger.js';
import { dtypes } from '../model/classifier-model.js';
import { type Setting, setting } from './setting.js';
import { boolean, duration, integer, originList, tokenList } from './setting-schemas.js';

/**
 * Every setting. Precedence: flag, environment, hornet.config.$NODE_ENV.json, hornet.config.json, default.
 * The keys are the names in the config file, unless `configKey` says otherwise. `docs/configuration.md` is generated from
 * this list.
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
  cpuThreads: setting({
    env: 'HORNET_CPU_THREADS',
    flag: '--cpu-threads <threads>',
    schema: integer(0, 1024),
    default: 0,
    meaning: 'On the CPU: threads that compute one batch; 0: what was measured to be best when the model was prepared.',
  }),
  cpuWorkers: setting({
    env: 'HORNET_CPU_WORKERS',
    flag: '--cpu-workers <workers>',
    schema: integer(0, 1024),
    default: 0,
    meaning:
      'On the CPU: batches that run side by side, each with HORNET_CPU_THREADS threads and memory of its own; 0: as ' +
      'measured.',
  }),
  cpuNice: setting({
    env: 'HORNET_CPU_NICE',
    flag: '--cpu-nice <niceness>',
    schema: integer(0, 19),
    // More would let every other program on the machine go before inference; what it gains differs (docs/cpu-settings.md).
    default: 0,
    meaning:
      'On the CPU: by how much inference gives way to decoding, answering and other processes (niceness of its threads). ' +
      'Linux only.',
  }),
  maxDelayMs: setting({
    env: 'HORNET_MAX_DELAY_MS',
    flag: '--max-delay-ms <ms>',
    schema: integer(0, 10_000),
    default: 0,
    meaning: 'How long an image may wait for others to fill its batch; 0: what is there runs as soon as it can.',
  }),
  maxQueue: setting({
    env: 'HORNET_MAX_QUEUE',
    flag: '--max-queue <images>',
    schema: integer(1, 100_000),
    default: 128,
    meaning: 'Most images that a serving holds at once, waiting or running; more are refused with 429.',
  }),
  maxQueueBytes: setting({
    env: 'HORNET_MAX_QUEUE_BYTES',
    flag: '--max-queue-bytes <bytes>',
    schema: integer(1, Number.MAX_SAFE_INTEGER),
    default: 268_435_456,
    meaning:
      'Most bytes of request bodies that a serving holds at once; more are refused with 429. A single larger one is let ' +
      'in when nothing else is there.',
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
  memory: setting({
    env: 'HORNET_MEMORY',
    flag: '--memory <when>',
    schema: z.enum(['preload', 'on-demand']),
    default: 'preload',
    meaning:
      'preload: a serving is loaded at the start and stays; on-demand: it is loaded by its first request, and may be ' +
      'unloaded when it is idle.',
  }),
  unloadAfterMs: setting({
    configKey: 'unloadAfter',
    env: 'HORNET_UNLOAD_AFTER',
    flag: '--unload-after <time>',
    schema: duration,
    default: 900_000,
    meaning: 'An on-demand serving that is idle for this long is unloaded; 0: never.',
  }),
  maxLoaded: setting({
    env: 'HORNET_MAX_LOADED',
    flag: '--max-loaded <servings>',
    schema: integer(0, 10_000),
    default: 0,
    meaning: 'Most servings that are loaded at once; for more, idle on-demand ones are unloaded. 0: no limit.',
  }),
  maxResidentBytes: setting({
    env: 'HORNET_MAX_RESIDENT_BYTES',
    flag: '--max-resident-bytes <bytes>',
    schema: integer(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    meaning:
      'Most bytes that loaded servings take together, as estimated before they are loaded; for more, idle on-demand ' +
      'ones are unloaded. 0: no limit.',
  }),
  stopAfterIdleMs: setting({
    configKey: 'stopAfterIdle',
    env: 'HORNET_STOP_AFTER_IDLE',
    flag: '--stop-after-idle <time>',
    schema: duration,
    default: 0,
    meaning: 'A server that nobody has used for this long ends with exit code 0; 0: never.',
  }),
  shutdownGraceMs: setting({
    configKey: 'shutdownGrace',
    env: 'HORNET_SHUTDOWN_GRACE',
    flag: '--shutdown-grace <time>',
    schema: duration,
    default: 30_000,
    meaning: 'How long accepted requests may take to finish after SIGTERM; what is left then is answered 503.',
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
    meaning: 'Most bytes of a request body, also once it is unpacked, and of one image file.',
  }),
  maxImages: setting({
    env: 'HORNET_MAX_IMAGES',
    flag: '--max-images <images>',
    schema: integer(1, 1000),
    default: 64,
    meaning: 'Most images in one request; one with more is refused with 413.',
  }),
  bodyIdleMs: setting({
    env: 'HORNET_BODY_IDLE_MS',
    flag: '--body-idle-ms <ms>',
    schema: integer(1, 3_600_000),
    default: 10_000,
    meaning:
      'A sender of whose body no byte has come for so long, or then less than 1 KiB/s on average, is answered 408 and cut ' +
      'off.',
  }),
  maxPixels: setting({
    env: 'HORNET_MAX_PIXELS',
    flag: '--max-pixels <pixels>',
    schema: integer(1, 1_000_000_000),
    default: defaultMaxPixels,
    meaning: 'Most pixels of one image; checked in its header, before decoding.',
  }),
  maxHeaderBytes: setting({
    env: 'HORNET_MAX_HEADER_BYTES',
    flag: '--max-header-bytes <bytes>',
    schema: integer(1024, 1_048_576),
    default: 16_384,
    meaning: 'Most bytes of the URL and all headers of a request; more are refused with 431.',
  }),
  maxConnections: setting({
    env: 'HORNET_MAX_CONNECTIONS',
    flag: '--max-connections <connections>',
    schema: integer(1, 1_000_000),
    default: 10_000,
    meaning:
      'Most connections that are open at once; further ones are closed at once. The limit of the system for open files ' +
      '("ulimit -n") must be higher.',
  }),
  maxRequestsPerConnection: setting({
    env: 'HORNET_MAX_REQUESTS_PER_CONNECTION',
    flag: '--max-requests-per-connection <requests>',
    schema: integer(0, 1_000_000_000),
    default: 0,
    meaning: 'After this many requests the server ends a connection, so that load balancers can spread them; 0: never.',
  }),
  token: setting({
    env: 'HORNET_TOKEN',
    schema: tokenList,
    default: '',
    secret: true,
    meaning:
      'Tokens that clients send as "Authorization: Bearer TOKEN", separated by commas; each is good for everything. ' +
      'Without any, and without a token file, the server is open to all.',
  }),
  tokenFile: setting({
    env: 'HORNET_TOKEN_FILE',
    flag: '--token-file <file>',
    schema: z.string(),
    default: '',
    meaning:
      'A file with a token a line, each with its scopes: "TOKEN infer,control"; without scopes it is good for infer, ' +
      'which is everything but loading and unloading. Changes count within seconds, without a restart.',
  }),
  corsOrigins: setting({
    env: 'HORNET_CORS_ORIGINS',
    flag: '--cors-origins <origins>',
    schema: originList,
    default: '',
    meaning:
      'Origins whose pages may use the server from a browser, separated by commas, such as "https://example.com"; "*": ' +
      'all. Empty: only its own pages.',
  }),
  home: setting({
    env: 'HORNET_HOME',
    flag: '--home <folder>',
    schema: z.string(),
    default: '',
    meaning:
      'Root of the volume; engines are in its folder engines, models prepared for the CPU in prepared, and the Hub cache ' +
      'is huggingface/hub in it, unless HF_HUB_CACHE or HF_HOME says otherwise. Empty: ~/.cache/hornet, and ~/.cache/huggingface/hub.',
  }),
  baked: setting({
    env: 'HORNET_BAKED',
    schema: z.string().min(1),
    default: '/opt/hornet',
    meaning:
      'What an image carries: its folders hub, engines and prepared are searched after those on the volume, read-only.',
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
    meaning:
      'Build engines, and prepare models for the CPU, again although they are up to date; the old one is replaced when the ' +
      'new one is in place.',
  }),
  prepare: setting({
    env: 'HORNET_PREPARE',
    flag: '--prepare <when>',
    schema: z.enum(['auto', 'off']),
    default: 'auto',
    meaning:
      'auto: a model that runs on the CPU is optimised for this processor once, and what comes of it is kept on the ' +
      'volume, as large as the weights: it loads faster and takes less memory. off: its own file is optimised whenever ' +
      'it is loaded.',
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
  accessLog: setting({
    env: 'HORNET_ACCESS_LOG',
    flag: '--access-log <which>',
    schema: z.enum(accessLogModes),
    default: 'errors',
    meaning:
      'Requests that a line is logged for: none; errors: those answered with a status from 500 on, probes aside; all.',
  }),
  logLevel: setting({
    env: 'HORNET_LOG',
    flag: '--log <level>',
    schema: z.enum(logLevels),
    default: 'info',
    meaning: `Least important log lines that are written: ${logLevels.join(', ')}.`,
  }),
} as const;

export type SettingKey = keyof typeof settings;
/** All settings, resolved. */
export type Settings = { readonly [Key in SettingKey]: (typeof settings)[Key] extends Setting<infer T> ? T : never };

/** The name of a setting in the config file and among the options of a serving. */
export function configKeyOf(key: SettingKey): string {
  return (settings[key] as Setting<unknown>).configKey ?? key;
}

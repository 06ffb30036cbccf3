import { type ErrorCode, errorRegistry } from '../../errors/error-registry.js';

/** Codes of the command line and of other processes than the server. */
const elsewhere: ReadonlySet<ErrorCode> = new Set([
  'ERR_IMAGE_UNREADABLE',
  'ERR_CONFIG_INVALID',
  'ERR_USAGE',
  'ERR_LISTEN_FAILED',
  'ERR_CACHE_NOT_FOUND',
  'ERR_PAGE_MISSING',
]);

/** What can go wrong when a model is fetched, built or loaded, and is then the answer of whoever waits for it. */
export const loadingErrors: readonly ErrorCode[] = [
  ...(Object.keys(errorRegistry) as ErrorCode[]).filter(
    (code) => errorRegistry[code].status === 500 && !elsewhere.has(code),
  ),
  'ERR_MEMORY_INSUFFICIENT',
];

/** What a serving answers a request for its model with. */
export const servingErrors: readonly ErrorCode[] = [
  ...loadingErrors,
  'ERR_SERVING_LOADING',
  'ERR_SERVING_CLOSED',
  'ERR_SERVING_UNLOADED',
  'ERR_QUEUE_FULL',
  'ERR_DEADLINE_EXCEEDED',
];

/** What is wrong with pictures. */
export const imageErrors: readonly ErrorCode[] = [
  'ERR_BODY_EMPTY',
  'ERR_IMAGE_TOO_LARGE',
  'ERR_IMAGE_TOO_MANY_PIXELS',
  'ERR_IMAGE_SHAPE_EXTREME',
  'ERR_IMAGE_UNSUPPORTED',
  'ERR_IMAGE_UNDECODABLE',
  'ERR_IMAGE_DECODE_TIMEOUT',
  'ERR_TOO_MANY_IMAGES',
];

/** What is wrong with bodies, whatever they are for. */
export const bodyErrors: readonly ErrorCode[] = [
  'ERR_REQUEST_TIMEOUT',
  'ERR_BODY_DAMAGED',
  'ERR_ENCODING_UNSUPPORTED',
  'ERR_EXPECTATION_FAILED',
];

export type { CallOptions, ClassifyOptions, HornetClientOptions, LoadOptions } from './client-options.js';
export { HornetClient } from './hornet-client.js';
export { type ClientErrorCode, HornetClientError } from './hornet-client-error.js';
export type { ImageSource } from './image-source.js';
export type { Classified } from './send-images.js';
export type {
  FunctionToApply,
  LabelScore,
  ServerStatus,
  ServingChanges,
  ServingState,
  ServingStatus,
  StatusError,
} from './server-types.js';

export type { ErrorCode } from './errors/error-registry.js';
export { HornetError } from './errors/hornet-error.js';
export { createServer, type HornetServer, type ServerOptions } from './http/hornet-server.js';
export type { Activation } from './onnx/graph-info.js';
export { packageVersion as version } from './package-info.js';
export { type OpenServingOptions, openServing } from './serving/open-serving.js';
export type { Classification, ClassifyOptions, Serving } from './serving/serving.js';
export type { ServingStateName, ServingStatus } from './serving/serving-state.js';
export type { LabelScore } from './serving/top-labels.js';

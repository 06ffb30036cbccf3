export type { BackendDevice } from './backend/backend.js';
export { type BuildEngineOptions, buildEngine } from './engine/build-engine.js';
export type { EngineProgress, EngineResult } from './engine/engine-request.js';
export type { ErrorCode } from './errors/error-registry.js';
export { HornetError } from './errors/hornet-error.js';
export type { Finding } from './gpu/finding.js';
export type { DeviceReport, GpuReport } from './gpu/gpu-report.js';
export { hasGpuAccess, type ProbeGpuOptions, probeGpu } from './gpu/probe-gpu.js';
export { createServer, type ServerOptions } from './http/create-server.js';
export type { HornetServer } from './http/hornet-server.js';
export { type FetchedModel, type FetchModelOptions, fetchModel } from './hub/fetch-model.js';
export type { FetchProgress } from './hub/fetch-progress.js';
export type { Activation } from './onnx/graph-info.js';
export { packageVersion as version } from './package-info.js';
export type { ClassifyOptions } from './serving/classify-options.js';
export type { ReplaceChanges, UnloadReason } from './serving/managed-serving.js';
export type { Classification } from './serving/model-instance.js';
export { type OpenServingOptions, openServing } from './serving/open-serving.js';
export type { Serving } from './serving/serving.js';
export type {
  BatchReport,
  EngineOutcome,
  ImageOutcome,
  LoadOutcome,
  RequestOutcome,
  ServingEventMap,
  Span,
  Stage,
  StateChange,
} from './serving/serving-events.js';
export type { ServingStateName, ServingStatus } from './serving/serving-state.js';
export type { LabelScore } from './serving/top-labels.js';

/** One label of a picture. */
export interface LabelScore {
  readonly label: string;
  readonly score: number;
}

/** How raw scores become the scores of labels. */
export type FunctionToApply = 'softmax' | 'sigmoid' | 'none';

/** States of a serving, in the order in which loading passes through them. */
export type ServingState =
  | 'pending'
  | 'downloading'
  | 'verifying'
  | 'building'
  | 'loading'
  | 'warming'
  | 'ready'
  | 'failed'
  | 'no-gpu'
  | 'unloaded'
  | 'draining';

/** An error as a status reports it. */
export interface StatusError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** A serving as GET /models/NAME reports it. */
export interface ServingStatus {
  readonly name: string;
  /** The model as it was asked for. */
  readonly model: string;
  readonly state: ServingState;
  /** When it entered the state, ISO 8601. */
  readonly since: string;
  /** How far loading is, 0 to 100, where that is known. */
  readonly percent: number | null;
  readonly message: string | null;
  /** `preload`: loaded at the start; `on-demand`: by the first request. */
  readonly memory: 'preload' | 'on-demand';
  /** What it runs on; null while it is not ready. */
  readonly backend: string | null;
  readonly devices: readonly unknown[];
  /** How it runs on the CPU; null on GPUs, and while it is not ready. */
  readonly cpu: {
    readonly threads: number;
    readonly workers: number;
    readonly batch: number;
    readonly measured: boolean;
  } | null;
  /** Images in it, from admission to answer. */
  readonly inFlight: number;
  /** Estimate of the memory that its model takes, bytes. */
  readonly residentBytes: number;
  /** What is to take the place of its model, or was to. */
  readonly replacement: {
    readonly state: ServingState;
    readonly percent: number | null;
    readonly message: string | null;
    readonly error: StatusError | null;
  } | null;
  readonly error: StatusError | null;
}

/** GET /status. What is not described here is for people to read. */
export interface ServerStatus {
  readonly version: string;
  /** False once it is shutting down. */
  readonly accepting: boolean;
  readonly uptimeMs: number;
  readonly servings: readonly (ServingStatus & { readonly retryInMs: number | null })[];
  readonly [part: string]: unknown;
}

/** What a loaded model is exchanged for; what is left away stays as it is. */
export interface ServingChanges {
  /** Branch, tag or commit of a model from the Hub. */
  readonly revision?: string;
  readonly dtype?: string;
  readonly maxBatch?: number;
  readonly backend?: 'auto' | 'tensorrt' | 'onnxruntime';
  /** Fetches a model of the Hub again although it is cached; the old copy serves until the new one is verified. */
  readonly forceDownload?: boolean;
  /** Builds the engine although there is one. */
  readonly forceBuild?: boolean;
}

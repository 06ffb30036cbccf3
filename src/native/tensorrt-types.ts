/**
 * The GPU part of the boundary to the addon: what native/addon exports of native/cuda and native/tensorrt.
 * Everything here is plain data; decisions are made in TypeScript.
 */

/** Flavours of TensorRT: `tensorrt` builds on the GPU it serves from, `tensorrt-rtx` also ahead of time. */
export type TensorRtFlavour = 'tensorrt' | 'tensorrt-rtx';

/** A device of the driver, in the order that CUDA_VISIBLE_DEVICES gives. */
export interface CudaDevice {
  readonly index: number;
  readonly name: string;
  /** As nvidia-smi writes it: `GPU-xxxxxxxx-xxxx-...`. */
  readonly uuid: string;
  /** Such as `8.6`. */
  readonly computeCapability: string;
  readonly totalMemoryBytes: number;
}

/** What the driver API says, without a context being created. */
export interface CudaProbe {
  /** Where libcuda was found, as asked of the loader; null: nowhere. */
  readonly libraryPath: string | null;
  /** The loader's words where it was not, or is not usable. */
  readonly loadError: string | null;
  /** CUDA version that the driver supports, major * 1000 + minor * 10, such as 13000; null before cuInit works. */
  readonly driverVersion: number | null;
  /** The call that failed, with its error; null when all went well. */
  readonly failure: {
    readonly call: string;
    readonly code: number;
    readonly name: string;
    readonly text: string;
  } | null;
  readonly devices: readonly CudaDevice[];
}

/** A TensorRT library that was looked for. */
export interface TensorRtLibrary {
  readonly flavour: TensorRtFlavour;
  /** Header set that it would be driven by: `10`, `11`, `rtx`. */
  readonly headers: string;
  readonly libraryPath: string | null;
  /** Full version as major.minor.patch; null where the library was not loaded. */
  readonly version: string | null;
  readonly parserPath: string | null;
  readonly parserVersion: string | null;
  /** Oldest version that the addon can drive, as major.minor. */
  readonly minimumVersion: string;
  /** The loader's words, "older than the headers", "headers were not there when the addon was built", ...; null: usable. */
  readonly problem: string | null;
  /** File names of builder resources beside the library, such as libnvinfer_builder_resource_sm86.so.10.16.1. */
  readonly builderResources: readonly string[];
}

/** Where to look for libraries before the system's own places. */
export interface LibrarySearch {
  /** HORNET_CUDA_LIBRARY: file. */
  readonly cudaLibrary: string | null;
  /** HORNET_TENSORRT_PATH and folders of fetched libraries, in order. */
  readonly tensorRtFolders: readonly string[];
}

/** Sizes of the only input: the batch dimension is dynamic where min and max differ. */
export interface ProfileShapes {
  readonly inputName: string;
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

/** One build, fully resolved. */
export interface NativeBuildOptions {
  readonly library: TensorRtLibrary;
  readonly search: LibrarySearch;
  readonly onnxPath: string;
  /** New file that the plan is streamed to; its sha256 is in the result. */
  readonly planPath: string;
  /** Null: every dimension of the graph is fixed. */
  readonly profile: ProfileShapes | null;
  /** tensorrt-rtx: such as [86, 89]; empty: this process's GPU. */
  readonly computeCapabilities: readonly number[];
  /** Device to build on where the GPU is needed. */
  readonly device: number;
  readonly workspaceBytes: number | null;
  /** 0 to 5; null: the library's default. */
  readonly optimizationLevel: number | null;
  /** File that is read if it exists and replaced after the build; null: none. */
  readonly timingCachePath: string | null;
  readonly hardwareCompatibility: 'none' | 'ampere-plus' | 'same-compute-capability';
  readonly versionCompatible: boolean;
}

/** What a running build tells. */
export type NativeBuildEvent =
  | {
      readonly kind: 'log';
      readonly severity: 'internal' | 'error' | 'warning' | 'info' | 'verbose';
      readonly text: string;
    }
  /** Phases nest; `steps` is 0 where unknown. */
  | { readonly kind: 'phase'; readonly name: string; readonly parent: string | null; readonly steps: number }
  | { readonly kind: 'step'; readonly name: string; readonly step: number }
  | { readonly kind: 'phase-end'; readonly name: string };

/** One node that the parser refused. */
export interface ParserError {
  /** Code of TensorRT's ErrorCode enumeration for the parser. */
  readonly code: number;
  readonly description: string;
  readonly node: string;
  readonly operator: string;
}

export interface NativeBuildResult {
  readonly planBytes: number;
  readonly planSha256: string;
  readonly layers: number;
  /** Of the network, before optimisation. */
  readonly inputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly parseMs: number;
  readonly buildMs: number;
  /** Bytes. */
  readonly timingCacheBytes: number;
}

/** A build in a thread of its own. */
export interface NativeBuild {
  /**
   * Rejects with an Error that has `code` (ERR_TENSORRT_UNAVAILABLE, ERR_TENSORRT_PARSE_FAILED with `parserErrors`,
   * ERR_TENSORRT_BUILD_FAILED with TensorRT's last error as the message, ERR_TENSORRT_TARGET_UNSUPPORTED, ERR_CANCELLED,
   * ERR_CACHE_NO_SPACE, ERR_CACHE_UNWRITABLE); the file at planPath is then gone.
   */
  readonly result: Promise<NativeBuildResult>;
  /** Returns at once; the result rejects with ERR_CANCELLED at TensorRT's next step. */
  cancel(): void;
}

/** One engine to load, fully resolved. */
export interface NativeEngineOptions {
  readonly library: TensorRtLibrary;
  readonly search: LibrarySearch;
  /** Hashed first, then streamed to TensorRT from the same open file. */
  readonly planPath: string;
  readonly planBytes: number;
  readonly planSha256: string;
  readonly device: number;
  readonly inputName: string;
  readonly outputName: string;
  /** Scores per picture: the elements of the output, divided by the batch, must be this many. */
  readonly classes: number;
  /** Pictures per run at most; for an engine of a fixed batch that number. */
  readonly maxBatch: number;
  /** Batches in flight, each with its execution context, stream, events, pinned and device memory, and thread. */
  readonly slots: number;
  /**
   * Batch sizes that a CUDA graph is captured for, ascending, the last one maxBatch; empty: no graphs. With graphs a
   * run of `count` pictures uses the smallest of them that holds it; without, exactly `count`.
   */
  readonly graphBatches: readonly number[];
  /** tensorrt-rtx: file of its runtime cache, read if it is there and replaced when the engine closes; null: none. */
  readonly runtimeCachePath: string | null;
}

/** The memory of one batch in flight. */
export interface NativeEngineSlot {
  /** Pinned memory for maxBatch pictures, uint8 NHWC. Detached by close(). */
  readonly input: Uint8Array;
  /** float32 [maxBatch, classes], overwritten by every run. Detached by close(). */
  readonly scores: Float32Array;
}

/** An engine on a GPU, warmed up. It must be closed: what it holds is not left to the garbage collector. */
export interface NativeEngine {
  readonly maxBatch: number;
  /** Bytes of one picture in a slot's input. */
  readonly imageBytes: number;
  readonly slots: readonly NativeEngineSlot[];
  /** Batch sizes whose graph was captured; fewer than asked for where capture failed, which a log event tells. */
  readonly graphBatches: readonly number[];
  /** What our own buffers and the engine's contexts take of the GPU's memory, as far as known. */
  readonly deviceBytes: number;
  readonly pinnedBytes: number;
  /**
   * Runs the first `count` pictures of a slot; resolves when the first count * classes scores are there. One run per
   * slot at a time.
   * @throws (rejects) ERR_NATIVE_ARGUMENT (also for a slot that is running and an engine that is closed),
   *   ERR_BACKEND_RUN_FAILED for this run alone, ERR_GPU_LOST for this and every later one
   */
  run(slot: number, count: number): Promise<void>;
  /** Lets the runs that were started finish, then frees everything in a thread of its own. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** A load in a thread of its own. */
export interface NativeEngineLoad {
  /**
   * Rejects with an Error that has `code`: ERR_TENSORRT_UNAVAILABLE (also where the driver has no such device),
   * ERR_ENGINE_DAMAGED (the plan is missing, or its size or sha256 is another), ERR_TENSORRT_LOAD_FAILED (TensorRT
   * refuses the plan, or it is not of the shape that the options say), ERR_GPU_OUT_OF_MEMORY, ERR_GPU_LOST,
   * ERR_BACKEND_RUN_FAILED (the warm-up fails), ERR_CANCELLED, ERR_NATIVE_ARGUMENT. Everything is then freed.
   */
  readonly result: Promise<NativeEngine>;
  /** Returns at once; the result rejects with ERR_CANCELLED at the next step. No effect once it is loaded. */
  cancel(): void;
}

/** What NVML says of one GPU, in the order of its own numbering. */
export interface GpuUsage {
  /** As CudaDevice has it. */
  readonly uuid: string;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
  /** Per cent of the time in which something ran on it, over NVML's own last interval; NaN where it does not say. */
  readonly utilizationPercent: number;
}

/** The GPU exports of `hornet.node`. */
export interface GpuAddon {
  /** Header sets compiled in, such as [{set: '10', version: '10.16.0'}, {set: 'rtx', version: '1.7.1'}]; empty: none. */
  readonly tensorRtHeaders: readonly { readonly set: string; readonly version: string }[];
  /** Opens the driver, asks it, well under a second; never creates a context. */
  probeCuda(search: LibrarySearch): CudaProbe;
  /**
   * Looks for every flavour and major that the addon knows, or only for those of a flavour; loads libraries to ask their
   * version, creates nothing. Remembers what it found for as long as the files stay the same; keeps a usable one of the
   * flavour open, for the build that comes next.
   */
  findTensorRt(search: LibrarySearch, flavour?: TensorRtLibrary['flavour']): TensorRtLibrary[];
  buildEngine(options: NativeBuildOptions, onEvent: (event: NativeBuildEvent) => void): NativeBuild;
  /** Events are of kind `log` only. */
  loadEngine(options: NativeEngineOptions, onEvent: (event: NativeBuildEvent) => void): NativeEngineLoad;
  /**
   * NVML's words where it is there; null where it is not. Never throws. NVML is looked for beside the driver that
   * `search` names, if it names one.
   */
  gpuUsage(search?: LibrarySearch): readonly GpuUsage[] | null;
}

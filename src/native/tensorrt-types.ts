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

/** The GPU exports of `hornet.node`. */
export interface GpuAddon {
  /** Header sets compiled in, such as [{set: '10', version: '10.16.0'}, {set: 'rtx', version: '1.7.1'}]; empty: none. */
  readonly tensorRtHeaders: readonly { readonly set: string; readonly version: string }[];
  /** Opens the driver, asks it, well under a second; never creates a context. */
  probeCuda(search: LibrarySearch): CudaProbe;
  /** Looks for every flavour and major that the addon knows; loads libraries to ask their version, creates nothing. */
  findTensorRt(search: LibrarySearch): TensorRtLibrary[];
  buildEngine(options: NativeBuildOptions, onEvent: (event: NativeBuildEvent) => void): NativeBuild;
}

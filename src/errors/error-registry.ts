/** One entry of the registry: codes are API and are never reused; the texts may improve. */
export interface ErrorEntry {
  /** HTTP status that a request failing with this code is answered with. */
  readonly status: number;
  /** What it means, one sentence. */
  readonly meaning: string;
  /** What to do about it, one sentence. */
  readonly remedy: string;
}

/**
 * Every error code of Hornet. `docs/errors.md` is generated from this list (`npm run docs`),
 * and the codes that the addon throws are checked against it.
 */
export const errorRegistry = {
  // Images
  ERR_BODY_EMPTY: {
    status: 400,
    meaning: 'The request has no body, so there is no image to classify.',
    remedy: 'Send the bytes of an image as the request body.',
  },
  ERR_IMAGE_TOO_LARGE: {
    status: 413,
    meaning: 'The encoded image has more bytes than the server accepts.',
    remedy: 'Send a smaller file, or raise HORNET_MAX_BODY_BYTES on the server.',
  },
  ERR_TOO_MANY_IMAGES: {
    status: 413,
    meaning: 'The request has more images than the server takes in one, or than the serving can hold.',
    remedy: 'Send the images in several requests, or raise HORNET_MAX_IMAGES on the server.',
  },
  ERR_IMAGE_TOO_MANY_PIXELS: {
    status: 413,
    meaning: "The image's header announces more pixels than the server decodes.",
    remedy: 'Scale the picture down before sending it, or raise HORNET_MAX_PIXELS on the server.',
  },
  ERR_IMAGE_SHAPE_EXTREME: {
    status: 422,
    meaning: 'Resizing this very long and thin picture would need more memory than is allowed.',
    remedy: 'Crop the picture to a more usual aspect ratio before sending it.',
  },
  ERR_IMAGE_UNSUPPORTED: {
    status: 415,
    meaning: 'The bytes are not an image of a kind that is accepted.',
    remedy: 'Send a JPEG, PNG, WebP, GIF or TIFF file.',
  },
  ERR_IMAGE_UNDECODABLE: {
    status: 422,
    meaning: 'The bytes begin like an image but cannot be decoded.',
    remedy: 'Check that the file is whole and opens in an image viewer, then send it again.',
  },
  ERR_IMAGE_UNREADABLE: {
    status: 500,
    meaning: 'An image file named on the command line cannot be read.',
    remedy: 'Check that the path exists and may be read.',
  },
  ERR_IMAGE_DECODE_TIMEOUT: {
    status: 422,
    meaning: 'Decoding the image took longer than is allowed.',
    remedy: 'Send a smaller or simpler file.',
  },

  // Requests
  ERR_PARAMETER_INVALID: {
    status: 400,
    meaning: 'A parameter of the request has a value that is not allowed.',
    remedy: 'Correct the parameter that the message names.',
  },
  ERR_REQUEST_INVALID: {
    status: 400,
    meaning: 'The request is not well-formed.',
    remedy: 'Correct the request as the message says.',
  },
  ERR_BODY_DAMAGED: {
    status: 400,
    meaning: 'The body is not what its Content-Encoding says, or ends too early.',
    remedy: 'Compress the body again, or send it as it is: images are compressed already.',
  },
  ERR_ENCODING_UNSUPPORTED: {
    status: 415,
    meaning: 'The body is compressed in a way that the server does not unpack.',
    remedy: 'Send the body as it is, or with Content-Encoding gzip, deflate or br, once.',
  },
  ERR_EXPECTATION_FAILED: {
    status: 417,
    meaning: 'The header Expect asks for something that the server does not know.',
    remedy: 'Leave the header away, or send "Expect: 100-continue".',
  },
  ERR_ROUTE_NOT_FOUND: {
    status: 404,
    meaning: 'There is no such route.',
    remedy: 'Check the path against the HTTP API in the README.',
  },
  ERR_METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: 'The route exists but does not take this HTTP method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  ERR_REQUEST_TIMEOUT: {
    status: 408,
    meaning: 'The body of the request did not arrive in time.',
    remedy: 'Send the body faster, or raise HORNET_TIMEOUT_MS or HORNET_BODY_IDLE_MS on the server.',
  },
  ERR_HEADERS_TOO_LARGE: {
    status: 431,
    meaning: 'The request has too many headers, or they or its URL are too long.',
    remedy: 'Send fewer or shorter headers, or raise HORNET_MAX_HEADER_BYTES on the server.',
  },
  ERR_UNAUTHORIZED: {
    status: 401,
    meaning: 'The server is open only to those who have a token, and the request has none that it knows.',
    remedy: 'Send the header "Authorization: Bearer TOKEN" with a token of HORNET_TOKEN or HORNET_TOKEN_FILE.',
  },
  ERR_FORBIDDEN: {
    status: 403,
    meaning: 'The token of the request is known but not good for this route.',
    remedy: 'Use a token with the scope that the message names, or give this one that scope in HORNET_TOKEN_FILE.',
  },
  ERR_ORIGIN_FORBIDDEN: {
    status: 403,
    meaning: 'A browser sent the request for a page that is not one of the server.',
    remedy: 'Name the origin of the page in HORNET_CORS_ORIGINS, or set up tokens with HORNET_TOKEN.',
  },
  ERR_CANCELLED: {
    status: 499,
    meaning: 'The caller went away or aborted before the answer was ready.',
    remedy: 'Nothing needs to be done; send the request again if the answer is still wanted.',
  },
  ERR_DEADLINE_EXCEEDED: {
    status: 504,
    meaning: 'The answer was not ready before the deadline of the request.',
    remedy: 'Try again later, allow more time, or give the server more capacity.',
  },
  ERR_QUEUE_FULL: {
    status: 429,
    meaning: 'As many images, or bytes of images, are waiting as the serving allows.',
    remedy: 'Wait for the number of seconds in the Retry-After header, then try again.',
  },
  ERR_TOO_MANY_STREAMS: {
    status: 503,
    meaning: 'As many clients follow the state of the servings as the server allows.',
    remedy: 'Ask GET /models now and then instead, or try again when others have left.',
  },
  ERR_PAGE_MISSING: {
    status: 500,
    meaning: 'The files of the page for browsers are not where the package has them.',
    remedy: 'Install the package anew, or run "npm run build:ts" in a checkout.',
  },

  // Servings
  ERR_SERVING_NOT_FOUND: {
    status: 404,
    meaning: 'There is no serving with this name.',
    remedy: 'Use one of the names that GET /models lists.',
  },
  ERR_SERVING_LOADING: {
    status: 503,
    meaning: 'The serving is still loading its model.',
    remedy: 'Wait for the number of seconds in the Retry-After header, then try again.',
  },
  ERR_SERVING_CLOSED: {
    status: 503,
    meaning: 'The serving is shutting down and takes no new work.',
    remedy: 'Send the request to another instance, or again after the restart.',
  },

  ERR_SERVING_UNLOADED: {
    status: 409,
    meaning: 'The serving was unloaded by hand.',
    remedy: 'Load it again with POST /models/NAME/load, or send the request to another serving.',
  },
  ERR_SERVING_BUSY: {
    status: 409,
    meaning: 'The serving is in the middle of another change of the same kind.',
    remedy: 'Wait until GET /models/NAME shows that it is done, then ask again.',
  },
  ERR_MEMORY_INSUFFICIENT: {
    status: 503,
    meaning: 'The model does not fit into memory, or into the limit for what may be loaded, beside what is in use.',
    remedy:
      'Unload another serving, raise HORNET_MAX_RESIDENT_BYTES or HORNET_MAX_LOADED, or give the machine more memory.',
  },

  // Models
  ERR_MODEL_NOT_FOUND: {
    status: 500,
    meaning: 'The model does not name a folder that exists.',
    remedy: 'Check the path; a local model begins with "/", "./", "../" or "~".',
  },
  ERR_MODEL_FILE_MISSING: {
    status: 500,
    meaning: 'The model folder lacks a file that a classifier needs.',
    remedy: 'Lay the folder out like a Hub repository: config.json, preprocessor_config.json, onnx/model.onnx.',
  },
  ERR_MODEL_CONFIG_INVALID: {
    status: 500,
    meaning: 'config.json cannot be read or has a value of the wrong kind.',
    remedy: 'Correct the field that the message names.',
  },
  ERR_MODEL_DTYPE_NOT_FOUND: {
    status: 500,
    meaning: 'The model has no ONNX file of the dtype that was asked for.',
    remedy: 'Choose one of the dtypes that the message lists, or leave it at auto.',
  },
  ERR_MODEL_NOT_CLASSIFIER: {
    status: 500,
    meaning: 'The ONNX graph is not an image classifier that can be served.',
    remedy: 'Choose a model exported for image classification: one image input, one output with a score per class.',
  },
  ERR_PROCESSOR_INVALID: {
    status: 500,
    meaning: 'preprocessor_config.json cannot be read or has a value of the wrong kind.',
    remedy: 'Correct the field that the message names.',
  },
  ERR_PROCESSOR_UNSUPPORTED: {
    status: 500,
    meaning: 'preprocessor_config.json asks for a processor that is not implemented.',
    remedy: 'Choose a model with one of the processors that the message lists, or rewrite the file in their terms.',
  },
  ERR_ONNX_INVALID: {
    status: 500,
    meaning: 'The ONNX file cannot be read.',
    remedy: 'Fetch or export the file again; it may be truncated or not an ONNX model at all.',
  },

  // The Hub and its cache
  ERR_HUB_REPOSITORY_NOT_FOUND: {
    status: 500,
    meaning: 'The Hub has no such repository, or hides it from this token.',
    remedy: 'Check the name; for a private repository set HF_TOKEN to a token that may read it.',
  },
  ERR_HUB_REVISION_NOT_FOUND: {
    status: 500,
    meaning: 'The repository has no such branch, tag or commit.',
    remedy: 'Check what follows the "@" of the model, or leave it away for the main branch.',
  },
  ERR_HUB_FILE_NOT_FOUND: {
    status: 500,
    meaning: 'The repository lacks a file that a classifier needs.',
    remedy: 'Choose another revision, another dtype, or another repository.',
  },
  ERR_HUB_NO_ONNX: {
    status: 500,
    meaning: 'The repository has no ONNX file, so there is nothing that can be served.',
    remedy: 'Choose a repository with ONNX files, such as those of Xenova or onnx-community, or export the model.',
  },
  ERR_HUB_GATED: {
    status: 500,
    meaning: 'The repository is gated and this token has not been given access.',
    remedy: 'Accept the conditions on the page of the repository, then set HF_TOKEN to a token of that account.',
  },
  ERR_HUB_UNAUTHORIZED: {
    status: 500,
    meaning: 'The Hub refuses the token.',
    remedy: 'Set HF_TOKEN to a valid token, or unset it for public repositories.',
  },
  ERR_HUB_UNREACHABLE: {
    status: 500,
    meaning: 'The Hub cannot be reached or keeps failing, and the cache does not have the model.',
    remedy: 'Check the network, HF_ENDPOINT and the status of the Hub; the download goes on where it stopped.',
  },
  ERR_HUB_OFFLINE: {
    status: 500,
    meaning: 'The model is not in the cache and fetching is turned off.',
    remedy: 'Run "hornet fetch" once with a network, or unset HORNET_OFFLINE, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE.',
  },
  ERR_CACHE_INCOMPLETE: {
    status: 500,
    meaning: 'The cache has the model, but not all of its files.',
    remedy: 'Run "hornet fetch" with a network; what is there already is not fetched again.',
  },
  ERR_CHECKSUM_MISMATCH: {
    status: 500,
    meaning: 'A downloaded file is not the one that the Hub announced, even after another try.',
    remedy: 'Try again; if it stays, a proxy or mirror on the way changes the bytes.',
  },
  ERR_CACHE_NO_SPACE: {
    status: 500,
    meaning: 'The volume has too little free space for the download or the engine.',
    remedy: 'Free space ("hornet cache prune" shows what can go) or use a larger volume.',
  },
  ERR_CACHE_UNWRITABLE: {
    status: 500,
    meaning: 'The folder of the cache cannot be written to, or its volume fails.',
    remedy:
      'Make the folder writable for this user; mount a volume again that is read-only or gone; or point HF_HUB_CACHE or HORNET_HOME to another folder.',
  },
  ERR_CACHE_DAMAGED: {
    status: 500,
    meaning: 'Files in the cache have another content than their names say.',
    remedy: 'Run "hornet cache verify --repair" with a network.',
  },
  ERR_CACHE_NOT_FOUND: {
    status: 500,
    meaning: 'The cache has no such model or revision.',
    remedy: 'Run "hornet cache ls" for what it has.',
  },
  ERR_LOCK_TIMEOUT: {
    status: 500,
    meaning: 'Another process held a lock for longer than this one was ready to wait.',
    remedy: 'Wait for the other process, or end it; the lock of a process that died is taken over by itself.',
  },

  // Backends
  ERR_BACKEND_LOAD_FAILED: {
    status: 500,
    meaning: 'The backend could not load the model.',
    remedy: 'Read the message of the backend; the ONNX file may use an operator that it does not know.',
  },
  ERR_MODEL_UNPREPARED: {
    status: 500,
    meaning: 'The model could not be prepared for this processor; it is served from its original file all the same.',
    remedy: 'Read the message; HORNET_PREPARE=off keeps Hornet from trying.',
  },
  ERR_PREPARED_DAMAGED: {
    status: 500,
    meaning: 'A stored prepared model is not the one that its record describes.',
    remedy: 'Nothing needs to be done: it is prepared anew.',
  },
  ERR_BACKEND_RUN_FAILED: {
    status: 500,
    meaning: 'The backend failed while running a batch.',
    remedy: 'Try again; if it happens with the same picture each time, report it with the log of the server.',
  },
  ERR_BACKEND_WORKER_LOST: {
    status: 500,
    meaning: 'The worker that was running the batch died, and is being replaced.',
    remedy: 'Try again; if it keeps happening, give the process more memory or lower HORNET_MAX_BATCH.',
  },

  // TensorRT
  ERR_TENSORRT_UNAVAILABLE: {
    status: 500,
    meaning: 'No TensorRT library that can be used was found.',
    remedy:
      'Install TensorRT or TensorRT-RTX, or point HORNET_TENSORRT_PATH to its folder; "hornet probe" says what was looked for.',
  },
  ERR_TENSORRT_TARGET_UNSUPPORTED: {
    status: 500,
    meaning: 'Engines cannot be built for the compute capability that was asked for.',
    remedy: 'Choose a target that the message lists, or build on the GPU itself with full TensorRT.',
  },
  ERR_TENSORRT_PARSE_FAILED: {
    status: 500,
    meaning: "TensorRT's parser does not take the model.",
    remedy: 'Choose another dtype or another export of the model; dynamically quantized files cannot be used.',
  },
  ERR_TENSORRT_BUILD_FAILED: {
    status: 500,
    meaning: 'TensorRT failed to build an engine.',
    remedy: "Read TensorRT's message; free GPU memory, or lower HORNET_MAX_BATCH.",
  },
  ERR_TENSORRT_LOAD_FAILED: {
    status: 500,
    meaning: 'TensorRT refuses the stored engine, or it is not of the shape that its record says.',
    remedy: 'Run "hornet build-engine --force"; it is built anew for this version of TensorRT and this GPU.',
  },
  ERR_ENGINE_DAMAGED: {
    status: 500,
    meaning: 'A stored engine is not the one that its record describes.',
    remedy: 'Run "hornet build-engine --force"; it is built anew.',
  },
  ERR_GPU_MISSING: {
    status: 500,
    meaning: 'A GPU is required and this process has none.',
    remedy: 'Run "hornet probe": it says what is missing. Build ahead of time with --target.',
  },

  ERR_GPU_OUT_OF_MEMORY: {
    status: 500,
    meaning: 'The GPU has too little free memory for the engine.',
    remedy:
      'Free memory on the GPU ("nvidia-smi" shows who uses it), or lower HORNET_MAX_BATCH or the number of models.',
  },
  ERR_GPU_LOST: {
    status: 500,
    meaning: 'The GPU, or its driver, failed in a way that the process cannot recover from by itself.',
    remedy: 'Restart the process; if it happens again, look for "Xid" in the kernel\'s log and reset the GPU.',
  },

  // Process
  ERR_CONFIG_INVALID: {
    status: 500,
    meaning: 'The configuration has values that are not allowed.',
    remedy: 'Correct each flag, variable or field that the message names.',
  },
  ERR_USAGE: {
    status: 500,
    meaning: 'The command line is not understood.',
    remedy: 'Run the command with --help.',
  },
  ERR_LISTEN_FAILED: {
    status: 500,
    meaning: 'The HTTP server could not listen on the address.',
    remedy: 'Free the port or choose another one with PORT or --port.',
  },
  ERR_NATIVE_ARGUMENT: {
    status: 500,
    meaning: 'The addon was called with an argument that it refuses.',
    remedy: 'This is a defect of Hornet; report it with the message.',
  },
  ERR_NATIVE_LOAD_FAILED: {
    status: 500,
    meaning: 'The native addon is required but could not be loaded.',
    remedy: 'Run "npm run build:native" and read what it prints.',
  },
  ERR_INTERNAL: {
    status: 500,
    meaning: 'Something failed that should not have.',
    remedy: 'This is a defect of Hornet; report it with the log of the server.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorRegistry;

import type { InferenceSession } from 'onnxruntime-node';

/** onnxruntime's level for errors: less is not written to the standard error output. */
export const errorSeverity = 3;

/**
 * How every session is made.
 * @param optimised the graph has been optimised when it was prepared, for this processor
 */
export function sessionOptions(threads: number, optimised: boolean): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Spinning threads would take the cores that decoding and the HTTP side need.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...(optimised ? { graphOptimizationLevel: 'disabled', logSeverityLevel: errorSeverity } : {}),
  };
}

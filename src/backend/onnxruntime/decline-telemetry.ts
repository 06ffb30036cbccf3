/**
 * From 1.29 on, onnxruntime's binaries for Linux and macOS send Microsoft events about the process and the models that it
 * runs, and keep an id of the device in its user's home, unless this variable is set before the library is loaded
 * (https://github.com/microsoft/onnxruntime/pull/27379). Threads and children of this process see it too; what its user has
 * set stays. A thread of somebody else's application has a copy of the environment, so that it must be set for the process
 * there.
 */
export function declineTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

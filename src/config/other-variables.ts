/** Environment variables with the prefix that are read elsewhere than here, so they are not warned about. */
export const otherVariables: Readonly<Record<string, string>> = {
  HORNET_MODEL: 'What to serve, separated by commas, where the command line names none; see above.',
  HORNET_NATIVE:
    'auto (default): use the addon where it loads; off: never; require: fail where it does not load; the path of a .node file: that one.',
  HORNET_WERROR: '1: an install treats warnings of the compiler as errors.',
  HORNET_REQUIRE_TENSORRT:
    '1: tests that need the headers and a library of TensorRT fail without them instead of skipping.',
  HORNET_REQUIRE_NATIVE: '1: an install that cannot build the addon fails instead of going on without it.',
};

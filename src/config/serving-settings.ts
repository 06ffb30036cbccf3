import type { SettingKey, Settings } from './settings.js';

/** The settings that may differ between servings. */
export const servingSettingKeys = [
  'backend',
  'dtype',
  'maxBatch',
  'cpuThreads',
  'cpuWorkers',
  'cpuNice',
  'maxDelayMs',
  'maxQueue',
  'maxQueueBytes',
  'topK',
  'decode',
  'memory',
  'unloadAfterMs',
  'forceDownload',
  'forceBuild',
  'prepare',
] as const satisfies readonly SettingKey[];

/** Settings of one serving, resolved. */
export type ServingSettings = Pick<Settings, (typeof servingSettingKeys)[number]>;

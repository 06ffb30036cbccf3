import { z } from 'zod';
import type { ServingStateName, ServingStatus } from '../../serving/serving-state.js';
import { publicStatus } from '../public-status.js';
import { modelVersion } from './model-in-path.js';

/** Body of POST /v2/repository/index; empty is the same as {}. */
export const repositoryIndexRequestSchema = z.strictObject({
  ready: z.boolean().default(false).describe('True: only models that are ready.'),
});

const entrySchema = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING']),
  reason: z.string().describe('Why it is not ready; empty where it is.'),
});

/** Answer of POST /v2/repository/index. */
export const repositoryIndexSchema = z.array(entrySchema);

const states: Readonly<Record<ServingStateName, z.infer<typeof entrySchema>['state']>> = {
  pending: 'LOADING',
  downloading: 'LOADING',
  verifying: 'LOADING',
  building: 'LOADING',
  loading: 'LOADING',
  warming: 'LOADING',
  ready: 'READY',
  failed: 'UNAVAILABLE',
  'no-gpu': 'UNAVAILABLE',
  unloaded: 'UNAVAILABLE',
  draining: 'UNLOADING',
};

/** The models there are, in order, loaded or not. */
export function repositoryIndex(
  statuses: readonly ServingStatus[],
  { ready }: z.infer<typeof repositoryIndexRequestSchema>,
): z.infer<typeof repositoryIndexSchema> {
  return statuses
    .map((status) => ({
      name: status.name,
      version: modelVersion,
      state: states[status.state],
      reason: reasonOf(publicStatus(status)),
    }))
    .filter(({ state }) => !ready || state === 'READY');
}

function reasonOf({ state, error, percent, message }: ServingStatus): string {
  if (state === 'ready') return '';
  if (error !== null) return `${error.code}: ${error.message}`;
  return [state, percent === null ? '' : ` ${percent}%`, message === null ? '' : `: ${message}`].join('');
}

import type { ManagedServing } from '../serving/managed-serving.js';
import type { Serving } from '../serving/serving.js';
import type { ServingManager } from '../serving/serving-manager.js';

/** What the HTTP side needs of a serving. */
export type ServedServing = ManagedServing &
  Pick<
    Serving,
    'reserve' | 'classify' | 'classifyMany' | 'scoreMany' | 'scoreTensor' | 'signature' | 'state' | 'whenReady'
  >;

/** The servings behind the routes. */
export type ServedServings = ServingManager<ServedServing>;

import { classifyOperations } from './classify-operations.js';
import { controlOperations } from './control-operations.js';
import { healthOperations } from './health-operations.js';
import { modelsOperations } from './models-operations.js';
import type { Operation } from './operation.js';
import { pageOperations } from './page-operations.js';
import { statusOperations } from './status-operations.js';
import { v2Operations } from './v2-operations.js';

/** Every route of Hornet. */
export const operations: readonly Operation[] = [
  ...classifyOperations,
  ...modelsOperations,
  ...healthOperations,
  ...controlOperations,
  ...statusOperations,
  ...v2Operations,
  ...pageOperations,
];

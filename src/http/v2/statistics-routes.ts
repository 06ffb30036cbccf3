import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { modelInPath } from './model-in-path.js';
import { modelStatistics, type statisticsSchema } from './model-statistics.js';
import type { V2Options } from './v2-options.js';

type StatisticsOptions = Pick<V2Options, 'servings' | 'statistics'>;

/** GET /v2/models/stats: of all models, loaded or not. */
export function allStatisticsRoute({ servings, statistics }: StatisticsOptions): RequestHandler {
  return (_request, response) => {
    const answer: z.infer<typeof statisticsSchema> = {
      model_stats: servings.servings.map(({ name }) => modelStatistics(name, statistics.report(name))),
    };
    response.json(answer);
  };
}

/** GET /v2/models/NAME/stats. */
export function modelStatisticsRoute({ servings, statistics }: StatisticsOptions): RequestHandler {
  return (request, response) => {
    const { name } = modelInPath(servings, request);
    const answer: z.infer<typeof statisticsSchema> = { model_stats: [modelStatistics(name, statistics.report(name))] };
    response.json(answer);
  };
}

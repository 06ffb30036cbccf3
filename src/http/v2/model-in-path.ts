import type { Request } from 'express';
import { HornetError } from '../../errors/hornet-error.js';
import type { ServedServing, ServedServings } from '../served.js';

/** The only version of every model: a serving that is replaced keeps its name, and nothing is left of the old one. */
export const modelVersion = '1';

/** The paths of something that a model has, with and without the version. */
export function modelPaths(suffix = ''): string[] {
  return [`/v2/models/:name${suffix}`, `/v2/models/:name/versions/:version${suffix}`];
}

/** The model that the path names. @throws ERR_SERVING_NOT_FOUND, for a version that there is not as well */
export function modelInPath(servings: Pick<ServedServings, 'get'>, request: Request): ServedServing {
  const serving = servings.get(String(request.params.name));
  const version = request.params.version ?? modelVersion;
  if (version === modelVersion) return serving;
  throw new HornetError(
    'ERR_SERVING_NOT_FOUND',
    `Serving "${serving.name}" has no version "${String(version)}"; there is "${modelVersion}".`,
    { details: { versions: [modelVersion] } },
  );
}

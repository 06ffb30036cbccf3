import { errorRegistry } from '../errors/error-registry.js';
import type { ReportedError, ServingStatus } from '../serving/serving-state.js';
import { withoutPaths } from './without-paths.js';

/** A status for people whom the places of files are none of the business. */
export function publicStatus<S extends ServingStatus>(status: S): S {
  const { model, message, replacement } = status;
  return {
    ...status,
    model: withoutPaths(model),
    message: message === null ? null : withoutPaths(message),
    replacement: replacement === null ? null : { ...replacement, error: publicError(replacement.error) },
    error: publicError(status.error),
  };
}

function publicError(error: ReportedError | null): ReportedError | null {
  return error === null ? null : { ...error, ...publicWords(error) };
}

/** Message and remedy of an error; remedies of the registry name routes, which look like paths. */
export function publicWords({ code, message, remedy }: ReportedError): { message: string; remedy: string } {
  const ofRegistry = remedy === errorRegistry[code].remedy;
  return { message: withoutPaths(message), remedy: ofRegistry ? remedy : withoutPaths(remedy) };
}

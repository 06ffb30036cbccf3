import { HornetError } from '../errors/hornet-error.js';
import type { ReplaceChanges } from './managed-serving.js';
import type { ServingOptions } from './serving-options.js';

/**
 * The options of a serving with changes.
 * @throws ERR_PARAMETER_INVALID for a revision of a model that is not from the Hub
 */
export function applyChanges(options: ServingOptions, changes: ReplaceChanges): ServingOptions {
  const { revision, ...others } = changes;
  const changed = { ...options, ...others };
  if (revision === undefined) return changed;
  const { reference } = options;
  if (reference.source.kind !== 'hub') {
    const message = `The model ${reference.text} has no revisions; only models of the Hub have.`;
    throw new HornetError('ERR_PARAMETER_INVALID', message);
  }
  const source = { ...reference.source, revision };
  return { ...changed, reference: { ...reference, source, text: `${source.repository}@${revision}` } };
}

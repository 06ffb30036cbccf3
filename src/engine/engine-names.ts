import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ServingConfig } from '../config/resolve-servings.js';
import type { ModelReference } from '../model/model-reference.js';

/**
 * Name of the folder of a model's engines: ORG--REPO, `digits` for the sample, and for a local folder its name with a
 * hash of its path, so that two folders of one name have engines of their own.
 */
export function engineFolderName({ source }: Pick<ModelReference, 'source'>): string {
  switch (source.kind) {
    case 'sample':
      return 'digits';
    case 'hub':
      return source.repository.replaceAll('/', '--');
    case 'path': {
      const hash = createHash('sha256').update(source.path).digest('hex').slice(0, 8);
      // No leading dot, and no "--", which is for the Hub's.
      const name = basename(source.path)
        .replace(/[^\w.]+/g, '-')
        .replace(/^[.-]+/, '')
        .slice(0, 80);
      return `${name === '' ? 'model' : name}-${hash}`.replace(/--+/g, '-');
    }
  }
}

/**
 * Whether another serving has the same model, maybe of another revision or with other options: what one of them makes out
 * of date may be what the other wants, at every start again.
 */
export function sharesModel(
  { reference }: Pick<ServingConfig, 'reference'>,
  servings: readonly Pick<ServingConfig, 'reference'>[],
): boolean {
  const name = engineFolderName(reference);
  return servings.some((other) => other.reference !== reference && engineFolderName(other.reference) === name);
}

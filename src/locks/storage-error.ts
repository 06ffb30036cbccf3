import { HornetError } from '../errors/hornet-error.js';
import { hasErrorCode } from './has-error-code.js';

/**
 * What users can act on, for an error of the file system while something was written below `folder`:
 * `ERR_CACHE_UNWRITABLE` for a read-only volume or missing permission, `ERR_CACHE_NO_SPACE` for a full
 * one. Every other error is returned as it came.
 */
export function toStorageError(error: unknown, folder: string): unknown {
  if (hasErrorCode(error, 'EROFS', 'EACCES', 'EPERM')) {
    return new HornetError('ERR_CACHE_UNWRITABLE', `The folder ${folder} cannot be written to.`, { cause: error });
  }
  if (hasErrorCode(error, 'ENOSPC', 'EDQUOT')) {
    return new HornetError('ERR_CACHE_NO_SPACE', `The volume of ${folder} is full.`, { cause: error });
  }
  return error;
}

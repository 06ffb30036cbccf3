import { HornetError } from '../errors/hornet-error.js';
import { HttpStatusError } from './download/http-status-error.js';
import { HubUnreachable } from './hub-fetch.js';

/** What was asked for when the Hub refused. */
export interface HubRequestContext {
  readonly repository: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly hasToken: boolean;
}

/**
 * A refusal of the Hub as one of our errors; anything else unchanged. The Hub answers 401 both for a bad token and
 * for a repository that does not exist or is hidden, and tells which in X-Error-Code.
 * @see https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/utils/_http.py (hf_raise_for_status)
 */
export function translateHubError(error: unknown, context: HubRequestContext): unknown {
  const { repository, revision, endpoint, hasToken } = context;
  if (error instanceof HubUnreachable) {
    return new HornetError('ERR_HUB_UNREACHABLE', `The Hub cannot be reached for ${repository} (${error.message}).`, {
      cause: error,
    });
  }
  if (!(error instanceof HttpStatusError)) return error;
  const options = { cause: error, details: { hubStatus: error.status } };
  switch (error.errorCode ?? kindOfStatus(error, hasToken)) {
    case 'GatedRepo':
      return new HornetError(
        'ERR_HUB_GATED',
        `${repository} is gated: ${endpoint} does not give access to it.`,
        options,
      );
    case 'RevisionNotFound':
      return new HornetError('ERR_HUB_REVISION_NOT_FOUND', `${repository} has no revision "${revision}".`, options);
    case 'EntryNotFound':
      return new HornetError('ERR_HUB_FILE_NOT_FOUND', `${repository} has no file at ${error.url}.`, options);
    case 'RepoNotFound': {
      const hidden = hasToken ? 'or the token may not see it' : 'or it is private and no token is set';
      return new HornetError(
        'ERR_HUB_REPOSITORY_NOT_FOUND',
        `${endpoint} has no repository ${repository}, ${hidden}.`,
        options,
      );
    }
    case 'Unauthorized':
      return new HornetError(
        'ERR_HUB_UNAUTHORIZED',
        `${endpoint} refuses the token for ${repository} (${error.status}).`,
        options,
      );
    default:
      return new HornetError('ERR_HUB_UNREACHABLE', `${endpoint} answered ${error.status} for ${repository}.`, options);
  }
}

function kindOfStatus({ status, errorMessage }: HttpStatusError, hasToken: boolean): string | undefined {
  if (status === 403) return 'Unauthorized';
  if (status === 401) return hasToken || /invalid/i.test(errorMessage ?? '') ? 'Unauthorized' : 'RepoNotFound';
  return status === 404 ? 'RepoNotFound' : undefined;
}

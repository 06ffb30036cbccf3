import { isObject } from '../schema/is-object.js';
import { HornetClientError } from './hornet-client-error.js';
import { objectOf } from './read-answer.js';
import type { Send } from './transport.js';

/** What a probe says. */
export interface ProbeAnswer {
  readonly yes: boolean;
  /** Why not, as far as is known. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Asks once whether something holds. A server that is not there, or a proxy that says so, is a no. */
export async function probe(path: string, field: string, send: Send): Promise<ProbeAnswer> {
  try {
    const answer = await send({ method: 'GET', path, retries: 0, accepted: [502, 503, 504] });
    const details = isObject(answer.json) ? answer.json : {};
    return { yes: answer.status < 300 && objectOf<Record<string, unknown>>(answer, field)[field] === true, details };
  } catch (error) {
    if (!(error instanceof HornetClientError) || error.code !== 'ERR_CLIENT_NETWORK') throw error;
    return { yes: false, details: { error: error.message, code: error.code } };
  }
}

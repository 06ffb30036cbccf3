import { isObject } from '../schema/is-object.js';
import { HornetClientError } from './hornet-client-error.js';
import type { LabelScore, ServingStatus } from './server-types.js';
import type { Answer } from './transport.js';

/** Labels of one image. @throws ERR_CLIENT_PROTOCOL */
export function labelsOf(answer: Answer): LabelScore[] {
  return isLabels(answer.json) ? answer.json : refuse(answer, 'a list of labels with scores');
}

/** Labels of so many images. @throws ERR_CLIENT_PROTOCOL */
export function listOfLabels(answer: Answer, images: number): LabelScore[][] {
  const { json } = answer;
  if (Array.isArray(json) && json.length === images && json.every(isLabels)) return json;
  return refuse(answer, `${images} lists of labels with scores`);
}

/** @throws ERR_CLIENT_PROTOCOL where it is no object with a name, or with servings */
export function objectOf<T extends object>(answer: Answer, field: string): T {
  return isObject(answer.json) && field in answer.json
    ? (answer.json as T)
    : refuse(answer, `an object with "${field}"`);
}

/** @throws ERR_CLIENT_PROTOCOL */
export function servingsOf(answer: Answer): ServingStatus[] {
  const { json } = answer;
  const isServings = Array.isArray(json) && json.every((serving) => isObject(serving) && 'state' in serving);
  return isServings ? (json as ServingStatus[]) : refuse(answer, 'a list of servings');
}

function isLabels(json: unknown): json is LabelScore[] {
  return (
    Array.isArray(json) &&
    json.every((entry) => isObject(entry) && typeof entry.label === 'string' && typeof entry.score === 'number')
  );
}

function refuse({ status, requestId, attempts }: Answer, expected: string): never {
  throw new HornetClientError('ERR_CLIENT_PROTOCOL', `The answer is not ${expected}.`, {
    status,
    requestId,
    attempts,
    remedy: 'Check that the address is that of Hornet, and that the versions of client and server fit.',
  });
}

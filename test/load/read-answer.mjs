/** @import { LoadRecord, RequestKind } from './start-load.mjs' */

/**
 * Notes what a whole answer says, and whether that is wrong.
 * @param {LoadRecord} record
 * @param {RequestKind} kind
 * @param {string | undefined} file the body of the request
 * @param {Buffer} bytes
 */
export function readAnswer(record, kind, file, bytes) {
  if (kind.answer === 'text' && record.status === 200) {
    record.wrong = bytes.length === 0;
    return;
  }
  try {
    const answer = JSON.parse(String(bytes));
    record.code = answer.code ?? null;
    record.state = answer.state ?? null;
    record.label = labelIn(answer);
  } catch {
    record.wrong = true;
    return;
  }
  const expected = file === undefined ? undefined : kind.labels?.[file];
  record.wrong = record.status === 200 && expected !== undefined && record.label !== expected;
}

/**
 * Of one image, of several, or of the classifications of an answer of the Open Inference Protocol ("score:index:label").
 * @param {any} answer
 * @returns {string | null}
 */
function labelIn(answer) {
  if (Array.isArray(answer)) {
    const [first] = answer;
    return Array.isArray(first) ? answer.map(([best]) => best?.label).join() : (first?.label ?? null);
  }
  /** @type {unknown[] | undefined} */
  const classified = answer.outputs?.[0]?.data;
  return classified?.map((text) => String(text).split(':')[2]).join() ?? null;
}

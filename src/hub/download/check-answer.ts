import type { HubResponse } from './download-options.js';
import { TryFailure } from './try-failure.js';

/** The bytes asked for: `from` up to, but not including, `to`. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/** The bytes that a body is going to carry. */
export interface AnswerSpan extends ByteSpan {
  /** The server sends the file from its start, whatever was asked for. */
  readonly whole: boolean;
}

/**
 * What the body of a 200 or 206 carries, going by its head.
 * @param span what was asked for
 * @param size bytes that the file must have
 * @throws TryFailure of kind `content` when the head speaks of other bytes
 */
export function checkAnswer(response: HubResponse, span: ByteSpan, size: number): AnswerSpan {
  const encoding = response.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity') throw wrong(`the body is encoded as ${encoding}`);
  const answer = response.status === 206 ? rangeOf(response, span, size) : { from: 0, to: size, whole: true };
  const length = response.headers.get('content-length');
  if (length !== null && Number(length) !== answer.to - answer.from) {
    throw wrong(`the server announces ${length} bytes where ${answer.to - answer.from} were expected`);
  }
  return answer;
}

function rangeOf(response: HubResponse, span: ByteSpan, size: number): AnswerSpan {
  const header = response.headers.get('content-range');
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? '');
  if (match === null) throw wrong(`a partial answer has the Content-Range "${header ?? ''}"`);
  const [from, last, total] = [Number(match[1]), Number(match[2]), match[3]];
  if (total !== '*' && Number(total) !== size) throw wrong(`the file has ${total} bytes where ${size} were expected`);
  // A server may send less than was asked for, but has to begin where it was asked to
  if (from !== span.from || last < from || last >= span.to) {
    throw wrong(`bytes ${span.from}-${span.to - 1} were asked for and ${from}-${last} came`);
  }
  return { from, to: last + 1, whole: false };
}

function wrong(message: string): TryFailure {
  return new TryFailure('content', message);
}

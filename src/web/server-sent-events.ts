/** One event of a stream. */
export interface ServerSentEvent {
  /** Its type, `message` where it has none. */
  readonly event: string;
  readonly data: string;
}

/**
 * Takes a stream of server-sent events apart, however it is cut into pieces. Ids and retry times are left out: whoever
 * reads the stream decides itself when to come back.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  #rest = '';
  #isFirst = true;
  #skipLineFeed = false;
  #event = '';
  #data: string[] = [];

  /** @returns the events that are complete with this piece */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    this.#rest += this.#withoutMarks(text);
    for (;;) {
      const end = this.#rest.search(/[\r\n]/);
      if (end < 0) return events;
      const line = this.#rest.slice(0, end);
      const isPair = this.#rest.startsWith('\r\n', end);
      // The other half of the line's end may come with the next piece.
      this.#skipLineFeed = this.#rest[end] === '\r' && end + 1 === this.#rest.length;
      this.#rest = this.#rest.slice(end + (isPair ? 2 : 1));
      const event = this.#takeLine(line);
      if (event !== undefined) events.push(event);
    }
  }

  #withoutMarks(text: string): string {
    if (text === '') return text;
    let from = 0;
    if (this.#isFirst && text.startsWith('\uFEFF')) from = 1;
    if (this.#skipLineFeed && text.startsWith('\n')) from = 1;
    this.#isFirst = false;
    this.#skipLineFeed = false;
    return text.slice(from);
  }

  #takeLine(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.#event = value;
    if (name === 'data') this.#data.push(value);
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#data;
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? undefined : { event, data: data.join('\n') };
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ServerSentEvent, SseParser } from './server-sent-events.js';

function parse(...pieces: readonly string[]): ServerSentEvent[] {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

describe('SseParser', () => {
  it('gives events with their type and data, and leaves out comments, ids and retry times', () => {
    expect(parse('retry: 2000\n\n: hello\n\nid: 7\nevent: servings\ndata: [1]\n\ndata:plain\n\n')).toEqual([
      { event: 'servings', data: '[1]' },
      { event: 'message', data: 'plain' },
    ]);
  });

  it('joins lines of data, and takes one space after the colon away, not two', () => {
    expect(parse('data: a\ndata:  b\ndata\n\n')).toEqual([{ event: 'message', data: 'a\n b\n' }]);
  });

  it('gives nothing for an event without data or without its end, and begins anew after it', () => {
    expect(parse('event: servings\n\ndata: 1\n\ndata: 2\n')).toEqual([{ event: 'message', data: '1' }]);
  });

  it('leaves out the mark of the byte order', () => {
    expect(parse('\uFEFFdata: 1\n\n')).toEqual([{ event: 'message', data: '1' }]);
  });

  it('knows all three ends of lines, wherever the stream is cut', () => {
    const text = ['event: a', 'data: 1', 'data: 2', '', ': x', 'data: 3', '', ''];
    const whole = [
      { event: 'a', data: '1\n2' },
      { event: 'message', data: '3' },
    ];
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat({ max: 60 }), { maxLength: 8 }),
        (lineEnd, cuts) => {
          const stream = text.join(lineEnd);
          const places = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
          expect(parse(...places.slice(1).map((place, index) => stream.slice(places[index], place)))).toEqual(whole);
        },
      ),
    );
  });
});

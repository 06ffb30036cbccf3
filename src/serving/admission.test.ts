import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { Admission, type Reservation } from './admission.js';
import { ManualClock } from './manual-clock.test-support.js';

function refusalOf(attempt: () => unknown): HornetError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof HornetError) return error;
    throw error;
  }
  throw new Error('was admitted');
}

describe('Admission', () => {
  it('refuses images above its bound, saying that it is images', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    admission.reserve({ images: 3, bytes: 1 });
    const error = refusalOf(() => admission.reserve({ images: 2, bytes: 1 }));
    expect([error.code, error.status]).toEqual(['ERR_QUEUE_FULL', 429]);
    expect(error.message).toBe('Serving "digits" already holds 3 of 4 images; there is no room for 2 more.');
    expect(error.details).toEqual({ images: 2, imagesHeld: 3, maxQueue: 4, retryAfterSeconds: 1 });
    expect([admission.images, admission.bytes]).toEqual([3, 1]);
  });

  it('tells who is refused to stay away for as long as requests are in it, between a second and half a minute', async () => {
    const clock = new ManualClock();
    const admission = new Admission('digits', { maxQueue: 1, maxQueueBytes: 1000 }, clock);
    const toldAfter = async (stayMs: number): Promise<unknown> => {
      for (let request = 0; request < 50; request++) {
        const place = admission.reserve({ images: 1, bytes: 1 });
        await clock.advance(stayMs);
        place.release();
      }
      const place = admission.reserve({ images: 1, bytes: 1 });
      const { details } = refusalOf(() => admission.reserve({ images: 1, bytes: 1 }));
      place.release();
      return details?.retryAfterSeconds;
    };
    expect([await toldAfter(10), await toldAfter(2500), await toldAfter(100_000)]).toEqual([1, 3, 30]);
  });

  it('gives whoever is refused a turn, as many in a second as it answers, and forgets turns that are over', async () => {
    const clock = new ManualClock();
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 }, clock);
    const enter = () => admission.reserve({ images: 1, bytes: 1 });
    const fill = () => Array.from({ length: 4 }, enter);
    // Four requests in two seconds, always.
    let held = fill();
    const pass = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await clock.advance(2000);
        held = held.map((place) => {
          place.release();
          return enter();
        });
      }
    };
    const told = (count: number): unknown[] =>
      Array.from({ length: count }, () => refusalOf(enter).details?.retryAfterSeconds);
    await pass(100);
    expect(told(7)).toEqual([2, 3, 3, 4, 4, 5, 5]);
    await pass(1);
    expect(told(3)).toEqual([4, 4, 5]);
    await pass(2);
    expect(told(2)).toEqual([2, 3]);
    expect(told(100).at(-1)).toBe(12);
    await pass(1);
    expect(told(1)).toEqual([10]);
    for (const place of held) place.release();
    held = fill();
    expect(told(1)).toEqual([2]);
  });

  it('refuses bytes above its bound, saying that it is bytes', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    admission.reserve({ images: 1, bytes: 600 });
    const error = refusalOf(() => admission.reserve({ images: 1, bytes: 401 }));
    expect(error.code).toBe('ERR_QUEUE_FULL');
    expect(error.message).toBe(
      'Serving "digits" already holds 600 of 1000 bytes of images; there is no room for 401 more.',
    );
    expect(error.details).toEqual({ bytes: 401, bytesHeld: 600, maxQueueBytes: 1000, retryAfterSeconds: 1 });
    admission.reserve({ images: 1, bytes: 400 });
    expect([admission.images, admission.bytes]).toEqual([2, 1000]);
  });

  it('lets a body in that is larger than all that is allowed when it is alone', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    const small = admission.reserve({ images: 1, bytes: 1 });
    expect(refusalOf(() => admission.reserve({ images: 1, bytes: 5000 })).code).toBe('ERR_QUEUE_FULL');
    small.release();
    const large = admission.reserve({ images: 1, bytes: 5000 });
    expect(refusalOf(() => admission.reserve({ images: 1, bytes: 1 })).code).toBe('ERR_QUEUE_FULL');
    large.release();
    admission.reserve({ images: 1, bytes: 1 });
  });

  it('counts as many images as there turn out to be, and refuses more than there is room for', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    const reservation = admission.reserve({ images: 1, bytes: 0 });
    const other = admission.reserve({ images: 1, bytes: 0 });
    reservation.setImages(3);
    expect(refusalOf(() => other.setImages(2)).details).toEqual({
      images: 1,
      imagesHeld: 4,
      maxQueue: 4,
      retryAfterSeconds: 1,
    });
    expect(admission.images).toBe(4);
    reservation.setImages(0);
    other.setImages(4);
    other.release();
    other.setImages(2);
    expect(admission.images).toBe(0);
    reservation.release();
    expect(admission.images).toBe(0);
  });

  it('makes room for others when a body turns out smaller, and refuses to let one grow beyond the room', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    const reservation = admission.reserve({ images: 1, bytes: 1000 });
    reservation.setBytes(10);
    const other = admission.reserve({ images: 1, bytes: 0 });
    other.setBytes(990);
    expect(refusalOf(() => other.setBytes(991)).code).toBe('ERR_QUEUE_FULL');
    expect(admission.bytes).toBe(1000);
    reservation.release();
    other.setBytes(2000);
    other.release();
    other.setBytes(7);
    expect([admission.images, admission.bytes]).toEqual([0, 0]);
  });

  it('lets a request have more images than it was let in with where there is room, and fewer always', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    const first = admission.reserve({ images: 1, bytes: 1 });
    const second = admission.reserve({ images: 1, bytes: 1 });
    second.setImages(3);
    expect(admission.images).toBe(4);
    const error = refusalOf(() => first.setImages(2));
    expect([error.code, error.status, error.details]).toEqual([
      'ERR_QUEUE_FULL',
      429,
      { images: 1, imagesHeld: 4, maxQueue: 4, retryAfterSeconds: 1 },
    ]);
    second.setImages(2);
    first.setImages(2);
    second.release();
    second.setImages(4);
    expect(admission.images).toBe(2);
    first.release();
    expect(admission.images).toBe(0);
  });

  it('refuses for good what it never has room for', () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    expect(refusalOf(() => admission.reserve({ images: 5, bytes: 1 })).code).toBe('ERR_TOO_MANY_IMAGES');
    const reservation = admission.reserve({ images: 1, bytes: 1 });
    const error = refusalOf(() => reservation.setImages(5));
    expect([error.code, error.status, error.details]).toEqual(['ERR_TOO_MANY_IMAGES', 413, { images: 5, maxQueue: 4 }]);
    expect(error.message).toBe('Serving "digits" holds at most 4 images; 5 never have room in it.');
    expect(admission.images).toBe(1);
  });

  it('tells everyone who asked when nothing is in it, again and again', async () => {
    const admission = new Admission('digits', { maxQueue: 4, maxQueueBytes: 1000 });
    await admission.idle();
    for (let round = 0; round < 2; round++) {
      const [first, second] = [admission.reserve({ images: 1, bytes: 0 }), admission.reserve({ images: 0, bytes: 1 })];
      let told = 0;
      const idle = [admission.idle(), admission.idle()].map((promise) => promise.then(() => told++));
      first.release();
      first.release();
      await Promise.resolve();
      expect(told).toBe(0);
      second.release();
      await Promise.all(idle);
    }
  });

  it('holds the sum of what is in it, within its bounds, whatever comes', () => {
    const limits = { maxQueue: 10, maxQueueBytes: 100 };
    const size = fc.nat(130);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), images: fc.nat(6), bytes: size }),
      fc.record({ kind: fc.constant('setBytes' as const), which: fc.nat(10), bytes: size }),
      fc.record({ kind: fc.constant('setImages' as const), which: fc.nat(10), images: fc.nat(12) }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat(10) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const admission = new Admission('digits', limits);
        const inside: { reservation: Reservation; images: number; bytes: number }[] = [];
        const sum = (key: 'images' | 'bytes'): number => inside.reduce((total, entry) => total + entry[key], 0);
        for (const next of steps) {
          if (next.kind === 'reserve') {
            const { images, bytes } = next;
            const fits = sum('images') + images <= 10 && (sum('bytes') === 0 || sum('bytes') + bytes <= 100);
            if (fits) inside.push({ reservation: admission.reserve({ images, bytes }), images, bytes });
            else expect(() => admission.reserve({ images, bytes })).toThrow(HornetError);
          } else if (next.kind === 'setBytes') {
            const entry = inside[next.which];
            if (entry === undefined) continue;
            const others = sum('bytes') - entry.bytes;
            const fits = next.bytes <= entry.bytes || others === 0 || others + next.bytes <= 100;
            if (fits) {
              entry.reservation.setBytes(next.bytes);
              entry.bytes = next.bytes;
            } else expect(() => entry.reservation.setBytes(next.bytes)).toThrow(HornetError);
          } else if (next.kind === 'setImages') {
            const entry = inside[next.which];
            if (entry === undefined) continue;
            const others = sum('images') - entry.images;
            const fits = next.images <= entry.images || others + next.images <= 10;
            if (fits) {
              entry.reservation.setImages(next.images);
              entry.images = next.images;
            } else expect(() => entry.reservation.setImages(next.images)).toThrow(HornetError);
          } else {
            for (const { reservation } of inside.splice(next.which, 1)) reservation.release();
          }
          expect([admission.images, admission.bytes]).toEqual([sum('images'), sum('bytes')]);
        }
      }),
    );
  });
});

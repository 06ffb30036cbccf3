import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeServer, json, type Reply, refusal, type SeenRequest } from './fake-server.test-support.js';
import { HornetClient } from './hornet-client.js';
import type { HornetClientError } from './hornet-client-error.js';
import type { ImageSource } from './image-source.js';

/** Pictures of one byte, which the server calls by it. */
const pictures = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => Uint8Array.of(index));
const labelsOf = (byte: number) => [{ label: String(byte), score: 1 }];

async function bytesIn({ body }: SeenRequest): Promise<number[]> {
  const parts = body instanceof FormData ? body.getAll('file') : [new Blob([body as Uint8Array<ArrayBuffer>])];
  return await Promise.all(parts.map(async (part) => new Uint8Array(await (part as Blob).arrayBuffer())[0] ?? -1));
}

/** A server that labels pictures, or refuses what `refuse` says; `sizes` are the images of each request. */
function setUp(options: object, refuse: (images: number[]) => Reply | undefined = () => undefined) {
  const sizes: number[] = [];
  let open = 0;
  let mostOpen = 0;
  const nothing = new FakeServer(() => json({}));
  const client = new HornetClient({
    ...options,
    retries: 0,
    fetch: async (input, init = {}) => {
      open++;
      mostOpen = Math.max(mostOpen, open);
      const images = await bytesIn({ body: init.body } as SeenRequest);
      sizes.push(images.length);
      await nothing.fetch(input, init);
      open--;
      const refused = refuse(images);
      if (refused instanceof Response) return refused;
      return json(init.body instanceof FormData ? images.map(labelsOf) : labelsOf(images[0] ?? -1));
    },
  });
  return { client, sizes, mostOpen: () => mostOpen };
}

const labels = (count: number) => pictures(count).map((_, index) => labelsOf(index));

describe('several images', () => {
  it('are one request where they fit, and come back in their order', async () => {
    const { client, sizes } = setUp({});
    expect(await client.classify('cats', pictures(5))).toEqual(labels(5));
    expect(sizes).toEqual([5]);
  });

  it('are a list also where it has one, or none', async () => {
    const { client, sizes } = setUp({});
    expect(await client.classify('cats', pictures(1))).toEqual(labels(1));
    expect(await client.classify('cats', [])).toEqual([]);
    expect(sizes).toEqual([1]);
  });

  it('are as many requests as it takes, of which some are open at a time', async () => {
    const { client, sizes, mostOpen } = setUp({ maxImagesPerRequest: 3, concurrency: 2 });
    expect(await client.classify('cats', pictures(10))).toEqual(labels(10));
    expect(sizes).toEqual([3, 3, 3, 1]);
    expect(mostOpen()).toBe(2);
  });

  it('are read when their turn comes', async () => {
    const { client } = setUp({ maxImagesPerRequest: 2, concurrency: 1 });
    let unread = 0;
    const read: number[] = [];
    const sources = pictures(6).map((picture): ImageSource => {
      unread++;
      return (async function* () {
        read.push(--unread);
        yield picture;
      })();
    });
    expect(await client.classify('cats', sources)).toEqual(labels(6));
    expect(read).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it('are split as the server says, which is remembered', async () => {
    const { client, sizes } = setUp({ concurrency: 1 }, (images) =>
      images.length > 4 ? refusal(413, 'ERR_TOO_MANY_IMAGES', { maxImages: 4 }) : undefined,
    );
    expect(await client.classify('cats', pictures(10))).toEqual(labels(10));
    expect(await client.classify('cats', pictures(6))).toEqual(labels(6));
    expect(sizes).toEqual([10, 4, 4, 2, 4, 2]);
  });

  it.each([
    ['a queue that never holds as many', refusal(413, 'ERR_TOO_MANY_IMAGES', { images: 8, maxQueue: 3 }), [8, 3, 3, 2]],
    ['a queue that is smaller', refusal(429, 'ERR_QUEUE_FULL', { maxQueue: 3 }), [8, 3, 3, 2]],
    ['a body that is too large', refusal(413, 'ERR_IMAGE_TOO_LARGE', { maxBytes: 1 }), [8, 4, 2, 2, 4, 2, 2]],
    ['a server that does not say how many', refusal(413, 'ERR_TOO_MANY_IMAGES'), [8, 4, 2, 2, 4, 2, 2]],
  ])('are split for %s', async (_what, reply, expected) => {
    const most = expected.includes(4) ? 2 : 3;
    const { client, sizes } = setUp({ concurrency: 1 }, (images) => (images.length > most ? reply.clone() : undefined));
    expect(await client.classify('cats', pictures(8))).toEqual(labels(8));
    expect(sizes).toEqual(expected);
  });

  it('fail as a whole when one does, which is told by its place among all', async () => {
    const { client, sizes } = setUp({ maxImagesPerRequest: 3, concurrency: 1 }, (images) =>
      images.includes(7) ? refusal(415, 'ERR_IMAGE_UNSUPPORTED', { index: images.indexOf(7) }) : undefined,
    );
    await expect(client.classify('cats', pictures(20))).rejects.toMatchObject({
      code: 'ERR_IMAGE_UNSUPPORTED',
      details: { index: 7 },
    });
    expect(sizes).toEqual([3, 3, 3]);
  });

  it.each([
    ['ERR_IMAGE_UNSUPPORTED', { index: 3 }],
    ['ERR_BODY_EMPTY', { index: 3 }],
    ['ERR_SERVING_UNLOADED', {}],
  ])('that are sent alone have the place of the one that fails told as well: %s', async (code, details) => {
    const { client } = setUp({ maxImagesPerRequest: 3 }, ([first]) => (first === 3 ? refusal(400, code) : undefined));
    await expect(client.classify('cats', pictures(4))).rejects.toMatchObject({ code, details });
    const { client: single } = setUp({}, () => refusal(400, code));
    await expect(single.classify('cats', pictures(1)[0] as Uint8Array)).rejects.toSatisfy(
      (error: HornetClientError) => !('index' in error.details),
    );
  });

  it('end together: requests that are open when one fails are given up', async () => {
    const given: unknown[] = [];
    const client = new HornetClient({
      maxImagesPerRequest: 1,
      concurrency: 2,
      fetch: async (_input, init = {}) => {
        const [byte] = await bytesIn({ body: init.body } as SeenRequest);
        if (byte === 1) return refusal(422, 'ERR_IMAGE_UNDECODABLE');
        return await new Promise((_, reject) =>
          init.signal?.addEventListener('abort', () => {
            given.push(byte);
            reject(init.signal?.reason as Error);
          }),
        );
      },
    });
    await expect(client.classify('cats', pictures(2))).rejects.toMatchObject({ code: 'ERR_IMAGE_UNDECODABLE' });
    expect(given).toEqual([0]);
  });

  it('fail where the server answers for another number of them', async () => {
    const client = new HornetClient({ fetch: async () => json(labels(2)) });
    await expect(client.classify('cats', pictures(3))).rejects.toMatchObject({ code: 'ERR_CLIENT_PROTOCOL' });
  });

  it('come back in their order whatever the sizes', async () => {
    const sizes = fc.integer({ min: 1, max: 9 });
    const cases = fc.tuple(fc.integer({ min: 0, max: 40 }), sizes, sizes, sizes);
    await fc.assert(
      fc.asyncProperty(cases, async ([count, maxImagesPerRequest, concurrency, maxImages]) => {
        const { client } = setUp({ maxImagesPerRequest, concurrency }, (images) =>
          images.length > maxImages ? refusal(413, 'ERR_TOO_MANY_IMAGES', { maxImages }) : undefined,
        );
        expect(await client.classify('cats', pictures(count))).toEqual(labels(count));
      }),
      { numRuns: 50 },
    );
  });
});

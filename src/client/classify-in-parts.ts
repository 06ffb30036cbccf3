import type { HornetClientError } from './hornet-client-error.js';

/** How many images are sent at once. */
export interface PartOptions<T, R> {
  /** Of one request; changes when the server says how many it takes. */
  readonly limit: { maxImages: number };
  /** Requests at a time. */
  readonly concurrency: number;
  /** The images from `start` to before `end`, ready to be sent, possibly more than once. */
  readonly read: (start: number, end: number) => Promise<readonly T[]>;
  /** One request; its results are in the order of the images. @throws HornetClientError */
  readonly send: (images: readonly T[]) => Promise<readonly R[]>;
}

/**
 * Sends so many images in as many requests as it takes; the results are in their order. Images are read only when their
 * turn comes. When a request fails, so does the whole; the caller ends those that are still open.
 * @throws HornetClientError, `details.index` counted among all images
 */
export async function classifyInParts<T, R>(count: number, options: PartOptions<T, R>): Promise<R[]> {
  const { limit, concurrency, read } = options;
  const results = new Array<R>(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const start = next;
      const end = Math.min(count, start + limit.maxImages);
      next = end;
      await sendPart(await read(start, end), start, results, options);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return results;
}

async function sendPart<T, R>(
  images: readonly T[],
  start: number,
  results: R[],
  options: PartOptions<T, R>,
): Promise<void> {
  try {
    const answered = await options.send(images);
    for (const [index, result] of answered.entries()) results[start + index] = result;
  } catch (thrown) {
    const error = thrown as HornetClientError;
    const size = smallerPart(error, images.length);
    if (size === undefined) throw results.length > 1 ? countedFrom(start, images.length, error) : error;
    if (error.code === 'ERR_TOO_MANY_IMAGES') options.limit.maxImages = Math.min(options.limit.maxImages, size);
    for (let offset = 0; offset < images.length; offset += size) {
      await sendPart(images.slice(offset, offset + size), start + offset, results, options);
    }
  }
}

/** How many of the images may fit into one request; undefined where the failure has another reason than their number. */
function smallerPart({ code, details }: HornetClientError, images: number): number | undefined {
  if (images === 1) return undefined;
  const half = Math.ceil(images / 2);
  const within = (most: unknown): number =>
    Number(most) >= 1 && Number(most) < images ? Math.floor(Number(most)) : half;
  // Of any request, or of the serving's queue.
  if (code === 'ERR_TOO_MANY_IMAGES') return within(details.maxImages ?? details.maxQueue);
  if (code === 'ERR_QUEUE_FULL' && Number(details.maxQueue) < images) return within(details.maxQueue);
  // All of the body, and not one of the images.
  if (code === 'ERR_IMAGE_TOO_LARGE' && details.index === undefined) return half;
  return undefined;
}

/** Failures that an image may have brought about by itself. */
const ofImages = /^(ERR_IMAGE_.*|ERR_BODY_EMPTY|ERR_BACKEND_RUN_FAILED)$/;

/** With the place of the image among all. Of one that was sent alone the server does not tell it. */
function countedFrom(start: number, images: number, error: HornetClientError): HornetClientError {
  const index = images === 1 && ofImages.test(error.code) ? 0 : error.details.index;
  return typeof index === 'number' ? error.with({ details: { ...error.details, index: start + index } }) : error;
}

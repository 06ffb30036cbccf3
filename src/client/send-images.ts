import type { ImageBody } from './image-source.js';
import { labelsOf, listOfLabels } from './read-answer.js';
import type { LabelScore } from './server-types.js';
import type { Answer, ClientRequest, Send } from './transport.js';

/** One classified image, and what is known of its request. */
export interface Classified {
  readonly labels: LabelScore[];
  /** What the server's stages took, ms, by name: decode, preprocess, queue, inference. Of all images of the request. */
  readonly timings: Readonly<Record<string, number>>;
  readonly requestId: string | undefined;
  /** How often the request was sent. */
  readonly attempts: number;
}

/** One request: an image as it is, several as a form. Results are in the order of the images. @throws HornetClientError */
export async function sendImages(
  request: Pick<ClientRequest, 'path' | 'query'>,
  images: readonly ImageBody[],
  send: Send,
): Promise<Classified[]> {
  const [image] = images;
  if (images.length > 1 || image === undefined) {
    const body = new FormData();
    for (const part of images) body.append('file', part instanceof Blob ? part : new Blob([part]), 'image');
    const answer = await send({ ...request, method: 'POST', body, images: images.length });
    return listOfLabels(answer, images.length).map((labels) => ({ ...answered(answer), labels }));
  }
  const contentType = image instanceof Blob && image.type !== '' ? image.type : 'application/octet-stream';
  const answer = await send({ ...request, method: 'POST', body: image, contentType });
  return [{ ...answered(answer), labels: labelsOf(answer) }];
}

function answered({ timings, requestId, attempts }: Answer): Omit<Classified, 'labels'> {
  return { timings, requestId, attempts };
}

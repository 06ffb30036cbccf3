import { HornetError } from '../../errors/hornet-error.js';

/** The refusal of a request with more images than are taken in one. */
export function tooManyImages(found: string, maxImages: number): HornetError {
  return new HornetError('ERR_TOO_MANY_IMAGES', `The request has ${found} images; at most ${maxImages} are accepted.`, {
    details: { maxImages },
  });
}

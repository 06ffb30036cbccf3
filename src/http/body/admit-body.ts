import type { IncomingMessage } from 'node:http';
import type { Reservation } from '../../serving/admission.js';
import type { ServedServing } from '../served.js';
import { aheadBytes, announcedBytes, type BodyLimits } from './body-limits.js';

/**
 * Admits a request before its body is read: the whole of what it announces must fit now. From then on its bytes count as
 * they come (`onBytes` of `readBody`), with at most {@link aheadBytes} in advance.
 * @throws what `announcedBytes` and `reserve` throw
 */
export function admitBody(
  serving: Pick<ServedServing, 'reserve'>,
  request: IncomingMessage,
  limits: BodyLimits,
): Reservation {
  const bytes = announcedBytes(request, limits) ?? 0;
  const reservation = serving.reserve({ images: 1, bytes });
  if (bytes > aheadBytes) reservation.setBytes(aheadBytes);
  return reservation;
}

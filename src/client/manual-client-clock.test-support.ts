import { ManualClock } from '../serving/manual-clock.test-support.js';
import type { ClientClock } from './client-clock.js';

/** A clock that stands still until it is told to go on; its moment 0 is noon of a day in 2026. */
export class ManualClientClock extends ManualClock implements ClientClock {
  date(): number {
    return Date.UTC(2026, 10, 21, 12, 0, 0) + this.now();
  }
}

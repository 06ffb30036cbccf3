import type { ServingStatus } from './serving-state.js';

/** A status with what a test does not care about filled in. */
export function testStatus(changes: Partial<ServingStatus>): ServingStatus {
  return {
    name: 'one',
    model: 'digits',
    state: 'pending',
    since: '2026-01-01T00:00:00.000Z',
    percent: null,
    message: null,
    memory: 'preload',
    backend: null,
    devices: [],
    cpu: null,
    inFlight: 0,
    residentBytes: 0,
    replacement: null,
    error: null,
    ...changes,
  };
}

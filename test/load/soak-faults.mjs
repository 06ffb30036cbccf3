/** @import { SoakFault } from './soak-faults.mjs' */

export const weights = 'onnx/model.onnx';

const ok = { 200: null };
const api = '/api/models/org/mobile*';
const stall = /** @type {const} */ ({ kind: 'stall', path: weights, afterBytes: 300_000 });

/** @type {SoakFault} */
const cutOff = {
  name: 'a body cut off',
  faults: [{ kind: 'cut', path: weights, afterBytes: 300_000 }],
  allowed: ok,
};
/** @type {SoakFault} */
const spoilt = {
  name: 'wrong bytes twice',
  faults: [{ kind: 'flip', path: weights, offset: 500_000, times: 2 }],
  allowed: { 500: 'ERR_CHECKSUM_MISMATCH' },
};
/** @type {SoakFault} */
const full = { name: 'volume full', faults: [], state: 'volume full', allowed: { 500: 'ERR_CACHE_NO_SPACE' } };
/** @type {readonly SoakFault[]} */
const others = [
  { name: 'no fault', faults: [], allowed: ok },
  { name: 'files refused with 503', faults: [{ kind: 'status', status: 503, path: weights, times: 2 }], allowed: ok },
  { name: 'metadata refused with 503', faults: [{ kind: 'status', status: 503, path: api, times: 2 }], allowed: ok },
  { name: 'connections reset', faults: [{ kind: 'reset', path: weights, times: 2 }], allowed: ok },
  { name: 'wrong bytes once', faults: [{ kind: 'flip', path: weights, offset: 500_000 }], allowed: ok },
];
/** The server waits for these for up to half a minute. @type {readonly SoakFault[]} */
const long = [
  { name: 'Hub gone', faults: [], state: 'Hub gone', allowed: { 500: 'ERR_HUB_UNREACHABLE' } },
  { name: 'a body that stalls', faults: [stall], allowed: ok },
];

/** @type {import('./soak-faults.mjs').faultsOf} */
export function faultsOf({ cycle, brief, hasVolume }) {
  const always = [cutOff, spoilt, ...(hasVolume ? [full] : [])];
  return brief ? always : [...always, ...others, ...long.filter((_, index) => index === cycle % long.length)];
}

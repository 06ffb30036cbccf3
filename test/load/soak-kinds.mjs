/** @import { SoakKind } from './soak-kinds.mjs' */

const ok = { 200: null };

/** @type {import('./soak-kinds.mjs').soakKinds} */
export function soakKinds(bodies, { sceneLabels, stalledMs }) {
  const scene = { pictures: bodies.scenes, labels: sceneLabels };
  const digits = { serving: 'digits', allowed: ok };
  const infer = { path: '/v2/models/digits/infer', serving: 'digits', allowed: ok };
  /** @type {(name: string, body: import('./soak-bodies.mjs').SoakBody, status: number, code: string) => SoakKind} */
  const bad = (name, body, status, code) => ({
    name,
    weight: 0.5,
    path: '/models/digits',
    ...body,
    serving: 'digits',
    allowed: { [status]: code },
  });
  /** @type {(path: string, code: string, method?: string) => SoakKind} */
  const nowhere = (path, code, method = 'POST') => ({
    name: `${method} ${path}`,
    weight: 0.3,
    path,
    method,
    allowed: { [code === 'ERR_METHOD_NOT_ALLOWED' ? 405 : 404]: code },
  });
  /** @type {(path: string, answer?: 'json' | 'text') => SoakKind} */
  const look = (path, answer = 'json') => ({ name: path, weight: 0.5, path, answer, allowed: ok });
  const quick = [
    { name: 'digit', weight: 6, path: '/classify', ...bodies.digits, ...digits },
    { name: 'scene', weight: 3, path: '/models/mobile', ...scene, serving: 'mobile', allowed: ok },
    { name: 'on demand', weight: 1, path: '/models/rare/classify', ...bodies.digits, serving: 'rare', allowed: ok },
    { name: 'form', weight: 1, path: '/models/digits', ...bodies.form, ...digits },
    { name: 'base64', weight: 1, path: '/', ...bodies.base64, ...digits },
    { name: 'list', weight: 1, path: '/models/digits/classify', ...bodies.list, ...digits },
    { name: 'packed', weight: 1, path: '/classify', ...bodies.packed, ...digits },
    { name: 'infer in JSON', weight: 1, ...infer, ...bodies.inferJson },
    { name: 'infer in binary', weight: 1, ...infer, ...bodies.inferBinary },
    { name: 'infer with a tensor', weight: 1, ...infer, ...bodies.inferTensor, answer: /** @type {const} */ ('text') },
    {
      name: 'impatient',
      weight: 1,
      path: '/models/digits',
      ...bodies.digits,
      timeoutMs: 2,
      serving: 'digits',
      allowed: { 200: null, 408: 'ERR_REQUEST_TIMEOUT', 504: 'ERR_DEADLINE_EXCEEDED' },
    },
    { name: 'leaving', weight: 2, path: '/models/mobile', ...scene, leaveWithinMs: 40, serving: 'mobile', allowed: ok },
    bad('huge', bodies.huge, 413, 'ERR_IMAGE_TOO_MANY_PIXELS'),
    bad('damaged', bodies.damaged, 422, 'ERR_IMAGE_UNDECODABLE'),
    bad('no picture', bodies.foreign, 415, 'ERR_IMAGE_UNSUPPORTED'),
    bad('not packed', bodies.notPacked, 400, 'ERR_BODY_DAMAGED'),
    bad('bad JSON', bodies.badJson, 400, 'ERR_REQUEST_INVALID'),
    bad('bad parameter', bodies.badParameter, 400, 'ERR_PARAMETER_INVALID'),
    { ...bad('bad inference', bodies.badInference, 400, 'ERR_PARAMETER_INVALID'), path: infer.path },
    { ...bad('no body', {}, 400, 'ERR_BODY_EMPTY'), method: 'POST' },
    nowhere('/models/nobody', 'ERR_SERVING_NOT_FOUND'),
    nowhere('/v2/models/nobody/infer', 'ERR_SERVING_NOT_FOUND'),
    nowhere('/nowhere', 'ERR_ROUTE_NOT_FOUND'),
    nowhere('/classify', 'ERR_METHOD_NOT_ALLOWED', 'PUT'),
    { ...look('/health/live'), weight: 1 },
    { ...look('/health/ready'), serving: 'mobile', isProbe: true },
    look('/models'),
    look('/status'),
    look('/metrics', 'text'),
    look('/v2/models/stats'),
    look('/v2/models/digits/config'),
    look('/openapi.json'),
    look('/', 'text'),
  ];
  const slow = [
    { name: 'slow', weight: 3, path: '/classify', ...bodies.digits, pauseMs: 300, ...digits },
    {
      name: 'stalled',
      weight: 1,
      path: '/models/digits',
      ...bodies.digits,
      pauseMs: stalledMs,
      serving: 'digits',
      allowed: { 408: 'ERR_REQUEST_TIMEOUT' },
    },
    {
      name: 'leaving half way',
      weight: 2,
      path: '/models/rare',
      ...bodies.digits,
      pauseMs: 400,
      leaveWithinMs: 300,
      serving: 'rare',
      allowed: ok,
    },
    { ...look('/events'), weight: 2, answer: /** @type {const} */ ('events'), leaveWithinMs: 2000 },
  ];
  // Each holds its place while its sender pauses.
  const flood = { name: 'flood', path: '/models/digits', pictures: bodies.scenes.slice(0, 1), pauseMs: 300, ...digits };
  return { quick, slow, flood };
}

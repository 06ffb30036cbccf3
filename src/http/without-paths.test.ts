import { expect, it } from 'vitest';
import { withoutPaths } from './without-paths.js';

it.each([
  ['The folder /srv/models/cats does not exist.', 'The folder cats does not exist.'],
  ['/srv/models/cats', 'cats'],
  ['./cats and ../dogs and ~/birds/', 'cats and dogs and birds'],
  ['"/srv/a/config.json": not JSON (see /tmp/x).', '"config.json": not JSON (see x).'],
  ['Set HORNET_TENSORRT_PATH=/opt/trt:/usr/lib', 'Set HORNET_TENSORRT_PATH=lib'],
  ['org/model at https://huggingface.co/org/model', 'org/model at https://huggingface.co/org/model'],
  ['8.1 MB/s, and/or 1 / 2', '8.1 MB/s, and/or 1 / 2'],
])('leaves of each path in %j its last segment', (text, expected) => {
  expect(withoutPaths(text)).toBe(expected);
});

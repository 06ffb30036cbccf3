import { expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.js';
import { openServings } from './open-serving.js';

it('has servings of one model leave each other what they have on the volume, whatever their revision and options', () => {
  const models = ['a=org/cats', 'b=org/cats@v2', 'c=org/dogs?dtype=fp16', 'd=./cats?maxBatch=4', 'e=./cats', 'digits'];
  const config = loadConfig({ models, flags: {}, folder: null, env: {} });
  const keeping = openServings(config, {}).filter(({ options }) => options.keepStale);
  expect(keeping.map(({ name }) => name)).toEqual(['a', 'b', 'd', 'e']);
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processorFamilies } from '../../src/model/processor-families.js';
import { checkGoldenSet } from './check-golden-set.js';
import { readGoldenSet, repositoryRoot } from './golden-set.js';

const pictures = join(repositoryRoot, 'test', 'pictures');

const own = readGoldenSet(join(pictures, 'golden.json'), pictures, {
  name: 'drawn pictures as Pillow and transformers take them',
  exceptions: {},
  refusals: {
    'invalid/claims-60000x60000.png': 'ERR_IMAGE_TOO_MANY_PIXELS',
    'invalid/claims-65500x65500.jpg': 'ERR_IMAGE_TOO_MANY_PIXELS',
    'invalid/drawing.svg': 'ERR_IMAGE_UNSUPPORTED',
    'invalid/empty.jpg': 'ERR_BODY_EMPTY',
    'invalid/header-only.jpg': 'ERR_IMAGE_UNDECODABLE',
    'invalid/page.png': 'ERR_IMAGE_UNSUPPORTED',
    'invalid/text.jpg': 'ERR_IMAGE_UNSUPPORTED',
    'invalid/truncated.jpg': 'ERR_IMAGE_UNDECODABLE',
    'invalid/truncated.png': 'ERR_IMAGE_UNDECODABLE',
  },
});

if (own === null) throw new Error('test/pictures/golden.json is part of the repository and must be there');
checkGoldenSet(own);

const { processors } = own;
it('golden.json has every processor of test/pictures/processors', () => {
  const files = readdirSync(join(pictures, 'processors')).map((name) => name.replace(/\.json$/, ''));
  expect([...processors.keys()].sort(), 'python scripts/make-picture-golden.py').toEqual(files.sort());
});

it('every processor family has a file in test/pictures/processors', () => {
  const tried = new Set([...processors.values()].map(({ className }) => className));
  expect([...processorFamilies.keys()].filter((className) => !tried.has(className))).toEqual([]);
});

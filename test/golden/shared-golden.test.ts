import { join } from 'node:path';
import { describe, it } from 'vitest';
import { noteSkip } from '../skips/note-skip.js';
import { checkGoldenSet } from './check-golden-set.js';
import { readGoldenSet, repositoryRoot } from './golden-set.js';

const shared = join(repositoryRoot, '..', 'shared');

const photos = readGoldenSet(join(shared, 'golden', 'preprocess.json'), join(shared, 'photos'), {
  name: 'photographs as transformers preprocesses them',
  exceptions: {},
  refusals: {},
});

const edgeCases = readGoldenSet(join(shared, 'golden', 'images.json'), join(shared, 'images'), {
  name: 'edge cases as Pillow and transformers take them',
  exceptions: {
    'lossy.avif': { kind: 'refused', code: 'ERR_IMAGE_UNSUPPORTED', reason: 'AVIF is not accepted' },
    'palette.bmp': { kind: 'refused', code: 'ERR_IMAGE_UNSUPPORTED', reason: 'BMP is not accepted' },
    'rgb.bmp': { kind: 'refused', code: 'ERR_IMAGE_UNSUPPORTED', reason: 'BMP is not accepted' },
    'transparent.gif': {
      kind: 'pixels',
      reason: 'libvips loses the colour under transparent pixels',
    },
    'rgb-trns.png': {
      kind: 'transformers4',
      processors: ['clip'],
      reason: 'do_convert_rgb of transformers 5 lays pictures with a transparent colour on white',
    },
  },
  refusals: {
    'bad-bomb-60000x60000.png': 'ERR_IMAGE_TOO_MANY_PIXELS',
    'bad-bomb-65500x65500.jpg': 'ERR_IMAGE_TOO_MANY_PIXELS',
    'bad-external-entity.svg': 'ERR_IMAGE_UNSUPPORTED',
    'bad-header-only.jpg': 'ERR_IMAGE_UNDECODABLE',
    'bad-html.png': 'ERR_IMAGE_UNSUPPORTED',
    'bad-plain.svg': 'ERR_IMAGE_UNSUPPORTED',
    'bad-text.jpg': 'ERR_IMAGE_UNSUPPORTED',
    'bad-truncated.jpg': 'ERR_IMAGE_UNDECODABLE',
    'bad-truncated.png': 'ERR_IMAGE_UNDECODABLE',
    'bad-zero-bytes.jpg': 'ERR_BODY_EMPTY',
  },
});

if (photos === null || edgeCases === null) {
  noteSkip('golden values of real photographs', '../shared is not beside this checkout');
  describe.skip('golden values of real photographs', () => {
    it('needs ../shared', () => {});
  });
} else {
  checkGoldenSet(photos);
  checkGoldenSet(edgeCases);
}

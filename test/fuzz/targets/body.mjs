import { decodeBase64 } from '../../../dist/http/body/parse-base64.js';
import { parseInput } from '../../../dist/http/body/parse-input.js';
import { readJpegFrame } from '../../../dist/image/jpeg-frame.js';
import { sniffImageType } from '../../../dist/image/sniff-image-type.js';
import { attempt, hold } from '../invariants.mjs';
import { mutateSections, sectionsOf } from '../sections.mjs';

/** @import { Target } from '../target.mjs' */

const maxImages = 4;
const words = [
  'inputs',
  'parameters',
  'top_k',
  'function_to_apply',
  'softmax',
  'none',
  'data:image/png;base64,',
  'data:,',
  'iVBORw0KGgo=',
  '/9j/4AAQ',
  'R0lGODlh',
  '====',
  '\r\n',
  '\r\n\r\n',
  '--b\r\n',
  '\r\n--b\r\n',
  '\r\n--b--\r\n',
  'Content-Disposition: form-data; name="file"; filename="a.png"',
  'Content-Disposition: form-data; name="top_k"',
  'Content-Type: image/png',
  'Content-Type: application/octet-stream',
  'Content-Transfer-Encoding: base64',
  "filename*=utf-8''%e2%82%ac",
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="b"',
  'charset=utf-16le',
];

/** @type {Target} */
export const body = {
  reads: 'bodies of requests to classify, and the headers of pictures in them',
  covers: [
    'http/body/sniff-input.js',
    'http/body/parse-input.js',
    'http/body/parse-json-input.js',
    'http/body/parse-json.js',
    'http/body/parse-multipart.js',
    'http/body/parse-base64.js',
    'http/check-parameters.js',
    'image/sniff-image-type.js',
    'image/jpeg-frame.js',
  ],
  maxBytes: 40 * 1024,
  work: 20_000,
  workPerByte: 100,
  mostMemory: 32 * 2 ** 20,
  mutate: mutateSections(2, words),
  /** An input is the Content-Type, and the body. */
  async invariant(input) {
    const [first, second] = sectionsOf(input, 2);
    const [contentType, bytes] = second === undefined ? [undefined, first] : [first?.toString('latin1'), second];
    const sent = bytes ?? Buffer.alloc(0);
    const read = await attempt(
      () => parseInput(sent, contentType, { maxImages }),
      ['ERR_REQUEST_INVALID', 'ERR_PARAMETER_INVALID', 'ERR_BODY_EMPTY', 'ERR_TOO_MANY_IMAGES'],
    );
    if ('refusal' in read) return read.refusal;
    const { images, isList, parameters } = read.value;
    hold(images.length >= 1 && images.length <= maxImages, `${images.length} images`);
    hold(isList || images.length === 1, 'several images that are no list');
    const total = images.reduce((sum, image) => sum + image.bytes.length, 0);
    hold(total <= sent.length, 'more bytes of pictures than of the body');
    hold(
      images.every(({ field }) => field.length <= 200),
      'a long name of an image',
    );
    const { top_k: topK = 1 } = parameters;
    hold(Number.isInteger(topK) && topK >= 1 && topK <= 100_000, 'top_k');
    const kinds = [];
    for (const image of images) {
      hold(decodeBase64(image.bytes.toString('base64'))?.equals(image.bytes), 'base64 of a picture is another picture');
      const kind = await attempt(() => sniffImageType(image.bytes), ['ERR_IMAGE_UNSUPPORTED', 'ERR_BODY_EMPTY']);
      const frame = 'value' in kind && kind.value === 'jpeg' ? readJpegFrame(image.bytes) : null;
      if (frame !== null) {
        const { width, height, components } = frame;
        hold(width >= 0 && width <= 65_535 && height >= 0 && height <= 65_535 && components <= 255, 'sizes of a JPEG');
      }
      kinds.push('value' in kind ? `${kind.value} ${frame !== null}` : kind.refusal);
    }
    return `${images.length} ${isList} ${Object.keys(parameters)} ${kinds[0]}`;
  },
};

import { endianness } from 'node:os';

/**
 * CMYK to RGB by Pillow's integer rule, without a profile.
 * @param cmyk u8, 4 to a pixel, 255 = full ink (as libvips gives them, whatever the file stores)
 * @returns u8, 3 to a pixel
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Convert.c (cmyk2rgb)
 */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - (cmyk[from + 3] as number);
    for (let channel = 0; channel < 3; channel++) {
      const product = (cmyk[from + channel] as number) * light + 128;
      rgb[to + channel] = Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}

/**
 * The upper half of each sample, as Pillow reads CMYK of 16 bits.
 * @param samples u16 in the byte order of the machine, as bytes at an even or odd offset
 */
export function highBytes(samples: Uint8Array): Uint8Array {
  const high = new Uint8Array(samples.length / 2);
  for (let from = endianness() === 'LE' ? 1 : 0, to = 0; to < high.length; from += 2, to++) {
    high[to] = samples[from] as number;
  }
  return high;
}

/**
 * 16-bit grey to RGB as Pillow does it: values above 255 are **clipped**, not scaled, so most such pictures become
 * white. Models were evaluated on pictures that went this way, so it is mirrored.
 * @param grey u16 in the byte order of the machine, as bytes at an even or odd offset; 1 to a pixel
 * @returns u8, 3 to a pixel
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Convert.c (I;16 to L)
 */
export function grey16ToRgb(grey: Uint8Array): Uint8Array {
  const values = new Uint16Array(grey.byteLength / 2);
  new Uint8Array(values.buffer).set(grey);
  const rgb = new Uint8Array(values.length * 3);
  for (let pixel = 0, to = 0; pixel < values.length; pixel++, to += 3) {
    const value = Math.min(values[pixel] as number, 255);
    rgb[to] = value;
    rgb[to + 1] = value;
    rgb[to + 2] = value;
  }
  return rgb;
}

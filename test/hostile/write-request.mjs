// Requests as bytes, and what of them is random.
import { readFileSync } from 'node:fs';

/** @import { Random } from './attacks.mjs' */

export const digit = readFileSync(new URL('../pictures/digit-7.png', import.meta.url));
export const host = 'Host: hornet.test\r\n';
/** In a body, where one who takes the body for shorter than it is finds a request. */
export const hidden = `POST /models/digits/unload HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`;

export const pick = (/** @type {Random} */ random, /** @type {readonly any[]} */ of) =>
  of[Math.floor(random() * of.length)];
export const upTo = (/** @type {Random} */ random, /** @type {number} */ most) => Math.floor(random() * (most + 1));
export const noise = (/** @type {Random} */ random, /** @type {number} */ length) =>
  Buffer.from(Array.from({ length }, () => upTo(random, 255)));
export const post = (/** @type {string} */ headers, /** @type {string | Buffer} */ body = '', path = '/classify') => [
  Buffer.from(`POST ${path} HTTP/1.1\r\n${host}${headers}\r\n`, 'latin1'),
  body,
];
export const get = (/** @type {string} */ path, headers = '', method = 'GET') =>
  `${method} ${path} HTTP/1.1\r\n${host}${headers}\r\n`;
export const sized = (/** @type {Buffer} */ body, more = '', path = '/classify') =>
  post(`Content-Length: ${body.length}\r\n${more}`, body, path);
export const chunked = (/** @type {string} */ body, more = '') => post(`Transfer-Encoding: chunked\r\n${more}`, body);

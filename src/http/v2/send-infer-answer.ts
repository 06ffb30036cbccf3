import { promisify } from 'node:util';
import { constants, deflate, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { EncodedAnswer } from './infer-answer.js';
import { headerLengthName } from './parse-infer-body.js';

const compressors = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** A shorter answer is one or two packets anyway. */
const minCompressedBytes = 1400;

/** Sends an answer, compressed where the client asks for that and it makes it shorter. */
export async function sendInferAnswer(request: Request, response: Response, answer: EncodedAnswer): Promise<void> {
  const json = Buffer.from(JSON.stringify(answer.json), 'utf8');
  if (answer.binary === null) response.set('Content-Type', 'application/json; charset=utf-8');
  else response.set({ 'Content-Type': 'application/octet-stream', [headerLengthName]: String(json.length) });
  const body = answer.binary === null ? json : Buffer.concat([json, answer.binary]);
  response.vary('Accept-Encoding').send(await compressed(request, response, body));
}

async function compressed(request: Request, response: Response, body: Buffer): Promise<Buffer> {
  const coding = body.length < minCompressedBytes ? false : request.acceptsEncodings(['gzip', 'deflate', 'identity']);
  if (coding !== 'gzip' && coding !== 'deflate') return body;
  // On a thread of the libuv pool.
  const shorter = await compressors[coding](body, { level: constants.Z_BEST_SPEED });
  if (shorter.length >= body.length) return body;
  response.set('Content-Encoding', coding);
  return shorter;
}

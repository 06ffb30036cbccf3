import { headerLengthName } from './parse-infer-body.js';

/** A request of the protocol, as clients send it. */
export interface SentInference {
  readonly body: Buffer<ArrayBuffer>;
  readonly headers: Record<string, string>;
}

/** The JSON alone. */
export function jsonInference(json: unknown): SentInference {
  return { body: Buffer.from(JSON.stringify(json)), headers: { 'Content-Type': 'application/json' } };
}

/** The JSON, and the bytes of its binary inputs. */
export function binaryInference(json: unknown, ...tensors: readonly Uint8Array[]): SentInference {
  const head = Buffer.from(JSON.stringify(json));
  return {
    body: Buffer.concat([head, ...tensors]),
    headers: { 'Content-Type': 'application/octet-stream', [headerLengthName]: String(head.length) },
  };
}

/** Elements of a binary BYTES tensor. */
export function bytesTensor(...elements: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const bytes = Buffer.from(element);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** An answer taken apart, as tritonclient does it. */
export async function parseAnswer(response: Response): Promise<{ json: AnswerJson; binary: Buffer }> {
  const body = Buffer.from(await response.arrayBuffer());
  const jsonBytes = Number(response.headers.get(headerLengthName) ?? body.length);
  return { json: JSON.parse(String(body.subarray(0, jsonBytes))) as AnswerJson, binary: body.subarray(jsonBytes) };
}

/** The JSON of an answer, or of an error. */
export interface AnswerJson {
  readonly error?: string;
  readonly code?: string;
  readonly id?: string;
  readonly outputs: {
    readonly name: string;
    readonly datatype: string;
    readonly shape: number[];
    readonly data?: (number | string | null)[];
    readonly parameters?: { readonly binary_data_size: number };
  }[];
}

/** The scores of an answer, whichever way they came. */
export async function scoresIn(response: Response): Promise<number[]> {
  const { json, binary } = await parseAnswer(response);
  const [output] = json.outputs;
  if (output?.data !== undefined) return output.data as number[];
  return Array.from({ length: binary.length / 4 }, (_, index) => binary.readFloatLE(index * 4));
}

/** Splits a binary BYTES tensor. */
export function textsIn(binary: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < binary.length; ) {
    const length = binary.readUInt32LE(at);
    texts.push(String(binary.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}

import { quoted } from '../curl-command.js';
import type { ReadOperation } from './read-operations.js';

/** What a person has filled in. */
export interface FilledIn {
  /** Values of parameters by place and name, such as `query top_k`; empty ones are left out. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Media type of the body; null: no body. */
  readonly type: string | null;
  readonly text: string;
  readonly files: readonly File[];
  readonly token: string | null;
}

/** A request, as fetch takes it and as a line for a POSIX shell. */
export interface BuiltRequest {
  readonly url: string;
  readonly init: { readonly method: string; readonly headers: Record<string, string>; readonly body?: BodyInit };
  readonly curl: string;
}

/** Media types whose bodies are files. */
export function isFileType(type: string): boolean {
  return type.startsWith('image/') || type === 'application/octet-stream' || type === 'multipart/form-data';
}

/**
 * The request that a form describes.
 * @param base address of the server, ending in a slash
 * @throws Error naming what is missing
 */
export function buildRequest({ method, path, operation }: ReadOperation, given: FilledIn, base: string): BuiltRequest {
  let filledPath = path.slice(1);
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  for (const { name, in: place, required } of operation.parameters ?? []) {
    const value = given.parameters.get(`${place} ${name}`) ?? '';
    if (value === '') {
      if (required === true) throw new Error(`Fill in ${name} first.`);
    } else if (place === 'path') filledPath = filledPath.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === 'query') query.append(name, value);
    else headers[name] = value;
  }
  const url = base + filledPath + (query.size === 0 ? '' : `?${query.toString()}`);
  const written = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  // Which one it is, is never written down.
  if (given.token !== null) written.unshift('-H "Authorization: Bearer $HORNET_TOKEN"');
  const body = bodyOf(given, operation.requestBody?.required === true);
  if (given.type !== null && given.type !== 'multipart/form-data' && body.body !== undefined) {
    headers['Content-Type'] = given.type;
    written.push(`-H ${quoted(`Content-Type: ${given.type}`)}`);
  }
  const verb = body.curl.length > 0 || method === 'GET' ? [] : ['-X', method];
  if (given.token !== null) headers.Authorization = `Bearer ${given.token}`;
  return {
    url,
    init: { method, headers, ...(body.body === undefined ? {} : { body: body.body }) },
    curl: ['curl', ...verb, ...written, ...body.curl, quoted(url)].join(' '),
  };
}

function bodyOf({ type, text, files }: FilledIn, isRequired: boolean): { body?: BodyInit; curl: readonly string[] } {
  if (type === null) return { curl: [] };
  if (!isFileType(type)) {
    if (text === '') return { curl: [] };
    return { body: text, curl: [`--data-binary ${quoted(text.startsWith('@') ? `\\${text}` : text)}`] };
  }
  const [first] = files;
  if (first === undefined) {
    if (isRequired) throw new Error('Choose a file first.');
    return { curl: [] };
  }
  if (type !== 'multipart/form-data') return { body: first, curl: [`--data-binary ${quoted(`@${first.name}`)}`] };
  const form = new FormData();
  for (const file of files) form.append('file', file);
  return { body: form, curl: files.map(({ name }) => `-F ${quoted(`file=@${name}`)}`) };
}

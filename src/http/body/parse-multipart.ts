import { Readable } from 'node:stream';
import type { Busboy } from '@fastify/busboy';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import { checkValue } from '../check-parameters.js';
import { classifyFieldsSchema } from '../classify-schemas.js';
import type { ClassifyInput, InputImage, InputLimits } from './classify-input.js';
import { isFormType } from './sniff-input.js';
import { tooManyImages } from './too-many-images.js';

/** Bounds of what is not an image in a form. */
const limits = { fields: 8, fieldSize: 256, headerPairs: 32, headerSize: 8192 };

/** The parser gets the body in pieces, so that it can be stopped before it has made millions of objects of it. */
const pieceBytes = 16 * 1024;

/** Longest name of a part. */
const maxNameLength = 100;

/**
 * A form with one or several files; its fields may be the parameters. Two or more files are a list, one is not. Parts
 * without a name, or with headers that cannot be read, are not seen.
 * @param contentType that of the request, which has the boundary
 * @throws ERR_REQUEST_INVALID when it is no whole form; ERR_PARAMETER_INVALID naming the field; ERR_BODY_EMPTY when it has
 *   no file; ERR_TOO_MANY_IMAGES
 */
export async function parseMultipart(
  body: Buffer,
  contentType: string | undefined,
  { maxImages }: InputLimits,
): Promise<ClassifyInput> {
  const { images, fields } = await readForm(body, contentType, maxImages);
  if (images.length === 0) throw new HornetError('ERR_BODY_EMPTY', 'There is no image: the form has no file.');
  const given = Object.fromEntries([...fields].filter(([, value]) => value !== ''));
  return {
    images,
    isList: images.length > 1,
    parameters: checkValue(classifyFieldsSchema, given, 'field of the form'),
  };
}

interface Form {
  readonly images: InputImage[];
  readonly fields: ReadonlyMap<string, string>;
}

async function readForm(body: Buffer, contentType: string | undefined, maxImages: number): Promise<Form> {
  const parser = await openParser(contentType, maxImages);
  const source = Readable.from(piecesOf(body));
  return await new Promise((resolve, reject) => {
    const files: { readonly name: string; readonly pieces: Buffer[] }[] = [];
    const fields = new Map<string, string>();
    const fail = (error: unknown): void => {
      source.unpipe(parser).destroy();
      parser.removeAllListeners('file').removeAllListeners('field').removeAllListeners('finish');
      reject(error as Error);
    };
    const damaged = (error: unknown): void =>
      fail(
        new HornetError('ERR_REQUEST_INVALID', `The form cannot be read: ${messageOf(error)}.`, {
          cause: error,
          remedy: 'Send it whole, with the boundary that its Content-Type names.',
        }),
      );
    parser
      .on('file', (name: string | undefined, file) => {
        const pieces: Buffer[] = [];
        files.push({ name: shownName(name), pieces });
        file.on('data', (piece: Buffer) => pieces.push(piece)).on('error', damaged);
      })
      .on('field', (name: string | undefined, value, _isNameCut, isValueCut) => {
        const field = shownName(name);
        if (isValueCut) fail(invalid(field, `It has more than ${limits.fieldSize} bytes`));
        else if (fields.has(field)) fail(invalid(field, 'It is there more than once'));
        else fields.set(field, value);
      })
      .on('filesLimit', () => fail(tooManyImages(`more than ${maxImages}`, maxImages)))
      .on('fieldsLimit', () => fail(new HornetError('ERR_REQUEST_INVALID', 'The form has too many fields.')))
      .on('partsLimit', () => fail(new HornetError('ERR_REQUEST_INVALID', 'The form has too many parts.')))
      .on('error', damaged)
      .on('finish', () => {
        const images = files.map(({ name, pieces }) => ({ field: name, bytes: joined(pieces) }));
        resolve({ images, fields });
      });
    source.pipe(parser);
  });
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += pieceBytes) yield body.subarray(start, start + pieceBytes);
}

async function openParser(contentType: string | undefined, maxImages: number): Promise<InstanceType<typeof Busboy>> {
  const missing = (cause?: unknown): HornetError =>
    new HornetError('ERR_REQUEST_INVALID', 'The body looks like a form, but the Content-Type names no boundary.', {
      cause,
      remedy: 'Send the Content-Type "multipart/form-data; boundary=..." with it.',
    });
  if (contentType === undefined || !isFormType(contentType)) throw missing();
  // With the first form: few clients send any.
  const busboy = await import('@fastify/busboy');
  try {
    return new busboy.Busboy({
      headers: { 'content-type': contentType },
      limits: { ...limits, files: maxImages, parts: maxImages + limits.fields },
      isPartAFile: (_name, type = '', filename) =>
        filename !== undefined || type === 'application/octet-stream' || type.startsWith('image/'),
    });
  } catch (error) {
    throw missing(error);
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only, ...others] = pieces;
  return only !== undefined && others.length === 0 ? only : Buffer.concat(pieces);
}

function shownName(name = ''): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name;
}

function invalid(field: string, problem: string): HornetError {
  return new HornetError('ERR_PARAMETER_INVALID', `${field}: ${problem}.`, { details: { field } });
}

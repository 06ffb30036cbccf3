import { Ajv2020 } from 'ajv/dist/2020.js';
import type { OpenApiDocument } from '../../src/http/openapi/openapi-document.js';

/** An answer to be held against the document. */
export interface GivenAnswer {
  readonly method: string;
  /** Of the request, without query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What is read of a response of the document. */
interface DescribedResponse {
  readonly headers?: Readonly<Record<string, { readonly $ref?: string }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** Something of the document: what it is, and where it stands. */
interface Found<T> {
  readonly value: T;
  readonly pointer: readonly string[];
}

/** Holds answers against an OpenAPI document. */
export class DocumentedAnswers {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  readonly #document: OpenApiDocument;
  readonly #routes: readonly { readonly path: string; readonly pattern: RegExp }[];

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addSchema(document, 'document');
    this.#routes = Object.keys(document.paths ?? {})
      // A name in the place of a parameter comes before the parameter.
      .sort((one, other) => one.split('{').length - other.split('{').length)
      .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`) }));
  }

  /** What of an answer is not as documented; empty: all is. */
  problems(answer: GivenAnswer): string[] {
    const { method, path, status } = answer;
    const what = `${method} ${path} answered ${status}`;
    const route = this.#routes.find(({ pattern }) => pattern.test(path))?.path;
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = route === undefined ? undefined : this.#find(['paths', route, verb]);
    if (route === undefined || operation === undefined) {
      const isExpected = status === (route === undefined ? 404 : 405) && this.#isError(answer);
      return isExpected ? [] : [`${what}, and there is no such operation`];
    }
    const response = this.#find<DescribedResponse>([...operation.pointer, 'responses', String(status)]);
    if (response === undefined) return [`${what}, which is not documented`];
    return [...this.#headerProblems(response, answer), ...this.#bodyProblems(response, answer)].map(
      (problem) => `${what} ${problem}: ${answer.body.slice(0, 300)}`,
    );
  }

  #headerProblems({ value, pointer }: Found<DescribedResponse>, { headers }: GivenAnswer): string[] {
    return Object.keys(value.headers ?? {})
      .filter((name) => this.#find<{ required?: boolean }>([...pointer, 'headers', name])?.value.required === true)
      .filter((name) => !headers.has(name))
      .map((name) => `without the header ${name}`);
  }

  #bodyProblems({ value: { content }, pointer }: Found<DescribedResponse>, answer: GivenAnswer): string[] {
    const { method, headers, body } = answer;
    if (content === undefined) return body === '' ? [] : ['with a body, which is not documented'];
    const type = headers.get('Content-Type')?.split(';')[0] ?? '';
    if (!(type in content)) return [`as "${type}", which is not documented`];
    if (method === 'HEAD' || type !== 'application/json') return [];
    const problems = this.#schemaProblems([...pointer, 'content', type, 'schema'], body);
    return problems === '' ? [] : [`with a body that is not as documented (${problems})`];
  }

  #isError({ method, body }: GivenAnswer): boolean {
    return method === 'HEAD' || this.#schemaProblems(['components', 'schemas', 'Error'], body) === '';
  }

  #schemaProblems(pointer: readonly string[], json: string): string {
    const fragment = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
    const validate = this.#ajv.getSchema(`document#/${fragment.join('/')}`);
    if (validate === undefined) throw new Error(`The document has nothing at ${pointer.join(' ')}.`);
    return validate(JSON.parse(json)) === true ? '' : this.#ajv.errorsText(validate.errors);
  }

  /** What stands at a place, or where that refers to. */
  #find<T extends object>(pointer: readonly string[]): Found<T> | undefined {
    const value = pointer.reduce<unknown>(
      (outer, part) => (outer as Record<string, unknown> | undefined)?.[part],
      this.#document,
    ) as (T & { readonly $ref?: string }) | undefined;
    if (value?.$ref !== undefined) return this.#find(value.$ref.slice('#/'.length).split('/'));
    return value === undefined ? undefined : { value, pointer };
  }
}

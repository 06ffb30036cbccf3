import { describe, expect, it } from 'vitest';
import { buildRequest, type FilledIn } from './build-request.js';
import type { ApiParameter } from './openapi-types.js';
import type { ReadOperation } from './read-operations.js';

const parameter = (place: ApiParameter['in'], name: string, required = false): ApiParameter => ({
  in: place,
  name,
  required,
  schema: {},
});

const classify: ReadOperation = {
  method: 'POST',
  path: '/models/{name}/classify',
  operation: {
    operationId: 'classify',
    summary: '',
    parameters: [parameter('path', 'name', true), parameter('query', 'top_k'), parameter('header', 'X-Timeout-Ms')],
    requestBody: { required: true, content: { 'image/png': {}, 'application/json': {} } },
    responses: {},
  },
};

const nothing: FilledIn = { parameters: new Map(), type: null, text: '', files: [], token: null };
const base = 'http://localhost/prefix/';
const named = new Map([['path name', 'a/b c']]);

describe('buildRequest', () => {
  it('puts parameters where they belong, and leaves out what is empty', () => {
    const parameters = new Map([...named, ['query top_k', '3'], ['header X-Timeout-Ms', '100']]);
    const given = { ...nothing, parameters, type: 'application/json', text: '{}' };
    expect(buildRequest(classify, given, base)).toEqual({
      url: 'http://localhost/prefix/models/a%2Fb%20c/classify?top_k=3',
      init: { method: 'POST', headers: { 'X-Timeout-Ms': '100', 'Content-Type': 'application/json' }, body: '{}' },
      curl:
        "curl -H 'X-Timeout-Ms: 100' -H 'Content-Type: application/json' --data-binary '{}' " +
        "'http://localhost/prefix/models/a%2Fb%20c/classify?top_k=3'",
    });
  });

  it('sends one file as it is, and several as a form', () => {
    const files = [new File(['x'], "it's.png"), new File(['y'], 'b.png')];
    const one = buildRequest(classify, { ...nothing, parameters: named, type: 'image/png', files }, base);
    expect(one.init).toEqual({ method: 'POST', headers: { 'Content-Type': 'image/png' }, body: files[0] });
    expect(one.curl).toContain(`--data-binary '@it'\\''s.png'`);
    const form = buildRequest(classify, { ...nothing, parameters: named, type: 'multipart/form-data', files }, base);
    expect(form.init.headers).toEqual({});
    expect((form.init.body as FormData).getAll('file')).toHaveLength(2);
    expect(form.curl).toContain('-F file=@b.png');
  });

  it('sends the token and does not write it down', () => {
    const { init, curl } = buildRequest(
      { ...classify, method: 'GET', path: '/status' },
      { ...nothing, parameters: named, token: 'abc' },
      base,
    );
    expect(init.headers).toEqual({ Authorization: 'Bearer abc' });
    expect(curl).toBe('curl -H "Authorization: Bearer $HORNET_TOKEN" http://localhost/prefix/status');
  });

  it('names the method where curl would take another one', () => {
    const unload = { ...classify, path: '/models/{name}/unload' };
    const { curl } = buildRequest(unload, { ...nothing, parameters: new Map([['path name', 'digits']]) }, base);
    expect(curl).toBe('curl -X POST http://localhost/prefix/models/digits/unload');
  });

  it('says what is missing', () => {
    expect(() => buildRequest(classify, nothing, base)).toThrow('Fill in name first.');
    const given = { ...nothing, parameters: named, type: 'image/png' };
    expect(() => buildRequest(classify, given, base)).toThrow('Choose a file first.');
  });
});

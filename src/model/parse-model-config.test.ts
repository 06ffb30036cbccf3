import { describe, expect, it } from 'vitest';
import { activationFor, parseModelConfig } from './parse-model-config.js';

describe('parseModelConfig', () => {
  it('reads type, labels and problem type', () => {
    const config = {
      model_type: 'resnet',
      id2label: { '0': 'cat', '1': 'dog' },
      label2id: { cat: 0, dog: 1 },
      problem_type: 'single_label_classification',
    };
    expect(parseModelConfig(config)).toEqual({
      modelType: 'resnet',
      labels: ['cat', 'dog'],
      numLabels: 2,
      problemType: 'single_label_classification',
    });
  });

  it('has no labels where the file neither names nor counts them', () => {
    expect(parseModelConfig({})).toEqual({ modelType: undefined, labels: null, numLabels: null, problemType: null });
    expect(parseModelConfig({ id2label: {}, problem_type: null }).labels).toBeNull();
  });

  it('orders labels by number, not by text', () => {
    const id2label = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [String(11 - index), `c${11 - index}`]),
    );
    expect(parseModelConfig({ id2label }).labels?.slice(8)).toEqual(['c8', 'c9', 'c10', 'c11']);
  });

  it('fills holes with LABEL_n', () => {
    expect(parseModelConfig({ id2label: { 0: 'a', 2: 'c', 3: null } }).labels).toEqual(['a', 'LABEL_1', 'c']);
  });

  it('counts by num_labels where it goes beyond the labels that are named', () => {
    expect(parseModelConfig({ num_labels: 2 }).labels).toEqual(['LABEL_0', 'LABEL_1']);
    expect(parseModelConfig({ num_labels: 3, id2label: { 0: 'a' } }).labels).toEqual(['a', 'LABEL_1', 'LABEL_2']);
    expect(parseModelConfig({ num_labels: 1, id2label: { 0: 'a', 1: 'b' } }).labels).toEqual(['a', 'b']);
  });

  it('takes numbers for labels', () => {
    expect(parseModelConfig({ id2label: { 0: 7, 1: '8' } }).labels).toEqual(['7', '8']);
  });

  it.each([
    [[], 'config.json holds []'],
    [{ id2label: ['a', 'b'] }, '"id2label"'],
    [{ id2label: { cat: 0 } }, '"id2label" in config.json is "cat"'],
    [{ id2label: { '-1': 'a' } }, '"id2label"'],
    [{ id2label: { '4000000000': 'a' } }, '"id2label"'],
    [{ id2label: { 0: ['a'] } }, '"id2label.0" in config.json is ["a"], expected a string'],
    [{ num_labels: 0 }, '"num_labels" in config.json is 0'],
    [{ num_labels: 1e9 }, '"num_labels"'],
    [{ num_labels: '10' }, '"num_labels"'],
    [{ model_type: 3 }, '"model_type" in config.json is 3, expected a string'],
    [{ problem_type: 'detection' }, '"problem_type" in config.json is "detection", expected one of regression'],
  ])('refuses %j, naming the field', (json, message) => {
    expect(() => parseModelConfig(json)).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});

describe('activationFor', () => {
  it.each([
    [null, 10, 'softmax'],
    [null, 1, 'sigmoid'],
    ['single_label_classification', 10, 'softmax'],
    ['multi_label_classification', 10, 'sigmoid'],
    ['regression', 1, 'none'],
  ] as const)(
    'for problem type %j and %i classes is %s, as in the pipeline of transformers',
    (type, classes, result) => {
      expect(activationFor(type, classes)).toBe(result);
    },
  );

  it.each([
    ['the file itself', '%'],
    ['a field', '{"num_labels": %}'],
  ])('refuses %s that is deeply nested', (_what, text) => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    expect(() => parseModelConfig(JSON.parse(text.replace('%', deep)))).toThrow(
      expect.objectContaining({
        code: 'ERR_MODEL_CONFIG_INVALID',
        message: expect.stringMatching(/nested too deeply|\[{77}\.{3}/),
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { testClassifier } from '../onnx/build-test-model.test-support.js';
import { graphInfoOf } from '../onnx/graph-info-of.js';
import { agreeOnLabels } from './agree-on-model.js';

describe('labels of a graph whose config.json names none', () => {
  const noConfig = { modelType: undefined, labels: null, numLabels: null, problemType: null };
  const labels = (classes: number) =>
    agreeOnLabels(graphInfoOf(testClassifier({ outputShape: ['batch', classes] }), 'model.onnx'), noConfig);

  it('are numbered', () => {
    expect(labels(2)).toEqual(['LABEL_0', 'LABEL_1']);
  });

  it('has the name of the output shortened where it tells of it', () => {
    const graph = graphInfoOf(testClassifier({ outputShape: ['batch', null] }), 'model.onnx');
    const long = { ...graph, output: { ...graph.output, name: 'n'.repeat(100_000) } };
    expect(() => agreeOnLabels(long, noConfig)).toThrow(/^Neither the graph's output "n{197}\.\.\." nor config\.json/);
  });

  it.each([2_000_000, 2 ** 40])('are not made up for %i classes, which no model has', (classes) => {
    expect(() => labels(classes)).toThrow(expect.objectContaining({ code: 'ERR_MODEL_NOT_CLASSIFIER' }));
  });
});

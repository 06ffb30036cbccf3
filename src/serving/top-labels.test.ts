import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topLabels } from './top-labels.js';

const labels = ['a', 'b', 'c'];

describe('topLabels', () => {
  it('orders by score and cuts at topK', () => {
    expect(topLabels(new Float32Array([0.25, 0.5, 0.125]), labels, 'none', 2)).toEqual([
      { label: 'b', score: 0.5 },
      { label: 'a', score: 0.25 },
    ]);
  });

  it('breaks ties by class index', () => {
    const ordered = topLabels(new Float32Array([1, 2, 2]), labels, 'none', 3).map(({ label }) => label);
    expect(ordered).toEqual(['b', 'c', 'a']);
  });

  it('gives all labels when topK is larger than their number', () => {
    expect(topLabels(new Float32Array([1, 2, 3]), labels, 'softmax', 99)).toHaveLength(3);
  });

  it('applies softmax without overflowing on large logits', () => {
    const [first, second] = topLabels(new Float32Array([1000, 1000, -1000]), labels, 'softmax', 2);
    expect(first?.score).toBeCloseTo(0.5, 12);
    expect(second?.score).toBeCloseTo(0.5, 12);
  });

  it('applies sigmoid to each class by itself', () => {
    const scores = topLabels(new Float32Array([0, 100, -100]), labels, 'sigmoid', 3).map(({ score }) => score);
    expect(scores[0]).toBeCloseTo(1, 12);
    expect(scores[1]).toBeCloseTo(0.5, 12);
    expect(scores[2]).toBeCloseTo(0, 12);
  });

  it('gives softmax scores that sum to 1 and keep the order of the logits', () => {
    const logits = fc.float32Array({ minLength: 1, maxLength: 50, noNaN: true, min: -1e4, max: 1e4 });
    fc.assert(
      fc.property(logits, (values) => {
        const names = Array.from(values, (_, index) => String(index));
        const result = topLabels(values, names, 'softmax', values.length);
        expect(result.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
        const byLogit = topLabels(values, names, 'none', values.length);
        const rank = result.map(({ label }) => values[Number(label)]);
        // Logits that differ may underflow to equal scores; then the order is by index.
        for (let i = 1; i < rank.length; i++) expect(result[i]?.score).toBeLessThanOrEqual(result[i - 1]?.score ?? 0);
        expect(result[0]?.score).toBeGreaterThanOrEqual(1 / values.length - 1e-12);
        expect(byLogit[0]?.score).toBe(Math.max(...values));
      }),
    );
  });
});

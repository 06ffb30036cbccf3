import { describe, expect, it } from 'vitest';
import { testGraph, testNode } from '../build-test-model.test-support.js';
import { nameGiver } from './graph-names.js';

describe('nameGiver', () => {
  it('gives what is wanted, else with the first number that is free', () => {
    const names = nameGiver(testGraph({ node: [testNode('Relu', ['a', 'b_3'], ['b'])] }));
    expect(['c', 'a', 'b', 'b', 'b', 'c', 'b_2'].map(names)).toEqual(['c', 'a_2', 'b_2', 'b_4', 'b_5', 'c_2', 'b_2_2']);
  });

  it('takes no longer for the last of many equal ones', () => {
    const names = nameGiver(testGraph({}));
    const began = performance.now();
    const given = new Set(Array.from({ length: 100_000 }, () => names('hornet/batch/shape')));
    expect(given.size).toBe(100_000);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

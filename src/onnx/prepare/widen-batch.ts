import { shortened } from '../../errors/describe-value.js';
import type { GraphProto, NodeProto } from '../generated/onnx_pb.js';
import type { GraphInfo } from '../graph-info.js';
import { tensorTypeOf } from '../value-type.js';
import { isDefaultDomain } from '../walk-graph.js';
import { BatchNode } from './batch-node.js';
import { batchRules } from './batch-rules.js';
import { type BatchValue, CannotWiden, type FixedValue, type ImagesValue, unknownFixed } from './batch-value.js';
import { constantValue, tensorValue } from './constant-value.js';
import { innerGraphs, type NameGiver, namesRead } from './graph-names.js';
import { constantNode } from './graph-nodes.js';

/** What {@link widenBatch} has to know of a graph that was exported for one image. */
export interface WidenOptions {
  readonly opset: number;
  readonly inputName: string;
  /** The input for one image. */
  readonly input: ImagesValue;
  readonly output: GraphInfo['output'];
  readonly names: NameGiver;
}

/**
 * Makes a graph that was exported for one image take any number of them, if that can be proved: node by node, from the
 * rules of the operators, that with N images each value is what N runs with one image would give, joined along axis 0.
 * Shapes that name the one image are replaced (`[1,768]` by `[-1,768]`), and declared shapes of inner values, which
 * would be wrong, are removed. Nothing is changed where the proof fails.
 * @returns null, or why the graph was left as it is
 */
export function widenBatch(graph: GraphProto, options: WidenOptions): string | null {
  const walk = new BatchWalk(graph, options);
  try {
    walk.run();
  } catch (error) {
    if (error instanceof CannotWiden) return error.message;
    throw error;
  }
  walk.apply();
  return null;
}

/** Sizes of axis 0 that the file declares, for one image. */
function declaredRows(graph: GraphProto): Map<string, number> {
  const rows = new Map<string, number>();
  for (const value of [...graph.valueInfo, ...graph.output]) {
    const first = tensorTypeOf(value)?.shape?.[0] ?? null;
    if (first !== null) rows.set(value.name, first);
  }
  return rows;
}

class BatchWalk {
  private readonly values = new Map<string, BatchValue>();
  private readonly declared: ReadonlyMap<string, number>;
  private readonly changed: BatchNode[] = [];
  private readonly graph: GraphProto;
  private readonly options: WidenOptions;

  constructor(graph: GraphProto, options: WidenOptions) {
    this.graph = graph;
    this.options = options;
    this.declared = declaredRows(graph);
  }

  run(): void {
    const { graph, options } = this;
    for (const tensor of graph.initializer) this.values.set(tensor.name, tensorValue(tensor));
    for (const { values } of graph.sparseInitializer) this.values.set(values?.name ?? '', unknownFixed);
    this.values.set(options.inputName, options.input);
    for (const node of graph.node) {
      const value = this.valueOf(node);
      for (const name of node.output) if (name !== '') this.values.set(name, value);
    }
    this.checkOutput();
  }

  apply(): void {
    const { graph, options } = this;
    const before = new Map<NodeProto, NodeProto[]>();
    for (const { node, replacements } of this.changed) {
      for (const [index, ints] of replacements) {
        const name = options.names(`hornet/batch/${node.input[index] ?? ''}`);
        const constant = constantNode(name, [ints.length], BigInt64Array.from(ints, BigInt));
        before.set(node, [...(before.get(node) ?? []), constant]);
        node.input[index] = name;
      }
    }
    graph.node = graph.node.flatMap((node) => [...(before.get(node) ?? []), node]);
    graph.valueInfo = [];
  }

  private valueOf(node: NodeProto): BatchValue {
    const named = [...namesRead(node)].map((name) => this.values.get(name));
    if (!named.some((value) => value?.kind === 'images')) return this.fixedValue(node);
    const inputs = node.input.map((name) => (name === '' ? null : (this.values.get(name) ?? unknownFixed)));
    const rows = this.declared.get(node.output[0] ?? '') ?? null;
    const batchNode = new BatchNode(node, inputs, this.options.opset, rows);
    const rule =
      isDefaultDomain(node.domain) && innerGraphs(node).length === 0 ? batchRules.get(node.opType) : undefined;
    if (rule === undefined) return batchNode.refuse('may treat images otherwise when there are several');
    const value = rule(batchNode);
    if (batchNode.replacements.size > 0) this.changed.push(batchNode);
    return value;
  }

  /** Of a node that does not look at the images. */
  private fixedValue(node: NodeProto): FixedValue {
    if (!isDefaultDomain(node.domain)) return unknownFixed;
    if (node.opType === 'Constant') return constantValue(node);
    const input = this.values.get(node.input[0] ?? '');
    return node.opType === 'Identity' && input?.kind === 'fixed' ? input : unknownFixed;
  }

  private checkOutput(): void {
    const { name, shape } = this.options.output;
    const value = this.values.get(name);
    const output = `The output "${shortened(name, 200)}"`;
    if (value?.kind !== 'images') throw new CannotWiden(`${output} is the same for all images`);
    // a size that is not known is the declared one
    const rows = typeof value.rows === 'number' ? value.rows : (shape[0] ?? null);
    if (rows !== 1) throw new CannotWiden(`${output} has ${rows ?? 'an unknown number of'} rows for an image`);
  }
}

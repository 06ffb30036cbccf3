import { parseAst } from 'rolldown/parseAst';

/**
 * @typedef {{ type: string, start: number, end: number } & Record<string, unknown>} Node of ESTree
 * @typedef {{ at: number, text: string, isEnd: boolean, order: number }} Insertion
 */

/** Name of a module's counters in its code. */
const counters = '__hornetFuzzCounters';

/**
 * Makes a module count how often each of its blocks is entered: bodies of functions and loops, both ways of what is
 * decided (also where one of them has no code), cases, and the right sides of `&&`, `||` and `??`. Lines stay what they
 * are. The counters are asked for with `hornetFuzzCounters(url, blocks)`, which must be there by then.
 * @param {string} source of an ES module @param {string} url
 * @returns {{ code: string, blocks: number }}
 */
export function instrument(source, url) {
  /** @type {Insertion[]} */
  const insertions = [];
  let blocks = 0;
  /** @param {number} at @param {string} text @param {boolean} [isEnd] */
  const insert = (at, text, isEnd = false) => insertions.push({ at, text, isEnd, order: insertions.length });
  const count = () => `${counters}[${blocks++}]++`;
  /** @param {Node} statement */
  const inStatement = ({ type, start, end }) => {
    if (type === 'BlockStatement') return insert(start + 1, `${count()};`);
    insert(start, `{${count()};`);
    insert(end, '}', true);
  };
  /** @param {Node} expression */
  const inExpression = ({ start, end }) => {
    insert(start, `(${count()},`);
    insert(end, ')', true);
  };
  for (const node of nodesIn(parseAst(source))) {
    const part = (/** @type {string} */ name) => /** @type {Node} */ (node[name]);
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
        inStatement(part('body'));
        break;
      case 'ArrowFunctionExpression':
        if (part('body').type === 'BlockStatement') inStatement(part('body'));
        else inExpression(part('body'));
        break;
      case 'IfStatement':
        if (node.alternate) inStatement(part('alternate'));
        else insert(node.end, ` else {${count()};}`, true);
        inStatement(part('consequent'));
        break;
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'CatchClause':
        inStatement(part('body'));
        break;
      case 'SwitchCase': {
        const [first] = /** @type {Node[]} */ (node.consequent);
        if (first !== undefined) insert(first.start, `${count()};`);
        break;
      }
      case 'ConditionalExpression':
        inExpression(part('consequent'));
        inExpression(part('alternate'));
        break;
      case 'LogicalExpression':
        inExpression(part('right'));
        break;
    }
  }
  const preamble = `const ${counters} = globalThis.hornetFuzzCounters(${JSON.stringify(url)}, ${blocks});`;
  return { code: `${preamble}${withInsertions(source, insertions)}`, blocks };
}

/** All nodes, outer ones first. @param {unknown} value @returns {Generator<Node>} */
function* nodesIn(value) {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && 'start' in value) yield/** @type {Node} */ (value);
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

/** @param {string} source @param {readonly Insertion[]} insertions made outer ones first */
function withInsertions(source, insertions) {
  // Where one thing ends and another begins at the same place the end comes first, of ends that of the innermost.
  const inOrder = insertions.toSorted((a, b) => {
    if (a.at !== b.at) return a.at - b.at;
    if (a.isEnd !== b.isEnd) return a.isEnd ? -1 : 1;
    return a.isEnd ? b.order - a.order : a.order - b.order;
  });
  const pieces = [];
  let done = 0;
  for (const { at, text } of inOrder) {
    pieces.push(source.slice(done, at), text);
    done = at;
  }
  return [...pieces, source.slice(done)].join('');
}

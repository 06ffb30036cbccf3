/** A fenced ```sh block of a document. */
export interface CommandBlock {
  /** Line of its first command, from 1. */
  readonly line: number;
  readonly script: string;
  readonly mark: BlockMark;
  /** What the document shows as its output: a block of json or text that follows it at once. */
  readonly output: string | undefined;
}

/** What the comment above a block says about running it. */
export interface BlockMark {
  /** Why it is not run; undefined: it is. */
  readonly notRun: string | undefined;
  /** Its last command is a server, which runs until the next server or the end of the document. */
  readonly isServer: boolean;
  readonly onStandIn: boolean;
  readonly exitCode: number;
}

interface Fence {
  readonly language: string;
  readonly firstLine: number;
  readonly endLine: number;
  readonly text: string;
}

const fenceStart = /^```(\w*)\s*$/;
const commentLine = /^<!--\s*(not run|run):\s*(.*?)\s*-->$/;

/**
 * The ```sh blocks of a Markdown document, in order.
 * @throws Error naming the line of a comment that is not understood or has no block below it
 */
export function readCommands(markdown: string): CommandBlock[] {
  const lines = markdown.split('\n');
  const fences = readFences(lines);
  const blocks = fences.flatMap((fence, index): CommandBlock[] => {
    if (fence.language !== 'sh') return [];
    const next = fences[index + 1];
    const isOutput =
      next !== undefined &&
      ['json', 'text'].includes(next.language) &&
      lines.slice(fence.endLine + 1, next.firstLine - 1).every((line) => line.trim() === '');
    const mark = readMark(lines[fence.firstLine - 2] ?? '', fence.firstLine - 1);
    return [{ line: fence.firstLine + 1, script: fence.text, mark, output: isOutput ? next.text : undefined }];
  });
  const marked = new Set(blocks.map(({ line }) => line - 2));
  lines.forEach((line, index) => {
    if (commentLine.test(line.trim()) && !marked.has(index + 1)) {
      throw new Error(`line ${index + 1}: this comment is not directly above a block of commands`);
    }
  });
  return blocks;
}

function readFences(lines: readonly string[]): Fence[] {
  const fences: Fence[] = [];
  for (let start = 0; start < lines.length; start++) {
    const language = fenceStart.exec(lines[start] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', start + 1);
    if (end < 0) throw new Error(`line ${start + 1}: this block has no end`);
    fences.push({ language, firstLine: start + 1, endLine: end, text: lines.slice(start + 1, end).join('\n') });
    start = end;
  }
  return fences;
}

function readMark(comment: string, line: number): BlockMark {
  const [, kind, text = ''] = commentLine.exec(comment.trim()) ?? [];
  const mark = { notRun: undefined, isServer: false, onStandIn: false, exitCode: 0 };
  if (kind === undefined) return mark;
  if (kind === 'not run') {
    if (text === '') throw new Error(`line ${line}: why is it not run?`);
    return { ...mark, notRun: text };
  }
  const words = text.split(/\s*,\s*/);
  const known = /^(?:server|stand-in GPU|exit (\d+))$/;
  const unknown = words.find((word) => !known.test(word));
  if (unknown !== undefined) throw new Error(`line ${line}: "${unknown}" is not understood`);
  return {
    ...mark,
    isServer: words.includes('server'),
    onStandIn: words.includes('stand-in GPU'),
    exitCode: Number(words.map((word) => known.exec(word)?.[1]).find(Boolean) ?? 0),
  };
}

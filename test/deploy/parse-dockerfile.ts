/** One instruction of a Dockerfile, on one line. */
export interface Instruction {
  readonly name: string;
  /** What follows the name and its flags. */
  readonly text: string;
  /** `--name=value`, in their order. */
  readonly flags: readonly string[];
}

/** One stage, with what it was made from. */
export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile as far as ours goes: no here-documents, no escape directive. */
export interface Dockerfile {
  /** Defaults of the arguments before the first stage. */
  readonly globalArguments: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

export function parseDockerfile(text: string): Dockerfile {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const whole = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map(parseInstruction);
  const globalArguments = new Map<string, string>();
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const instruction of whole) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') {
      const [from = '', name = ''] = instruction.text.split(/\s+AS\s+/i);
      stages.push({ from, name, instructions: [] });
    } else if (stage === undefined) {
      const [key = '', value = ''] = instruction.text.split('=');
      globalArguments.set(key, value);
    } else stage.instructions.push(instruction);
  }
  return { globalArguments, stages };
}

function parseInstruction(line: string): Instruction {
  const [, name = '', flags = '', text = ''] = /^(\w+)((?:\s+--\S+)*)\s*(.*)$/.exec(line) ?? [];
  return { name: name.toUpperCase(), flags: flags.split(/\s+/).filter((flag) => flag !== ''), text };
}

/** The instructions of a stage after those of the stages that it is made from. */
export function inherited({ stages }: Dockerfile, name: string): Instruction[] {
  const stage = stages.find((one) => one.name === name);
  return stage === undefined
    ? []
    : [...inherited({ stages, globalArguments: new Map() }, stage.from), ...stage.instructions];
}

/** Text of all instructions of a kind, in their order. */
export function textsOf(instructions: readonly Instruction[], name: string): string[] {
  return instructions.filter((one) => one.name === name).map(({ text }) => text);
}

/** `NAME=value NAME="value"` of ENV and LABEL; the last one of a name wins. */
export function pairsOf(instructions: readonly Instruction[], name: string): Map<string, string> {
  const pairs = textsOf(instructions, name).flatMap((text) => [...text.matchAll(/(\S+?)=("[^"]*"|\S*)/g)]);
  return new Map(pairs.map(([, key = '', value = '']) => [key, value.replaceAll('"', '')]));
}

/** Whether a .dockerignore keeps a file out of the context: the last pattern that fits it, or a folder above it, wins. */
export function isIgnored(dockerignore: string, file: string): boolean {
  const parts = file.split('/');
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let ignored = false;
  for (const line of dockerignore.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    const pattern = line.trim().replace(/^!/, '');
    const source = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('**/', '\u0000')
      .replaceAll('*', '[^/]*')
      .replaceAll('\u0000', '(?:.*/)?');
    if (paths.some((path) => new RegExp(`^${source}$`).test(path))) ignored = !line.startsWith('!');
  }
  return ignored;
}

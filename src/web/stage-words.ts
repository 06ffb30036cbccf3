const words: Readonly<Record<string, string>> = {
  decode: 'Decode',
  preprocess: 'Prepare',
  queue: 'Wait',
  inference: 'Infer',
};

/** A stage of Server-Timing in words; an unknown one as it is. */
export function describeStage(name: string): string {
  return words[name] ?? name;
}

import parsePrometheusTextFormat, { type MetricFamily } from 'parse-prometheus-text-format';

/** One line of a scrape. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scrape that somebody else's parser takes. */
export class Scrape {
  readonly families: readonly MetricFamily[];
  readonly series: readonly Series[];

  /** @throws where it is not of Prometheus' text format, or has a series twice */
  constructor(text: string) {
    this.families = parsePrometheusTextFormat(text);
    this.series = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(parseLine);
    const keys = this.series.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
    if (new Set(keys).size < keys.length) throw new Error('A series is there twice.');
  }

  /** Of the only series with the name and, among others, these labels; undefined where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.series.filter(
      (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    );
    if (found.length > 1) throw new Error(`There are ${found.length} series ${name} with ${JSON.stringify(labels)}.`);
    return found[0]?.value;
  }

  /** All values that a label has in series whose name matches. */
  labelValues(label: string, name = /^(hornet|nv)_/): ReadonlySet<string> {
    return new Set(
      this.series.flatMap(({ name: of, labels }) => (name.test(of) && labels[label] ? [labels[label]] : [])),
    );
  }
}

function parseLine(line: string): Series {
  const [, name, labels, value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`Not a line of a scrape: ${line}`);
  const pairs = [...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value === '+Inf' ? Infinity : value) };
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples of GET /metrics. */
export function readMetrics(url: string): Promise<readonly MetricSample[]>;

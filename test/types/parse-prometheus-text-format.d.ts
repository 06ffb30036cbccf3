/** Only what tests use of it. */
declare module 'parse-prometheus-text-format' {
  export interface MetricFamily {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly object[];
  }
  /** @throws where a line is not of Prometheus' text format */
  export default function parsePrometheusTextFormat(text: string): MetricFamily[];
}

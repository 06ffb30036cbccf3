import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type HornetProcess, startServer } from '../load/hornet-process.mjs';
import { readMetrics } from '../load/read-metrics.mjs';
import { inferenceService } from './deployments.js';
import { readManifest, readShipped } from './manifests.js';

let server: HornetProcess;
beforeAll(async () => {
  server = await startServer({ args: [`${inferenceService.metadata.name}=digits`] });
});
afterAll(async () => {
  await server?.stop();
});

it('scales by a metric that the server has, under the label that is asked for', async () => {
  const autoscaler = readManifest<{
    kind: string;
    metadata: { name: string };
    spec: { metrics: [{ pods: { metric: { name: string } } }] };
  }>('deploy/kubernetes/gpu/autoscaler.yaml');
  const { rules } = parse(readShipped('deploy/kubernetes/prometheus-adapter-values.yaml')) as {
    rules: { custom: [{ seriesQuery: string; name: { as: string } }] };
  };
  const [{ seriesQuery, name }] = rules.custom;
  const metric = autoscaler.spec.metrics[0].pods.metric.name;
  expect([name.as, seriesQuery.split('{')[0]]).toEqual([metric, metric]);

  const { query } = inferenceService.spec.predictor.autoScaling.metrics[0].external.metric;
  const [, kserveMetric, model] = /^sum\((\w+)\{model="([^"]+)"\}\)$/.exec(query) ?? [];
  expect([kserveMetric, model]).toEqual([metric, inferenceService.metadata.name]);

  const samples = await readMetrics(server.url);
  expect(samples.filter((sample) => sample.name === metric).map(({ labels }) => labels.model)).toEqual([model]);
});

import { SingleBar } from 'cli-progress';
import type { EngineProgress } from '../engine/engine-request.js';

/** Time between two lines where standard error is no terminal, ms. */
const lineEveryMs = 5000;

/** Shows how a build goes on: a bar on a terminal, else a line at each new stage and every few seconds. */
export function buildProgressBar(label: string): { update: (progress: EngineProgress) => void; stop: () => void } {
  return process.stderr.isTTY ? terminalBar(label) : progressLines(label);
}

function terminalBar(label: string): ReturnType<typeof buildProgressBar> {
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${label} {bar} {percentage} % {stage}`,
    clearOnComplete: true,
    hideCursor: true,
  });
  let started = false;
  return {
    update: ({ phase, percent, detail }) => {
      const payload = { stage: detail ?? phase };
      if (started) bar.update(percent, payload);
      else bar.start(100, percent, payload);
      started = true;
    },
    stop: () => bar.stop(),
  };
}

function progressLines(label: string): ReturnType<typeof buildProgressBar> {
  let lastPhase: EngineProgress['phase'] = 'checking';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    update: ({ phase, percent, detail }) => {
      const now = performance.now();
      // Checking and saving take no time worth a line.
      if (phase === 'checking' || phase === 'saving') return;
      if (phase === lastPhase && now - lastAt < lineEveryMs) return;
      lastPhase = phase;
      lastAt = now;
      process.stderr.write(`${label}: ${phase}, ${percent} %${detail === null ? '' : `, ${detail}`}\n`);
    },
    stop: () => {},
  };
}

import type { EngineProgress } from '../engine/engine-request.js';

/** Time between two lines where standard error is no terminal, ms. */
const lineEveryMs = 5000;

/** What shows how one build goes on. */
export interface BuildProgressBar {
  readonly update: (progress: EngineProgress) => void;
  readonly stop: () => void;
}

/** Shows how a build goes on: a bar on a terminal, else a line at each new stage and every few seconds. */
export async function buildProgressBar(label: string): Promise<BuildProgressBar> {
  return process.stderr.isTTY ? await terminalBar(label) : progressLines(label);
}

async function terminalBar(label: string): Promise<BuildProgressBar> {
  const { SingleBar } = await import('cli-progress');
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

function progressLines(label: string): BuildProgressBar {
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

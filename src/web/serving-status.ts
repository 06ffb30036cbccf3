/** What the page reads of an entry of GET /models. */
export interface ServingStatus {
  readonly name: string;
  readonly model: string;
  readonly state: string;
  /** 0 to 100, where that is known. */
  readonly percent: number | null;
  readonly message: string | null;
  readonly memory: 'preload' | 'on-demand';
  readonly backend: string | null;
  readonly devices: readonly { readonly name: string }[];
  readonly error: { readonly message: string; readonly remedy: string } | null;
  readonly replacement: { readonly state: string; readonly percent: number | null } | null;
}

/** How a state looks: something to rely on, to wait for, to wake, or to mend. */
export type Tone = 'ready' | 'busy' | 'idle' | 'failed';

/** A state in words. */
export interface StateWords {
  readonly label: string;
  readonly tone: Tone;
}

const words: Readonly<Record<string, StateWords>> = {
  pending: { label: 'Waiting to load', tone: 'busy' },
  downloading: { label: 'Downloading', tone: 'busy' },
  verifying: { label: 'Checking files', tone: 'busy' },
  building: { label: 'Building engine', tone: 'busy' },
  loading: { label: 'Loading', tone: 'busy' },
  warming: { label: 'Warming up', tone: 'busy' },
  ready: { label: 'Ready', tone: 'ready' },
  failed: { label: 'Failed', tone: 'failed' },
  'no-gpu': { label: 'No GPU', tone: 'failed' },
  unloaded: { label: 'Not loaded', tone: 'idle' },
  draining: { label: 'Shutting down', tone: 'idle' },
};

/** A state in words; one that a newer server has invented as it is. */
export function describeState({ state, memory }: Pick<ServingStatus, 'state' | 'memory'>): StateWords {
  if (state === 'unloaded' && memory === 'on-demand') return { label: 'Asleep', tone: 'idle' };
  return words[state] ?? { label: state, tone: 'idle' };
}

/** Whether it is about to be ready, so that it is better to wait than to ask. */
export function isLoading(status: Pick<ServingStatus, 'state' | 'memory'>): boolean {
  return describeState(status).tone === 'busy';
}

/** What it runs on, in words; empty while that is not known. */
export function describeDevice({ backend, devices }: Pick<ServingStatus, 'backend' | 'devices'>): string {
  if (backend === null) return '';
  const names = [...new Set(devices.map(({ name }) => name))];
  return names.length === 0 ? 'CPU' : names.join(', ');
}

/** Whether it is the sample, which takes drawings of digits. */
export function isDigits({ name, model }: Pick<ServingStatus, 'name' | 'model'>): boolean {
  return name === 'digits' || model === 'digits';
}

/** The servings in an answer of the server; null where that is something else. */
export function readServings(value: unknown): ServingStatus[] | null {
  if (!Array.isArray(value)) return null;
  const isServing = (entry: unknown): boolean =>
    typeof entry === 'object' && entry !== null && 'name' in entry && 'state' in entry;
  return value.every(isServing) ? (value as ServingStatus[]) : null;
}

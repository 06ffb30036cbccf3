import { flavourNames } from '../gpu/judge-library.js';
import type { EngineFingerprint, EngineHardware } from './engine-fingerprint.js';

/** Hardware in words: `NVIDIA L4 (8.9)`, or `compute capability 8.6, 8.9`. */
export function describeHardware(hardware: EngineHardware): string {
  return hardware.kind === 'gpu'
    ? `${hardware.name} (${hardware.computeCapability})`
    : `compute capability ${hardware.computeCapabilities.join(', ')}`;
}

/** How a stored engine differs from the wanted one, in words that complete "stale: "; empty: it does not. */
export function compareFingerprints(stored: EngineFingerprint, wanted: EngineFingerprint): string[] {
  return [...compareHardware(stored, wanted), ...compareRest(stored, wanted)];
}

/**
 * What a stored engine is to who wants another: the same one (or one that also covers more compute capabilities),
 * out of date, or one for other hardware, which a shared volume may hold for another machine.
 */
export function relationOf(stored: EngineFingerprint, wanted: EngineFingerprint): 'fresh' | 'stale' | 'other' {
  const sameKind = compareHardware(stored, wanted).length === 0;
  const same = compareRest(stored, wanted).length === 0;
  if (sameKind) return same ? 'fresh' : 'stale';
  return same && covers(stored, wanted) ? 'fresh' : 'other';
}

function covers(stored: EngineFingerprint, wanted: EngineFingerprint): boolean {
  if (stored.tensorrt.flavour !== wanted.tensorrt.flavour) return false;
  if (stored.hardware.kind !== 'targets' || wanted.hardware.kind !== 'targets') return false;
  const there = new Set(stored.hardware.computeCapabilities);
  return wanted.hardware.computeCapabilities.every((capability) => there.has(capability));
}

/** What makes two engines ones of different machines. */
function compareHardware(stored: EngineFingerprint, wanted: EngineFingerprint): string[] {
  const differences: string[] = [];
  if (stored.tensorrt.flavour !== wanted.tensorrt.flavour) {
    const names = [flavourNames[stored.tensorrt.flavour], flavourNames[wanted.tensorrt.flavour]] as const;
    differences.push(`it is of ${names[0]}, not of ${names[1]}`);
  }
  const hardware = [describeHardware(stored.hardware), describeHardware(wanted.hardware)] as const;
  if (hardware[0] !== hardware[1]) differences.push(`it is for ${hardware[0]}, not for ${hardware[1]}`);
  return differences;
}

function compareRest(stored: EngineFingerprint, wanted: EngineFingerprint): string[] {
  const differences: string[] = [];
  const differ = (what: string, before: unknown, now: unknown): void => {
    if (before !== now)
      differences.push(`${what} ${String(now ?? 'the default')} instead of ${String(before ?? 'the default')}`);
  };
  differ('format of engines', stored.format, wanted.format);
  if (stored.onnx.sha256 !== wanted.onnx.sha256 && stored.precision === wanted.precision) {
    differences.push('the ONNX file has changed');
  }
  differ('dtype', stored.precision, wanted.precision);
  const names = new Set([...Object.keys(stored.onnx.externalData), ...Object.keys(wanted.onnx.externalData)]);
  for (const name of names) {
    if (stored.onnx.externalData[name] !== wanted.onnx.externalData[name]) {
      differences.push(`the external data ${name} has changed`);
    }
  }
  if (stored.tensorrt.flavour === wanted.tensorrt.flavour) {
    differ(`version of ${flavourNames[wanted.tensorrt.flavour]}`, stored.tensorrt.version, wanted.tensorrt.version);
  }
  differ('smallest batch', stored.profile.min, wanted.profile.min);
  differ('usual batch', stored.profile.opt, wanted.profile.opt);
  differ('largest batch', stored.profile.max, wanted.profile.max);
  differ('workspace in bytes', stored.builder.workspaceBytes, wanted.builder.workspaceBytes);
  differ('optimization level', stored.builder.optimizationLevel, wanted.builder.optimizationLevel);
  differ('hardware compatibility', stored.builder.hardwareCompatibility, wanted.builder.hardwareCompatibility);
  differ('version compatibility', stored.builder.versionCompatible, wanted.builder.versionCompatible);
  const { preprocessing: before } = stored;
  const { preprocessing: now } = wanted;
  differ('picture size', `${before.width}x${before.height}`, `${now.width}x${now.height}`);
  differ('order of channels', before.channels, now.channels);
  if (before.values !== now.values) differences.push('the normalisation in preprocessor_config.json has changed');
  return differences;
}

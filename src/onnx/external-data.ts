import { posix } from 'node:path';
import { shortened } from '../errors/describe-value.js';
import { HornetError } from '../errors/hornet-error.js';
import type { ModelProto } from './generated/onnx_pb.js';
import { externalDataLocation } from './tensor-types.js';
import { allTensors } from './walk-graph.js';

/**
 * Names of the files that hold external data, relative to the folder of the ONNX file, each once, in order of
 * appearance. A name comes from the model, so it must not lead out of that folder.
 * @throws ERR_ONNX_INVALID for a name that is absolute, contains `..` or is missing
 */
export function externalDataFiles(model: ModelProto): string[] {
  const files = new Set<string>();
  for (const tensor of allTensors(model)) {
    if (tensor.dataLocation !== externalDataLocation) continue;
    const location = tensor.externalData.find(({ key }) => key === 'location')?.value;
    files.add(checkedLocation(location, tensor.name));
  }
  return [...files];
}

function checkedLocation(location: string | undefined, tensorName: string): string {
  if (location === undefined || location === '') {
    throw new HornetError(
      'ERR_ONNX_INVALID',
      `The tensor "${shortened(tensorName, 80)}" has external data but names no file.`,
    );
  }
  const segments = location.split(/[/\\]/);
  const absolute = segments[0] === '' || /^[A-Za-z]:/.test(location);
  if (absolute || segments.includes('..') || location.includes('\0')) {
    const shown = JSON.stringify(location.slice(0, 200));
    throw new HornetError(
      'ERR_ONNX_INVALID',
      `The tensor "${shortened(tensorName, 80)}" names the external data file ${shown}, expected a file in the folder of the model.`,
    );
  }
  return posix.normalize(location);
}

import { HornetError } from '../errors/hornet-error.js';
import type { ConfigFields } from './config-fields.js';
import { type ProcessorFamily, processorClassByModelType, processorFamilies } from './processor-families.js';

/**
 * The class name in the terms of the table: `XFeatureExtractor` was renamed to `XImageProcessor`, and the `Fast` and
 * `Pil` suffixes only name another implementation of the same class.
 */
function canonicalClassName(name: string): string {
  return name.replace(/(Fast|Pil)$/, '').replace(/FeatureExtractor$/, 'ImageProcessor');
}

/**
 * Which processor class a file asks for: its `image_processor_type`, else its `feature_extractor_type`, else the
 * class that belongs to the `model_type` of config.json.
 * @throws ERR_PROCESSOR_UNSUPPORTED naming the class and the supported ones; ERR_PROCESSOR_INVALID
 */
export function resolveProcessorFamily(fields: ConfigFields, modelType: string | undefined): ProcessorFamily {
  const named = fields.readString('image_processor_type') ?? fields.readString('feature_extractor_type');
  const supported = [...processorFamilies.keys()].join(', ');
  if (named === undefined) {
    const className = processorClassByModelType.get(modelType ?? '');
    const family = className === undefined ? undefined : processorFamilies.get(className);
    if (family !== undefined) return family;
    const type = modelType === undefined ? 'there is no model_type' : `none belongs to the model_type "${modelType}"`;
    throw new HornetError(
      'ERR_PROCESSOR_UNSUPPORTED',
      `${fields.file} has no "image_processor_type", and ${type}. Supported are: ${supported}.`,
    );
  }
  const family = processorFamilies.get(canonicalClassName(named));
  if (family === undefined) {
    throw new HornetError(
      'ERR_PROCESSOR_UNSUPPORTED',
      `The image processor "${named}" in ${fields.file} is not supported. Supported are: ${supported}.`,
    );
  }
  return family;
}

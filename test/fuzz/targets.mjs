import { body } from './targets/body.mjs';
import { config } from './targets/config.mjs';
import { headers } from './targets/headers.mjs';
import { modelConfig } from './targets/model-config.mjs';
import { oip } from './targets/oip.mjs';
import { onnx } from './targets/onnx.mjs';

/** @import { Target } from './target.mjs' */

/** By the names that `scripts/fuzz` takes. @type {Readonly<Record<string, Target>>} */
export const targets = { onnx, oip, body, headers, 'model-config': modelConfig, config };

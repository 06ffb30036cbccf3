import type { RequestHandler } from 'express';
import { HornetError } from '../../errors/hornet-error.js';
import type { Reservation } from '../../serving/admission.js';
import type { ScoredImage, ScoreOptions } from '../../serving/model-instance.js';
import type { ServedServing } from '../served.js';
import { withAdmittedBody } from '../with-admitted-body.js';
import { inferAnswer } from './infer-answer.js';
import { signatureOf } from './loaded-signature.js';
import { modelInPath } from './model-in-path.js';
import { announcedHeaderLength, maxJsonParts, parseInferBody } from './parse-infer-body.js';
import { type InferSubject, readInputs } from './read-inputs.js';
import { requestedOutput } from './requested-output.js';
import { sendInferAnswer } from './send-infer-answer.js';
import type { V2Options } from './v2-options.js';

/**
 * POST /v2/models/NAME/infer: scores for a tensor or for encoded pictures, in JSON or binary. Whatever can be refused is
 * refused before the body is read.
 * @see https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 */
export function inferRoute(options: V2Options): RequestHandler {
  const { servings, maxImages } = options;
  return (request, response) => {
    const serving = modelInPath(servings, request);
    const headerLength = announcedHeaderLength(request);
    return withAdmittedBody(serving, request, response, options, async ({ body, reservation, deadline }) => {
      const signature = signatureOf(serving);
      const parsed = parseInferBody(body, headerLength, maxJsonParts(signature, maxImages));
      const { id, parameters } = parsed.request;
      if (parameters?.timeout) deadline.shorten(parameters.timeout / 1000);
      const output = requestedOutput(parsed.request, signature);
      const subject = readInputs(parsed, { signature, maxImages });
      reservation.setImages(subject.images);
      if (subject.extraBytes > 0) reservation.setBytes(body.length + subject.extraBytes);
      const { function_to_apply: functionToApply } = parameters ?? {};
      const scored = await score(
        serving,
        subject,
        { signal: deadline.signal, ...(functionToApply ? { functionToApply } : {}) },
        reservation,
      );
      const scores = scored.map((image) => image.scores);
      await sendInferAnswer(
        request,
        response,
        inferAnswer({ model: serving.name, id: id ?? undefined, signature, output, scores }),
      );
    });
  };
}

async function score(
  serving: ServedServing,
  subject: InferSubject,
  options: ScoreOptions,
  reservation: Reservation,
): Promise<ScoredImage[]> {
  if (subject.kind === 'tensor') return serving.scoreTensor(subject.tensor, options, reservation);
  try {
    return await serving.scoreMany(subject.pictures, options, reservation);
  } catch (error) {
    throw namingElement(error, subject.name);
  }
}

/** The error of one picture says which one of the request it is. */
function namingElement(error: unknown, input: string): unknown {
  if (!(error instanceof HornetError) || typeof error.details?.index !== 'number') return error;
  const message = `Input "${input}", element ${error.details.index}: ${error.message}`;
  return error.with({ message, details: { input } });
}

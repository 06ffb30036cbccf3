/** The targets and their inputs, as paths. */
export const corpora: readonly (readonly [target: string, paths: readonly string[]])[];

/**
 * Executes an input: settled when all that must hold did.
 * @param folder empty, for the target to write into
 */
export function replay(target: string, path: string, folder: string): Promise<string>;

/** Folders below build/stand-ins/lib with a stand-in of TensorRT. */
export type StandInFlavour = 'rtx' | '10' | '11';

/** What tests that run engines need besides the stand-in of the driver, relative to the folder of the stand-ins. */
export const standInFiles: readonly string[];

/** Variables that point Hornet to the stand-ins of the driver and of one TensorRT. */
export function standInEnvironment(flavour?: StandInFlavour): Record<string, string>;

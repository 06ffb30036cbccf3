/**
 * Makes a model with random weights in a folder and returns the folder. mobile: 1.3 MB, a few ms an image; resnet-50:
 * 102 MB, so many ms an image that all else is cheap beside it.
 */
export function makeModel(folder: string, kind: 'mobile' | 'resnet-50'): string;

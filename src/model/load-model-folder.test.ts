import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isMet } from '../../test/skips/note-skip.js';
import {
  modelBytes,
  type TestClassifierOptions,
  testClassifier,
  testExternalTensor,
} from '../onnx/build-test-model.test-support.js';
import { gpuDtypeOrder } from './choose-onnx-file.js';
import { findOnnxFile } from './find-onnx-file.js';
import { loadModelFolder } from './load-model-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-load-model-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: unknown): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content instanceof Uint8Array ? content : JSON.stringify(content));
}

const putOnnx = (name: string, options: TestClassifierOptions = {}) => put(name, modelBytes(testClassifier(options)));
const processor = { image_processor_type: 'ViTImageProcessor', size: 8 };
const config = { model_type: 'vit', id2label: { 0: 'red', 1: 'green', 2: 'blue' } };

interface Parts {
  readonly config?: unknown;
  readonly processor?: unknown;
  readonly graph?: TestClassifierOptions;
}

async function putModel(parts: Parts = {}): Promise<void> {
  await put('config.json', parts.config ?? config);
  await put('preprocessor_config.json', parts.processor ?? processor);
  await putOnnx('onnx/model.onnx', parts.graph);
}

const failsWith = (code: string, message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  });

describe('loadModelFolder', () => {
  it('reads a folder laid out like a Hub repository', async () => {
    await putModel();
    const model = await loadModelFolder(folder);
    expect(model).toMatchObject({
      folder,
      onnxPath: join(folder, 'onnx/model.onnx'),
      dtype: 'fp32',
      graph: { input: { name: 'pixels' } },
      processor: { className: 'ViTImageProcessor' },
      imageSize: { width: 8, height: 8 },
      labels: ['red', 'green', 'blue'],
      functionToApply: 'softmax',
    });
  });

  it('takes a relative path and links to the files, as the Hub cache has them', async () => {
    await putModel();
    await mkdir(join(folder, 'snapshot/onnx'), { recursive: true });
    for (const name of ['config.json', 'preprocessor_config.json', 'onnx/model.onnx']) {
      await symlink(join(folder, name), join(folder, 'snapshot', name));
    }
    const path = relative(process.cwd(), join(folder, 'snapshot'));
    expect((await loadModelFolder(path)).folder).toBe(join(folder, 'snapshot'));
  });

  it('writes nothing to the folder', async () => {
    await putModel();
    const before = await readdir(folder, { recursive: true });
    await loadModelFolder(folder);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  it('reads a processor that is nested in processor_config.json', async () => {
    await putModel();
    await rm(join(folder, 'preprocessor_config.json'));
    await put('processor_config.json', { processor_class: 'X', image_processor: processor });
    expect((await loadModelFolder(folder)).imageSize).toEqual({ width: 8, height: 8 });
  });

  it('reads JSON that begins with a byte order mark', async () => {
    await putModel();
    await put('config.json', Buffer.from(`\uFEFF${JSON.stringify(config)}`));
    expect((await loadModelFolder(folder)).labels).toHaveLength(3);
  });

  describe('function to apply', () => {
    it.each<[string, Parts, string]>([
      ['none where the graph ends in a softmax', { graph: { activation: 'Softmax' } }, 'none'],
      [
        'none where the graph ends in a sigmoid, whatever the problem type',
        { graph: { activation: 'Sigmoid' }, config: { ...config, problem_type: 'single_label_classification' } },
        'none',
      ],
      ['softmax where it ends in a log softmax', { graph: { activation: 'LogSoftmax' } }, 'softmax'],
      [
        'sigmoid for several labels at once',
        { config: { ...config, problem_type: 'multi_label_classification' } },
        'sigmoid',
      ],
      ['none for a regression', { config: { ...config, problem_type: 'regression' } }, 'none'],
    ])('is %s', async (_, parts, functionToApply) => {
      await putModel(parts);
      expect((await loadModelFolder(folder)).functionToApply).toBe(functionToApply);
    });

    it('can be overridden', async () => {
      await putModel({ graph: { activation: 'Softmax' } });
      expect((await loadModelFolder(folder, { functionToApply: 'sigmoid' })).functionToApply).toBe('sigmoid');
    });
  });

  describe('labels', () => {
    it('are LABEL_n for the classes of the graph where config.json has none', async () => {
      await putModel({ config: { model_type: 'vit' } });
      expect((await loadModelFolder(folder)).labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    });

    it('count the classes where the graph does not', async () => {
      await putModel({ graph: { outputShape: ['batch', 'classes'] } });
      expect((await loadModelFolder(folder)).labels).toHaveLength(3);
    });

    it('must be as many as the classes of the graph', async () => {
      await putModel({ config: { id2label: { 0: 'a', 1: 'b' } }, processor });
      await expect(loadModelFolder(folder)).rejects.toEqual(
        failsWith('ERR_MODEL_NOT_CLASSIFIER', /has 2 labels, but .* "logits" has 3 classes/),
      );
    });

    it('must be counted by one of the two', async () => {
      await putModel({ config: { model_type: 'vit' }, graph: { outputShape: ['batch', null] } });
      await expect(loadModelFolder(folder)).rejects.toEqual(
        failsWith('ERR_MODEL_NOT_CLASSIFIER', 'tells the number of classes'),
      );
    });
  });

  describe('picture size', () => {
    it("is the processor's where the graph's is dynamic", async () => {
      const crop = { image_processor_type: 'CLIPImageProcessor', size: 40, crop_size: { height: 30, width: 32 } };
      await putModel({ processor: crop, graph: { inputShape: ['batch', 3, 'height', 'width'] } });
      expect((await loadModelFolder(folder)).imageSize).toEqual({ width: 32, height: 30 });
    });

    it('must agree with that of the graph', async () => {
      await putModel({ processor: { ...processor, size: { height: 8, width: 9 } } });
      await expect(loadModelFolder(folder)).rejects.toEqual(
        failsWith('ERR_MODEL_NOT_CLASSIFIER', /pictures of 9 x 8 px .* takes 8 x 8 px/),
      );
    });

    it('must agree where the graph fixes only one edge', async () => {
      await putModel({ graph: { inputShape: ['batch', 3, 16, 'width'] } });
      await expect(loadModelFolder(folder)).rejects.toEqual(failsWith('ERR_MODEL_NOT_CLASSIFIER', 'any x 16 px'));
    });

    it('must be the same for all pictures', async () => {
      const uncropped = { ...processor, size: { shortest_edge: 8 } };
      await putModel({ processor: uncropped, graph: { inputShape: ['batch', 3, 'height', 'width'] } });
      await expect(loadModelFolder(folder)).rejects.toEqual(
        failsWith('ERR_MODEL_NOT_CLASSIFIER', 'pictures of different sizes'),
      );
    });
  });

  describe('missing and broken files', () => {
    it('names a folder that does not exist', async () => {
      const path = join(folder, 'absent');
      await expect(loadModelFolder(path)).rejects.toEqual(failsWith('ERR_MODEL_NOT_FOUND', path));
    });

    it('says that a file is no folder', async () => {
      await put('file', {});
      await expect(loadModelFolder(join(folder, 'file'))).rejects.toEqual(
        failsWith('ERR_MODEL_NOT_FOUND', 'is a file'),
      );
    });

    it.each(['config.json', 'preprocessor_config.json'])('names %s', async (name) => {
      await putModel();
      await rm(join(folder, name));
      await expect(loadModelFolder(folder)).rejects.toEqual(failsWith('ERR_MODEL_FILE_MISSING', name));
    });

    it('says that there is no ONNX file', async () => {
      await putModel();
      await rm(join(folder, 'onnx'), { recursive: true });
      await expect(loadModelFolder(folder)).rejects.toEqual(
        failsWith('ERR_MODEL_FILE_MISSING', 'and no other ONNX file'),
      );
    });

    it('names external data that is not beside the ONNX file', async () => {
      await putModel({ graph: { initializer: [testExternalTensor('w', [1], 'model.onnx_data')] } });
      await expect(loadModelFolder(folder)).rejects.toEqual(failsWith('ERR_MODEL_FILE_MISSING', 'model.onnx_data'));
      await put('onnx/model.onnx_data', new Uint8Array(4));
      expect((await loadModelFolder(folder)).graph.externalData).toEqual(['model.onnx_data']);
    });

    it.each([
      ['config.json', 'ERR_MODEL_CONFIG_INVALID'],
      ['preprocessor_config.json', 'ERR_PROCESSOR_INVALID'],
      ['processor_config.json', 'ERR_PROCESSOR_INVALID'],
      ['onnx/model.onnx', 'ERR_ONNX_INVALID'],
    ])('says that %s cannot be read', async (name, code) => {
      await putModel();
      await put(name, Buffer.from('{"half": '));
      await expect(loadModelFolder(folder)).rejects.toEqual(failsWith(code, name.replace('onnx/', '')));
    });
  });

  it('refuses to normalize for a graph that takes the bytes of the pixels', async () => {
    await putModel();
    const model = testClassifier({ type: 'uint8' });
    const [output] = testClassifier().graph?.output ?? [];
    if (output !== undefined) model.graph?.output.splice(0, 1, output);
    await put('onnx/model.onnx', modelBytes(model));
    await expect(loadModelFolder(folder)).rejects.toEqual(failsWith('ERR_MODEL_NOT_CLASSIFIER', 'takes uint8'));
    await put('preprocessor_config.json', { ...processor, do_rescale: false, do_normalize: false });
    expect((await loadModelFolder(folder)).graph.input.format.dtype).toBe('uint8');
  });

  const squeezenet = resolve('../shared/models/squeezenet-imagenet');
  const hasModel = isMet(existsSync(squeezenet), 'loading SqueezeNet', '../shared is not beside this checkout');
  it.runIf(hasModel)('reads the real squeezenet', async () => {
    const model = await loadModelFolder(squeezenet);
    expect(model).toMatchObject({
      dtype: 'fp16',
      graph: { input: { batch: 1, format: { dtype: 'float16' } } },
      processor: { className: 'MobileViTImageProcessor', flipChannels: true },
      imageSize: { width: 224, height: 224 },
      functionToApply: 'none',
    });
    expect(model.labels).toHaveLength(1000);
    expect(model.labels[0]).toBe('tench, Tinca tinca');
  });
});

describe('findOnnxFile', () => {
  const found = async (...args: Parameters<typeof findOnnxFile> extends [string, ...infer Rest] ? Rest : never) => {
    const { path, dtype } = await findOnnxFile(folder, ...args);
    return [relative(folder, path), dtype];
  };

  it.each([
    ['fp32', 'model.onnx'],
    ['fp16', 'model_fp16.onnx'],
    ['int8', 'model_int8.onnx'],
    ['uint8', 'model_uint8.onnx'],
    ['quantized', 'model_quantized.onnx'],
    ['q4', 'model_q4.onnx'],
    ['q4f16', 'model_q4f16.onnx'],
    ['bnb4', 'model_bnb4.onnx'],
  ] as const)('finds %s as onnx/%s, and at the root', async (dtype, name) => {
    await put(`onnx/${name}`, {});
    expect(await found(dtype)).toEqual([`onnx/${name}`, dtype]);
    await rm(join(folder, 'onnx'), { recursive: true });
    await put(name, {});
    expect(await found(dtype)).toEqual([name, dtype]);
  });

  it('prefers the onnx folder to the root', async () => {
    await put('model.onnx', {});
    await put('onnx/model.onnx', {});
    expect(await found()).toEqual(['onnx/model.onnx', 'fp32']);
  });

  it('takes, for auto, the first that exists in the order of preference', async () => {
    await put('onnx/model_q4.onnx', {});
    await put('onnx/model_quantized.onnx', {});
    expect(await found('auto')).toEqual(['onnx/model_quantized.onnx', 'quantized']);
    await put('onnx/model_fp16.onnx', {});
    await put('onnx/model.onnx', {});
    expect(await found('auto')).toEqual(['onnx/model.onnx', 'fp32']);
    expect(await found('auto', gpuDtypeOrder)).toEqual(['onnx/model_fp16.onnx', 'fp16']);
  });

  it('lists the dtypes that exist where the one asked for does not', async () => {
    await put('onnx/model.onnx', {});
    await put('onnx/model_q4.onnx', {});
    await expect(found('fp16')).rejects.toEqual(failsWith('ERR_MODEL_DTYPE_NOT_FOUND', 'dtype fp16; it has: fp32, q4'));
  });

  it('lists ONNX files of other names, of which it takes none', async () => {
    await put('resnet50.onnx', {});
    await put('onnx/decoder.onnx', {});
    await expect(found()).rejects.toEqual(failsWith('ERR_MODEL_FILE_MISSING', 'onnx/decoder.onnx, resnet50.onnx'));
  });
});

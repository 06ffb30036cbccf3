import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { cpuDtypeOrder, gpuDtypeOrder } from '../model/choose-onnx-file.js';
import { selectModelFiles } from './select-model-files.js';

const configs = ['config.json', 'preprocessor_config.json'];
const select = (paths: readonly string[], dtype: Parameters<typeof selectModelFiles>[2] = 'auto') =>
  selectModelFiles('org/name', paths, dtype, cpuDtypeOrder);

function refusalOf(paths: readonly string[], dtype?: Parameters<typeof selectModelFiles>[2]): HornetError {
  try {
    select(paths, dtype);
  } catch (error) {
    if (error instanceof HornetError) return error;
  }
  throw new Error('nothing was refused');
}

describe('what a classifier needs', () => {
  it('is the configs and one ONNX file, and nothing else', () => {
    const others = ['README.md', '.gitattributes', 'model.safetensors', 'onnx/model_q4.onnx', 'tokenizer.json'];
    expect(select([...others, ...configs, 'onnx/model.onnx', 'onnx/model_fp16.onnx'])).toEqual({
      dtype: 'fp32',
      onnx: 'onnx/model.onnx',
      paths: [...configs, 'onnx/model.onnx'],
    });
  });

  it('has the ONNX file that was asked for, else the first in the order of preference', () => {
    const paths = [...configs, 'onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_int8.onnx'];
    expect(select(paths, 'int8').onnx).toBe('onnx/model_int8.onnx');
    expect(selectModelFiles('org/name', paths, 'auto', gpuDtypeOrder).dtype).toBe('fp16');
  });

  it('finds the ONNX file at the root too', () => {
    expect(select([...configs, 'model.onnx']).paths).toContain('model.onnx');
  });

  it('includes external data by the names that exporters give, of the chosen file only', () => {
    const data = ['onnx/model.onnx_data', 'onnx/model.onnx_data_1', 'onnx/model.onnx.data'];
    const paths = [...configs, 'onnx/model.onnx', ...data, 'onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data'];
    expect(select(paths).paths).toEqual([...configs, 'onnx/model.onnx', ...data]);
    expect(select(paths, 'fp16').paths).toEqual([...configs, 'onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data']);
  });

  it('takes the processor config of either generation, or both', () => {
    const model = ['config.json', 'onnx/model.onnx'];
    for (const own of [['preprocessor_config.json'], ['processor_config.json']]) {
      expect(select([...model, ...own]).paths).toEqual(['config.json', ...own, 'onnx/model.onnx']);
    }
    expect(select([...model, 'processor_config.json', 'preprocessor_config.json']).paths).toHaveLength(4);
  });
});

describe('a repository that cannot be served', () => {
  it('is refused with the dtypes that it has', () => {
    const error = refusalOf([...configs, 'onnx/model.onnx', 'onnx/model_q4.onnx'], 'fp16');
    expect(error).toMatchObject({ code: 'ERR_MODEL_DTYPE_NOT_FOUND', details: { existing: ['fp32', 'q4'] } });
  });

  it('is refused for having no ONNX file, with what it has and conversions to try', () => {
    const error = refusalOf([...configs, 'model.safetensors']);
    expect(error).toMatchObject({ code: 'ERR_HUB_NO_ONNX' });
    expect(error.message).toContain('model.safetensors');
    expect(error.remedy).toContain('Xenova/name');
    expect(error.remedy).toContain('onnx-community/name-ONNX');
  });

  it('is refused naming ONNX files of other names, and when it is empty', () => {
    expect(refusalOf([...configs, 'encoder.onnx'])).toMatchObject({
      code: 'ERR_HUB_NO_ONNX',
      message: expect.stringContaining('(encoder.onnx)'),
    });
    expect(refusalOf([]).message).toContain('no files at all');
  });

  it('is refused naming the configs that it lacks', () => {
    expect(refusalOf(['onnx/model.onnx'])).toMatchObject({
      code: 'ERR_HUB_FILE_NOT_FOUND',
      details: { missing: configs },
    });
    expect(refusalOf(['onnx/model.onnx', 'config.json']).message).toContain('no preprocessor_config.json');
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { binaryInference, scoresIn } from '../../src/http/v2/infer-request.test-support.js';
import { decodeImage } from '../../src/image/decode-image.js';
import { planPreprocessing } from '../../src/image/preprocess-plan.js';
import { preprocessReference } from '../../src/image/preprocess-reference.js';
import { loadModelFolder } from '../../src/model/load-model-folder.js';
import { packageRoot } from '../../src/package-info.js';
import { sampleModelFolder } from '../../src/serving/locate-model.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { startHornet } from './run-hornet.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-gpu-v2-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describeWithStandIns('the Open Inference Protocol on the stand-ins of the driver and TensorRT', standInFiles, () => {
  it('takes pixels as the engine does, and gives the scores that /classify gives', async () => {
    const report = join(home, 'stand-in.json');
    const environment = { ...standInEnvironment('rtx'), HORNET_HOME: home, STANDIN_REPORT: report };
    const server = await startHornet(['--backend', 'tensorrt', '--loading-wait-ms', '60000', 'digits'], environment);
    const model = `${server.url}/v2/models/digits`;
    expect(await (await fetch(model)).json()).toMatchObject({
      platform: 'tensorrt_plan',
      inputs: [
        { name: 'pixel_values', datatype: 'UINT8', shape: [-1, 28, 28, 3] },
        { name: 'image', datatype: 'BYTES', shape: [-1] },
      ],
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 10] }],
    });
    expect(await (await fetch(`${model}/config`)).json()).toMatchObject({
      backend: 'tensorrt',
      instance_group: [{ kind: 'KIND_GPU', gpus: [0] }],
    });
    const picture = readFileSync(join(packageRoot, 'test/pictures/digit-7.jpg'));
    const { processor } = await loadModelFolder(sampleModelFolder);
    const image = await decodeImage(picture);
    const pixels = new Uint8Array(28 * 28 * 3);
    preprocessReference(image.data, planPreprocessing(processor, image, { dtype: 'uint8', layout: 'NHWC' }), pixels);
    const input = {
      name: 'pixel_values',
      datatype: 'UINT8',
      shape: [1, 28, 28, 3],
      parameters: { binary_data_size: pixels.length },
    };
    const { body, headers } = binaryInference({ inputs: [input] }, pixels);
    const scores = await scoresIn(await fetch(`${model}/infer`, { method: 'POST', body, headers }));
    const classify = `${server.url}/classify?top_k=10&function_to_apply=none`;
    const labels = (await (await fetch(classify, { method: 'POST', body: picture })).json()) as {
      label: string;
      score: number;
    }[];
    expect(labels).toHaveLength(10);
    for (const { label, score } of labels) expect(scores[Number(label)]).toBeCloseTo(score, 4);
    expect(await server.stop()).toBe(0);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ violations: [], leaks: [] });
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { otherVariables } from '../../src/config/other-variables.js';
import { settings } from '../../src/config/settings.js';
import { routeScopes } from '../../src/http/security/route-scopes.js';
import { packageRoot } from '../../src/package-info.js';
import { inherited, isIgnored, pairsOf, parseDockerfile, textsOf } from './parse-dockerfile.js';

const read = (name: string): string => readFileSync(join(packageRoot, name), 'utf8');
const dockerfile = parseDockerfile(read('Dockerfile'));
const dockerignore = read('.dockerignore');
const manifest = JSON.parse(read('package.json')) as { version: string; license: string; bin: { hornet: string } };
const stageNames = dockerfile.stages.map(({ name }) => name);
const everything = dockerfile.stages.flatMap(({ instructions }) => instructions);

/** How the Dockerfile writes the value of an argument. */
const argument = (name: string): string => `\${${name}}`;

describe('the Dockerfile', () => {
  it('has the targets, the last of which is the default', () => {
    expect(stageNames).toEqual(expect.arrayContaining(['cpu', 'rtx', 'gpu']));
    expect(stageNames.at(-1)).toBe('gpu');
  });

  it('is made from a long-term Node on Debian, which can be replaced', () => {
    const image = dockerfile.globalArguments.get('NODE_IMAGE') ?? '';
    const [, major] = /^node:(\d+)-bookworm-slim$/.exec(image) ?? [];
    expect(Number(major) % 2, image).toBe(0);
    for (const { from } of dockerfile.stages) expect([argument('NODE_IMAGE'), ...stageNames]).toContain(from);
  });

  it('installs what the lockfile says, runs no install script of a package, and insists on the addon', () => {
    const installs = textsOf(everything, 'RUN').filter((text) => /npm (ci|install)/.test(text));
    expect(installs.length).toBeGreaterThan(0);
    for (const text of installs) expect(text).toMatch(/npm ci (--omit=dev )?--ignore-scripts/);
    const addons = textsOf(everything, 'RUN').filter((text) => text.includes('npm run install'));
    expect(addons).toHaveLength(2);
    for (const text of addons) expect(text).toMatch(/HORNET_REQUIRE_NATIVE=1 npm run install/);
  });

  it('leaves no lists of packages and no secret in a layer', () => {
    for (const text of textsOf(everything, 'RUN').filter((one) => one.includes('apt-get'))) {
      expect(text).toMatch(/rm -rf .*\/var\/lib\/apt\/lists\/\*/);
      expect(text).toContain('--no-install-recommends');
    }
    for (const { name, text, flags } of everything) {
      if (name === 'ARG' || name === 'ENV') expect(text).not.toMatch(/TOKEN|SECRET|PASSWORD/i);
      if (text.includes('bake-model "')) {
        expect(flags).toEqual(['--mount=type=secret,id=hf_token']);
        expect(text).toMatch(/^HF_TOKEN_PATH=\/run\/secrets\/hf_token\s+scripts\/bake-model/);
      }
    }
  });

  it('copies only what exists and the context has', () => {
    const copied = everything
      .filter(({ name, flags }) => name === 'COPY' && flags.length === 0)
      .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
    expect(copied.length).toBeGreaterThan(10);
    for (const path of copied) {
      const files = path.endsWith('*') ? globbed(path) : [path];
      expect(files, path).not.toHaveLength(0);
      for (const file of files) {
        expect(existsSync(join(packageRoot, file)), file).toBe(true);
        expect(isIgnored(dockerignore, file), file).toBe(false);
      }
    }
  });

  it('takes from earlier stages only', () => {
    dockerfile.stages.forEach(({ instructions }, index) => {
      for (const { flags } of instructions) {
        for (const flag of flags.filter((one) => one.startsWith('--from='))) {
          expect(stageNames.slice(0, index)).toContain(flag.slice('--from='.length));
        }
      }
    });
  });

  it('takes the wheel of TensorRT-RTX that the script takes', () => {
    const given = textsOf(everything, 'ARG').filter((text) => text.startsWith('TENSORRT_RTX'));
    const script = read('scripts/fetch-tensorrt-libraries');
    expect(given).toHaveLength(2);
    for (const text of given) expect(script).toContain(`\${${text.replace('=', ':-')}}`);
  });
});

describe.each(['cpu', 'rtx', 'gpu'])('the target "%s"', (target) => {
  const instructions = inherited(dockerfile, target);
  const env = pairsOf(instructions, 'ENV');
  const last = (name: string): string | undefined => textsOf(instructions, name).at(-1);

  it('sets variables that Hornet knows, to values that it takes', () => {
    const known = [
      ...Object.values(settings).map((setting) => setting.env),
      ...Object.keys(otherVariables),
      ...['NODE_ENV', 'NPM_CONFIG_UPDATE_NOTIFIER', 'NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES'],
    ];
    for (const name of env.keys()) expect(known).toContain(name);
    for (const [model, values] of [
      ['', { offline: false }],
      ['pets=Xenova/resnet-50?dtype=fp16,digits', { offline: true }],
    ] as const) {
      const config = loadConfig({ env: substituted(env, model), folder: null });
      expect(config.warnings).toEqual([]);
      expect(config.settings).toMatchObject({
        host: '::',
        port: 3000,
        home: '/data/cache',
        baked: '/opt/hornet',
        ...values,
      });
      expect(config.servings.map(({ reference }) => reference.name)).toEqual(
        model === '' ? ['digits'] : ['pets', 'digits'],
      );
    }
  });

  it('runs as the user hornet, by number, with a volume that is its own and hides nothing that the image carries', () => {
    expect(last('USER')).toBe('10001:10001');
    expect(last('VOLUME')).toBe('/data');
    expect(instructions.findLastIndex(({ name }) => name === 'RUN')).toBeLessThan(
      instructions.findLastIndex(({ name }) => name === 'USER'),
    );
    const commands = textsOf(instructions, 'RUN').join('\n');
    expect(commands).toMatch(/useradd --uid 10001 .*hornet/);
    expect(commands).toMatch(/--owner hornet --group hornet \/data \/data\/cache/);
    expect(env.get('HORNET_HOME')).toMatch(/^\/data\//);
    expect(env.get('HORNET_BAKED')).not.toMatch(/^\/data/);
  });

  it('starts the server under tini, in the folder of the package, and asks it how it is', () => {
    expect(JSON.parse(last('ENTRYPOINT') ?? '')).toEqual([
      '/usr/bin/tini',
      '--',
      'node',
      `/app/${manifest.bin.hornet}`,
    ]);
    expect(JSON.parse(last('CMD') ?? '')).toEqual(['serve']);
    expect(last('WORKDIR')).toBe('/app');
    expect(last('EXPOSE')).toBe(env.get('PORT'));
    expect(last('STOPSIGNAL')).toBe('SIGTERM');
    const [, path = ''] = /localhost:\$\{process\.env\.PORT\}(\/[\w/]+)`/.exec(last('HEALTHCHECK') ?? '') ?? [];
    expect(routeScopes[path]).toEqual({ GET: 'open' });
  });

  it('keeps what "npm run" needs', () => {
    const copied = textsOf(instructions, 'COPY').flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(copied).toEqual(expect.arrayContaining(['package.json', '/app/node_modules', '/app/dist', 'models']));
    expect(copied.some((path) => path.endsWith('hornet.node'))).toBe(true);
    expect(textsOf(instructions, 'RUN').join()).toContain(`ln -s /app/${manifest.bin.hornet} /usr/local/bin/hornet`);
  });

  it('says what it is', () => {
    const prefix = 'org.opencontainers.image.';
    const labels = pairsOf(instructions, 'LABEL');
    const defaults = pairsOf(instructions, 'ARG');
    expect(labels.get(`${prefix}licenses`)).toBe(manifest.license);
    expect(labels.get(`${prefix}version`)).toBe(argument('VERSION'));
    expect(defaults.get('VERSION')).toBe(manifest.version);
    for (const name of ['title', 'description', 'revision', 'base.name']) expect(labels.has(prefix + name)).toBe(true);
  });
});

describe('the context of a build', () => {
  it.each([
    '.git/config',
    '.env',
    '.npmrc.local',
    'build/Release/hornet.node',
    'build/tensorrt-libraries/rtx/LICENSE',
    'dist/index.js',
    'docs/evidence/image.md',
    'hornet.config.json',
    'hornet-0.1.0.tgz',
    'hf_token',
    'node_modules/express/package.json',
    'src/http/create-app.test.ts',
    'test/e2e/cli.test.ts',
    'tokens.txt',
  ])('is without %s', (file) => {
    expect(isIgnored(dockerignore, file)).toBe(true);
  });

  it('has every file that the compilers need', () => {
    for (const file of ['src/index.ts', 'src/cli/main.ts', 'native/addon/init.cpp', 'cmake/HornetTensorRt.cmake']) {
      expect(existsSync(join(packageRoot, file)), file).toBe(true);
      expect(isIgnored(dockerignore, file), file).toBe(false);
    }
  });
});

/** Files that a path with a "*" in its last part stands for. */
function globbed(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const start = path.slice(folder.length + 1, -1);
  return readdirSync(join(packageRoot, folder))
    .filter((name) => name.startsWith(start))
    .map((name) => `${folder}/${name}`);
}

/** ENV as it is in an image that was built with a model, or with none. */
function substituted(env: ReadonlyMap<string, string>, model: string): Record<string, string> {
  return Object.fromEntries(
    [...env].map(([name, value]) => [
      name,
      value.replace(argument('MODEL:+1'), model === '' ? '' : '1').replace(argument('MODEL'), () => model),
    ]),
  );
}

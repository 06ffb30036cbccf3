import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../src/package-info.js';
import { hornetEntry } from '../e2e/run-hornet.js';
import { type HubServer, readFolder, startHubServer } from '../hub-server/index.mjs';
import { freePort } from '../load/free-port.mjs';
import { makeModel } from '../load/make-model.mjs';
import { standInEnvironment } from '../stand-ins/stand-in-environment.mjs';
import type { CommandBlock } from './read-commands.js';
import { RunningBlock } from './running-block.js';

/** The address that the documents show. */
const documentedAddress = '127.0.0.1:3000';

/**
 * What the reader of one document sits at: a folder that looks like a checkout, an empty volume, a Hub that has
 * Xenova/resnet-50, and a few files of his own: the folders my-model and holiday-photos, cat.jpg, dog.jpg. All that
 * differs from the document comes by the environment: the volume, the port, and where curl finds that.
 */
export class DocumentedMachine {
  readonly #folder: string;
  readonly #hub: HubServer;
  readonly #environment: Record<string, string>;
  #server: RunningBlock | undefined;

  private constructor(folder: string, hub: HubServer, environment: Record<string, string>) {
    this.#folder = folder;
    this.#hub = hub;
    this.#environment = environment;
  }

  static async create(): Promise<DocumentedMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'hornet-docs-'));
    const checkout = join(folder, 'hornet');
    const bin = join(folder, 'bin');
    await Promise.all([mkdir(join(checkout, 'holiday-photos'), { recursive: true }), mkdir(bin)]);
    const own = (await readdir(packageRoot)).filter((name) => name !== '.git' && !name.endsWith('.tgz'));
    await Promise.all(own.map((name) => symlink(join(packageRoot, name), join(checkout, name))));
    await symlink(hornetEntry, join(bin, 'hornet'));
    const scene = join(packageRoot, 'test/pictures/scene-640x480.jpg');
    const pictures = ['cat.jpg', 'dog.jpg', 'holiday-photos/beach.jpg'];
    await Promise.all(pictures.map((name) => copyFile(scene, join(checkout, name))));
    const files = await readFolder(makeModel(join(checkout, 'my-model'), 'mobile'));
    const hub = await startHubServer({ repositories: [{ id: 'Xenova/resnet-50', files }] });
    const port = await freePort();
    // What the server refuses is a failure here: the documents show requests that it answers.
    const curl = [`connect-to = "${documentedAddress}:127.0.0.1:${port}"`, 'fail', 'silent', 'show-error'];
    await writeFile(join(folder, '.curlrc'), `${curl.join('\n')}\n`);
    return new DocumentedMachine(folder, hub, {
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      HOME: folder,
      CURL_HOME: folder,
      PORT: String(port),
      HORNET_HOME: join(folder, 'volume'),
      HF_ENDPOINT: hub.url,
      // As long as a busy machine needs to load a model.
      HORNET_LOADING_WAIT_MS: '30000',
    });
  }

  /** Runs a block as its mark says. @throws Error with all that was printed, where it does not do what the document says */
  async run(block: CommandBlock): Promise<void> {
    if (block.mark.isServer) await this.stopServer();
    const running = new RunningBlock(block, join(this.#folder, 'hornet'), {
      ...this.#environment,
      ...(block.mark.onStandIn ? standInEnvironment() : {}),
    });
    if (block.mark.isServer) {
      this.#server = running;
      await running.listens();
    } else await running.ends();
  }

  /** Ends the server that runs, as an operator would. @throws Error where it does not end with exit code 0 */
  async stopServer(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop().finally(() => server.kill());
  }

  async remove(): Promise<void> {
    this.#server?.kill();
    await this.#hub.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

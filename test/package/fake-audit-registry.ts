import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An advisory as a registry tells of it. */
export interface Advisory {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
}

/** What it answers when it is asked for advisories: those of some packages, or a status. */
export type AuditAnswer = Readonly<Record<string, readonly Advisory[]>> | number;

/** A registry on loopback that knows of advisories alone. */
export class FakeAuditRegistry {
  answer: AuditAnswer = {};
  readonly #server = createServer((request, response) => this.#respond(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #respond(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const isAudit = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
    const status = isAudit && typeof this.answer === 'object' ? 200 : isAudit ? Number(this.answer) : 404;
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? this.answer : { error: 'not here' }));
  }
}

import type { Express } from 'express';

/** What is read of Express's router, which does not publish it. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Every method and route of an app, such as `get /models/:name`; HEAD belongs to GET. */
export function routesOf(app: Express): string[] {
  return routesIn((app.router as unknown as { stack: readonly Layer[] }).stack);
}

/** Of routers within only those that are mounted at the root: their layers do not tell where they are. */
function routesIn(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route === undefined) return routesIn(handle.stack ?? []);
    return Object.keys(route.methods)
      .filter((method) => method !== '_all' && method !== 'head')
      .map((method) => `${method} ${route.path}`);
  });
}

// What Node's loader asks, in a thread of its own, before it runs a module: see module.register().
import { instrument } from './instrument.mjs';

const wanted = [new URL('../../dist/', import.meta.url).href, '/node_modules/@bufbuild/protobuf/'];

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  const isWanted = loaded.format === 'module' && wanted.some((place) => url.includes(place));
  if (!isWanted || loaded.source === undefined || loaded.source === null) return loaded;
  const source =
    typeof loaded.source === 'string'
      ? loaded.source
      : Buffer.from(/** @type {Uint8Array} */ (loaded.source)).toString();
  return { ...loaded, source: instrument(source, url).code };
}

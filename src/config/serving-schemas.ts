import { z } from 'zod';
import { servingSettingKeys } from './serving-settings.js';
import { describeDefault, type Setting } from './setting.js';
import { configKeyOf, type SettingKey, settings } from './settings.js';

/** What one serving may have said for it, by the names of the config file. */
export const servingOptionsSchema = z.strictObject(fieldsOf(servingSettingKeys));

const identity = {
  model: z.string().meta({ description: 'ORG/REPO[@REVISION], a path that begins with /, ./, ../ or ~, or "digits".' }),
  name: z.string().exactOptional().meta({ description: 'Default: the last segment of the model.' }),
  revision: z.string().exactOptional().meta({ description: 'Branch, tag or commit of a model of the Hub.' }),
};

/** Which model a serving is of, and its name. */
export const servingIdentitySchema = z.strictObject(identity);

/** JSON Schema of hornet.config.json, for editors. */
export function configJsonSchema(): object {
  const serving = z.strictObject({ ...identity, ...servingOptionsSchema.shape });
  const config = z.strictObject({
    $schema: z.string().exactOptional(),
    servings: z
      .array(z.union([z.string(), serving]))
      .exactOptional()
      .meta({ description: 'The models to serve; the first one is the default one.' }),
    ...fieldsOf(Object.keys(settings) as SettingKey[]),
  });
  return z.toJSONSchema(config, { io: 'input' });
}

function fieldsOf(keys: readonly SettingKey[]): Record<string, z.ZodExactOptional<z.ZodType>> {
  return Object.fromEntries(
    keys.map((key) => {
      const definition = settings[key] as Setting<unknown>;
      const description = `${definition.meaning} Default: ${describeDefault(definition) || 'empty'}.`;
      return [configKeyOf(key), definition.schema.exactOptional().meta({ description })];
    }),
  );
}

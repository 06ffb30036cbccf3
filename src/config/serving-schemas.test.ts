import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './serving-schemas.js';

describe('configJsonSchema', () => {
  const schema = configJsonSchema();
  const time = { anyOf: [{ type: 'integer' }, { type: 'string' }] };

  it('describes settings by the names of the config file, with their bounds', () => {
    expect(schema).toMatchObject({
      additionalProperties: false,
      properties: {
        maxBatch: { type: 'integer', minimum: 1, maximum: 256 },
        offline: { type: 'boolean' },
        memory: { enum: ['preload', 'on-demand'] },
        stopAfterIdle: time,
      },
    });
    expect(schema).not.toHaveProperty('required');
  });

  it('describes a serving as a string or as an object with its own settings', () => {
    const serving = {
      required: ['model'],
      additionalProperties: false,
      properties: { model: { type: 'string' }, name: {}, revision: {}, dtype: {}, unloadAfter: time },
    };
    expect(schema).toMatchObject({ properties: { servings: { items: { anyOf: [{ type: 'string' }, serving] } } } });
    expect(schema).not.toHaveProperty('properties.servings.items.anyOf.1.properties.port');
  });
});

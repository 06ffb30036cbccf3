// Usage: node make-stubs.mjs path/to/NvInferImpl.h output.h
//
// Writes, for each interface apiv::VName of TensorRT's implementation header, a class template NameStub<Policy> whose
// methods all call Policy and return nothing of use. The stand-in derives from NameStub<Unimplemented> and overrides
// what it has; NameStub<Dead> takes the place of objects that were destroyed. So it goes on compiling against newer
// headers, and says which of their methods it lacks when one is called.
import { readFileSync, writeFileSync } from 'node:fs';

const [, , headerPath, outputPath] = process.argv;
if (headerPath === undefined || outputPath === undefined) {
  throw new Error('usage: make-stubs.mjs path/to/NvInferImpl.h output.h');
}

// Parts behind a switch of NVIDIA's own builds are not in the header that the addon sees either.
const source = readFileSync(headerPath, 'utf8')
  .replace(/\/\*.*?\*\//gs, '')
  .replace(/\/\/[^\n]*/g, '')
  .replace(/\n#if ENABLE_FEATURE\w*\n.*?\n#endif/gs, '');

const lines = [
  '#pragma once',
  '',
  '// Made by make-stubs.mjs.',
  '',
  '#include <NvInfer.h>',
  '',
  'namespace tensorrt_stubs {',
  'using namespace nvinfer1;',
];

for (const [, name, body] of source.matchAll(/class V(\w+) : public VRoot\s*\{(.*?)\n\}/gs)) {
  lines.push(`template <typename Policy>`, `struct ${name}Stub : apiv::V${name} {`);
  const methods = body.matchAll(/virtual\s+([^;]+?)\b(\w+)\s*\(([^;]*?)\)\s*(const)?\s*(noexcept)?\s*=\s*0\s*;/gs);
  for (const [, result, method, parameters, isConst = '', isNoexcept = ''] of methods) {
    const type = oneLine(result.replace('TRT_NODISCARD', '').replace('TRT_DEPRECATED', ''));
    const qualifiers = [isConst, isNoexcept, 'override'].filter(Boolean).join(' ');
    lines.push(
      `  ${type} ${method}(${oneLine(parameters)}) ${qualifiers} {`,
      `    Policy::called("I${name}::${method}");${returned(type)}`,
      '  }',
    );
  }
  lines.push('};');
}
lines.push('}  // namespace tensorrt_stubs', '');
writeFileSync(outputPath, lines.join('\n'));

function oneLine(text) {
  return text.trim().split(/\s+/).join(' ');
}

function returned(type) {
  if (type === 'void') return '';
  if (type.endsWith('&')) return ` Policy::nothingToReturn();`;
  return type.endsWith('*') ? ' return nullptr;' : ` return static_cast<${type}>(${type}{});`;
}

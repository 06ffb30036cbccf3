// Where JavaScript has a Float16Array (Node 24), onnxruntime-node 1.30 insists on it for float16 tensors, but its native
// half does not know the type ("not enough space: expected 301056, got 0"). Without it, bits in a Uint16Array work.
// To be imported in threads and processes of our own only: it changes the globals of the one that it is in.
Reflect.deleteProperty(globalThis, 'Float16Array');

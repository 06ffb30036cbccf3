// A process of its own that refuses every request as cheaply as Node can: what overload costs where nothing is served.
import { createServer } from 'node:http';

const body = '{"error":"The queue is full."}';
const server = createServer((_request, response) => {
  response.writeHead(429, { 'Content-Type': 'application/json', 'Content-Length': body.length, 'Retry-After': '1' });
  response.end(body);
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(`http://127.0.0.1:${address.port}`);
});
process.once('disconnect', () => process.exit());

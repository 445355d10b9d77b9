// A gateway: node forward-ports.mjs <address>:<port>=<address>:<port>… forwards connections from the first to the second.
import { connect, createServer } from 'node:net'

const place = (text) => {
  const [host, port] = text.split(':')
  return { host, port: Number(port) }
}
const mappings = process.argv.slice(2).map((it) => it.split('=').map(place))
for (const [from, to] of mappings) {
  const server = createServer((near) => {
    const far = connect(to)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise((resolve) => server.listen(from, resolve))
}
console.log('forwarding')

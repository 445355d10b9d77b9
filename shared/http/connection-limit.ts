/**
 * A bound on connections that idle ones cannot exhaust: when it is reached, a new connection pushes out the one that has
 * been without a request for longest. With Node's own `maxConnections` ten thousand silent clients would keep the
 * heartbeats of datanodes out.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Watches over `server` from now on. */
export function limitConnections(server: Server, maxConnections: number): void {
  /** In the order in which they became idle; a connection without its first request is idle too. */
  const idle = new Set<Socket>()
  const busy = new Map<Socket, number>()
  server.on('connection', (socket: Socket) => {
    if (idle.size + busy.size >= maxConnections) {
      const [oldest] = idle
      if (oldest === undefined) {
        socket.destroy()
        return
      }
      idle.delete(oldest)
      oldest.destroy()
    }
    idle.add(socket)
    socket.once('close', () => {
      idle.delete(socket)
      busy.delete(socket)
    })
  })
  const begin = ({ socket }: { readonly socket: Socket }, response: ServerResponse) => {
    idle.delete(socket)
    busy.set(socket, (busy.get(socket) ?? 0) + 1)
    response.once('close', () => {
      // Pipelined requests are answered one after the other.
      const left = (busy.get(socket) ?? 1) - 1
      if (left > 0) busy.set(socket, left)
      else if (busy.delete(socket) && !socket.destroyed) idle.add(socket)
    })
  }
  server.prependListener('request', begin)
  server.prependListener('checkContinue', begin)
}

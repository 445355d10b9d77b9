/** This very process, for the servers that run in it. Only composition roots name it. */
import type { ProcessHost } from './server-process.js'

export const systemProcessHost: ProcessHost = {
  tellParent: (message) => {
    if (process.send === undefined || !process.connected) return
    process.send(message, (error: Error | null) => {
      // The parent is gone: `disconnect` says so too, and ends us.
      if (error !== null) process.emitWarning(error)
    })
  },
  // The channel closes however the parent ends, also by kill -9.
  onParentGone: (action) => {
    process.once('disconnect', action)
  },
  leaveParent: () => {
    setImmediate(() => {
      if (process.connected) process.disconnect()
    })
  },
  onBug: (action) => {
    process.on('uncaughtException', (error) => action(error, 'uncaught exception'))
    process.on('unhandledRejection', (error) => action(error, 'unhandled rejection'))
  },
  exit: (code) => {
    process.exit(code)
  },
}

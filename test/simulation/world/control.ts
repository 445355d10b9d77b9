/**
 * The control protocol over the simulated network: the same checked calls that stand behind fastify, with delay, loss of
 * the question, and loss of the answer, after which the call has happened all the same.
 */
import type { Static, TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import type { ControlClient } from '../../../datanode/loops/control-client.js'
import type { ControlCall } from '../../../namenode/http/control-routes.js'
import { DfsError, toDfsError } from '../../../shared/errors.js'
import type { Life } from './life.js'
import type { SimulatedNetwork } from './network.js'

/** The namenode of the moment; undefined while none runs. */
export type FindNamenode = () =>
  | { readonly life: Life; readonly calls: readonly ControlCall[] }
  | undefined

export interface ControlOptions {
  readonly life: Life
  readonly host: string
  readonly namenodeHost: string
  readonly network: SimulatedNetwork
  readonly namenode: FindNamenode
}

export function simulatedControl(options: ControlOptions): ControlClient {
  let isClosed = false
  return {
    call: async <Reply extends TSchema>(
      path: string,
      body: unknown,
      reply: Reply,
      timeoutMs: number,
    ): Promise<Static<Reply>> => {
      if (isClosed) throw new DfsError('SHUTTING_DOWN', 'the datanode is shutting down')
      const value = await exchange(options, path, JSON.stringify(body), timeoutMs)
      if (isReply(reply, value)) return value
      throw new DfsError('MALFORMED_MESSAGE', `the namenode's answer to ${path} is not understood`)
    },
    close: () => {
      isClosed = true
    },
  }
}

/** Compiled once for all runs of a process: the datanode's own way takes ten times as long. */
const CHECKS = new Map<TSchema, TypeCheck<TSchema>>()

function isReply<Reply extends TSchema>(schema: Reply, value: unknown): value is Static<Reply> {
  let check = CHECKS.get(schema)
  if (check === undefined) {
    check = TypeCompiler.Compile<TSchema>(schema)
    CHECKS.set(schema, check)
  }
  return check.Check(value)
}

/** A frozen process finds the question in its socket when it goes on. */
async function whenAwake<T>(life: Life, run: () => Promise<T>): Promise<T> {
  if (life.isFrozen) {
    await new Promise<void>((resolve) => {
      life.later(0, 'question for a frozen process', resolve)
    })
  }
  return await run()
}

function exchange(
  { life, host, namenodeHost, network, namenode }: ControlOptions,
  path: string,
  body: string,
  timeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = life.later(timeoutMs, 'control timeout', () =>
      reject(new DfsError('TIMEOUT', `no answer to ${path} within ${timeoutMs} ms`)),
    )
    const answer = (settle: () => void, bytes: number) => {
      const ms = network.travelMs(namenodeHost, host, bytes)
      if (ms === undefined) return
      life.later(ms, `control answer ${path}`, () => {
        cancel()
        settle()
      })
    }
    const there = network.travelMs(host, namenodeHost, body.length)
    if (there === undefined) return
    life.scheduler.after(there, `control ${host} ${path}`, () => {
      const server = namenode()
      if (server === undefined || !server.life.isAlive) {
        answer(() => reject(new DfsError('CONNECTION_REFUSED', 'no namenode listens')), 0)
        return
      }
      const call = server.calls.find((it) => it.path === path)
      if (call === undefined) throw new Error(`no control call ${path}`)
      whenAwake(server.life, () => call.handle(JSON.parse(body))).then(
        (value) => {
          if (!server.life.isAlive) return
          const text = JSON.stringify(value)
          answer(() => resolve(JSON.parse(text)), text.length)
        },
        (error: unknown) => {
          if (!server.life.isAlive) return
          const { code, message } = toDfsError(error)
          answer(() => reject(new DfsError(code, message)), message.length)
        },
      )
    })
  })
}

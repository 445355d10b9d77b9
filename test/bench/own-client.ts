/** Our own client library doing the work of the bench: on our cluster, or on Apache's. */
import { DfsClient } from '../../shared/client/dfs-client.js'
import type { Work } from './work.js'

const BUFFER_BYTES = 1024 * 1024

type ThreadWork = (client: DfsClient, work: Work, thread: number, count: number) => Promise<void>

export class OwnClient {
  readonly name = 'our client'
  readonly pid = process.pid
  readonly #clients = new Map<string, DfsClient>()

  async run(fs: string, work: Work): Promise<number> {
    const client = this.#clients.get(fs) ?? DfsClient.connect({ fs })
    this.#clients.set(fs, client)
    const share = Math.floor(work.count / work.threads)
    const began = performance.now()
    const threads = Array.from({ length: work.threads }, (_, thread) =>
      THREAD_WORK[work.operation](client, work, thread, share),
    )
    await Promise.all(threads)
    return (performance.now() - began) / 1000
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}

const name = (folder: string, thread: number, letter: string, index: number) =>
  `${folder}/t${thread}/${letter}${index}`

const content = Buffer.from(
  Uint32Array.from({ length: BUFFER_BYTES / 4 }, (_, index) => Math.imul(index, 2654435761)).buffer,
)

/** The same for every index, one after the other. */
function each(
  single: (client: DfsClient, path: (letter: string) => string, work: Work) => Promise<unknown>,
): ThreadWork {
  return async (client, work, thread, count) => {
    for (let index = 0; index < count; index += 1) {
      await single(client, (letter) => name(work.folder, thread, letter, index), work)
    }
  }
}

const THREAD_WORK: Readonly<Record<Work['operation'], ThreadWork>> = {
  put: each(async (client, path, { bytes }) => {
    const file = await client.create(path('f'), { overwrite: true })
    for (let left = bytes; left > 0; left -= BUFFER_BYTES) {
      await file.write(content.subarray(0, Math.min(left, BUFFER_BYTES)))
    }
    await file.close()
  }),
  get: each(async (client, path) => {
    const file = await client.open(path('f'))
    let read = 0
    for await (const piece of file.read(0, file.lengthBytes)) read += piece.length
    await file.close()
    if (read !== file.lengthBytes) throw new Error(`${path('f')} is ${read} bytes short`)
  }),
  pread: async (client, { folder, bytes }, thread, count) => {
    const file = await client.open(name(folder, 0, 'f', 0))
    const places = Math.floor(file.lengthBytes / bytes)
    let place = thread
    for (let index = 0; index < count; index += 1) {
      place = Math.imul(place + 1, 2654435761) >>> 0
      for await (const piece of file.read((place % places) * bytes, bytes)) void piece
    }
    await file.close()
  },
  create: each(async (client, path) => {
    const file = await client.create(path('f'), { overwrite: true })
    await file.close()
  }),
  stat: each((client, path) => client.stat(path('f'))),
  mkdir: each((client, path) => client.mkdir(path('d'))),
  rename: each((client, path) => client.rename(path('f'), path('r'))),
  delete: each((client, path) => client.delete(path('r'))),
  clear: async (client, { folder }) => {
    await client.delete(folder, { recursive: true })
  },
}

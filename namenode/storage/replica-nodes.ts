/**
 * The datanodes that ever joined, in a small durable file of its own: whether "every known node has reported" must be
 * answerable even when the disposable replica map is lost. Written when a node joins or changes, replaced as a whole.
 */
import { dirname } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { assert } from '../../shared/assert.js'
import { AdvertisedAddress } from '../../shared/control/messages.js'
import { type Disk, renameDurably } from '../../shared/disk.js'
import { DfsError } from '../../shared/errors.js'

const KnownNodeSchema = Type.Object({
  uuid: Type.String(),
  hostname: Type.String(),
  /** Absent in lists of older versions, like `advertised`. */
  answersToHostname: Type.Optional(Type.Boolean()),
  addresses: Type.Array(Type.String()),
  advertised: Type.Optional(Type.Array(AdvertisedAddress)),
  transferPort: Type.Integer(),
  httpPort: Type.Integer(),
  ipcPort: Type.Integer(),
  rack: Type.String(),
  softwareVersion: Type.String(),
  storages: Type.Array(
    Type.Object({
      storageId: Type.String(),
      type: Type.Union([
        Type.Literal('DISK'),
        Type.Literal('SSD'),
        Type.Literal('ARCHIVE'),
        Type.Literal('RAM_DISK'),
      ]),
    }),
  ),
})
export type KnownNode = Static<typeof KnownNodeSchema>

const FileSchema = Type.Object({
  format: Type.Literal(1),
  clusterId: Type.String(),
  datanodes: Type.Array(KnownNodeSchema),
})

/** Far above any cluster this serves; a bigger file is not ours. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

export class KnownNodesFile {
  readonly #path: string
  readonly #clusterId: string
  readonly #disk: Disk
  #writing: Promise<void> = Promise.resolve()

  constructor(options: { path: string; clusterId: string; disk: Disk }) {
    this.#path = options.path
    this.#clusterId = options.clusterId
    this.#disk = options.disk
  }

  /** @throws DfsError DATABASE_CORRUPT, WRONG_CLUSTER: never guess who is known */
  async read(): Promise<readonly KnownNode[]> {
    if ((await this.#disk.stat(this.#path)) === undefined) return []
    const content = parse(await this.#readText(), this.#path)
    if (content.clusterId !== this.#clusterId) {
      throw new DfsError(
        'WRONG_CLUSTER',
        `${this.#path} belongs to cluster ${content.clusterId}, not to ${this.#clusterId}`,
      )
    }
    return content.datanodes
  }

  /** Replaces the list; resolves when it is durable. Calls are served one after the other. */
  write(datanodes: readonly KnownNode[]): Promise<void> {
    const text = JSON.stringify({ format: 1, clusterId: this.#clusterId, datanodes }, null, 1)
    const done = this.#writing.then(() => this.#replace(text))
    // The next write must not fail because this one did; the caller of this one hears of it.
    this.#writing = done.catch(() => undefined)
    return done
  }

  async #replace(text: string): Promise<void> {
    const temporary = `${this.#path}.tmp`
    const bytes = Buffer.from(text)
    assert(bytes.length <= MAX_FILE_BYTES, 'the list of datanodes is small')
    await this.#disk.remove(temporary)
    const file = await this.#disk.open(temporary, 'create-new')
    try {
      await file.write(bytes, 0, bytes.length, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await renameDurably(this.#disk, temporary, this.#path)
  }

  async #readText(): Promise<string> {
    const file = await this.#disk.open(this.#path, 'read')
    try {
      const size = await file.sizeBytes()
      if (size > MAX_FILE_BYTES) throw unreadable(this.#path, `${size} bytes`)
      const bytes = Buffer.alloc(size)
      await file.read(bytes, 0, size, 0)
      return bytes.toString('utf8')
    } finally {
      await file.close()
    }
  }
}

function parse(text: string, path: string): Static<typeof FileSchema> {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw unreadable(path, String(error))
  }
  if (!Value.Check(FileSchema, content)) throw unreadable(path, 'unexpected content')
  return content
}

function unreadable(path: string, why: string): DfsError {
  return new DfsError(
    'DATABASE_CORRUPT',
    `the list of datanodes ${path} is unreadable (${why}); remove it to let the datanodes join anew`,
    { details: { folder: dirname(path) } },
  )
}

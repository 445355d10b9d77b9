/**
 * Uploads a local folder, eight files at a time, tells what failed, and can be stopped with Ctrl-C at any moment: no
 * half-written file is ever left under its final name.
 *
 *     node dist/cli/examples/parallel-upload.js hdfs://127.0.0.1:8020 ./photos /photos
 */
import { DfsClient } from '../../shared/client/dfs-client.js'
import { toDfsError } from '../../shared/errors.js'

export interface UploadResult {
  readonly uploadedBytes: number
  readonly failures: readonly string[]
}

export async function parallelUpload(
  client: DfsClient,
  localFolder: string,
  folder: string,
  signal?: AbortSignal,
): Promise<UploadResult> {
  let uploadedBytes = 0
  const failures: string[] = []
  await client.upload(localFolder, folder, {
    concurrency: 8,
    overwrite: true,
    signal,
    onBytes: (count) => {
      uploadedBytes += count
    },
    onError: (error, { relativePath }) => {
      failures.push(`${relativePath}: ${toDfsError(error).message}`)
    },
  })
  return { uploadedBytes, failures }
}

const [fs, localFolder, folder] = process.argv.slice(2)
if (fs?.startsWith('hdfs://') === true && localFolder !== undefined && folder !== undefined) {
  const interruption = new AbortController()
  process.once('SIGINT', () => interruption.abort())
  const client = DfsClient.connect({ fs })
  try {
    const result = await parallelUpload(client, localFolder, folder, interruption.signal)
    process.stdout.write(`${result.uploadedBytes} bytes, ${result.failures.length} failures\n`)
    for (const failure of result.failures) process.stderr.write(`${failure}\n`)
  } finally {
    await client.close()
  }
}

/**
 * Stores a text, reads it back whole and in part, and lists what is there.
 *
 *     node dist/cli/examples/store-and-read.js hdfs://127.0.0.1:8020 /examples
 */
import { DfsClient } from '../../shared/client/dfs-client.js'

/** The texts that were read, for the test that runs this. */
export async function storeAndRead(client: DfsClient, folder: string): Promise<string[]> {
  const path = `${folder}/greeting.txt`
  await client.mkdir(folder)
  // Appears under its name only when it is complete and on the disks of the datanodes.
  await client.writeFile(path, 'Hello, file system!\n', { overwrite: true, replication: 2 })

  const whole = (await client.readFile(path)).toString()
  const file = await client.open(path)
  let part = ''
  for await (const bytes of file.read(7, 4)) part += Buffer.from(bytes).toString()
  await file.close()

  const names: string[] = []
  for await (const { name, lengthBytes } of client.list(folder)) {
    names.push(`${name} ${lengthBytes}`)
  }
  return [whole, part, ...names]
}

const [fs, folder] = process.argv.slice(2)
if (fs?.startsWith('hdfs://') === true && folder !== undefined) {
  const client = DfsClient.connect({ fs })
  try {
    for (const line of await storeAndRead(client, folder)) process.stdout.write(`${line}\n`)
  } finally {
    await client.close()
  }
}

/** The headers that tell a browser what a file is: type, validator, name, and that it must not be run as a page of ours. */
import mime from 'mime'

interface Entity {
  readonly id: number
  readonly path: string
  readonly lengthBytes: number
  readonly modificationTimeMs: number
}

/** Changes whenever the bytes may have: a new file gets a new id, a changed one a new length or time. */
export function entityTag(entity: Entity): string {
  return `"${entity.id.toString(36)}-${entity.lengthBytes.toString(36)}-${entity.modificationTimeMs.toString(36)}"`
}

/** @param asDownload true asks the browser to save the file instead of showing it */
export function entityHeaders(entity: Entity, asDownload: boolean): Record<string, string> {
  const name = entity.path.slice(entity.path.lastIndexOf('/') + 1)
  return {
    'content-type': mime.getType(name) ?? 'application/octet-stream',
    'content-disposition': `${asDownload ? 'attachment' : 'inline'}; ${fileName(name)}`,
    etag: entityTag(entity),
    'last-modified': new Date(entity.modificationTimeMs).toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    // Stored HTML would otherwise run with the rights of our own page.
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
  }
}

/** RFC 6266: a plain form for old clients, and the exact name in UTF-8. */
function fileName(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const exact = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16)}`,
  )
  return `filename="${plain}"; filename*=UTF-8''${exact}`
}

/**
 * Extended attributes as servers, clients and the command line hold them: their prefixed names (`user.colour`) and the
 * text forms of their values (protocol reference 2.7).
 */
import { DfsError } from './errors.js'

/** In the order of the wire's numbers. */
export const XATTR_NAMESPACES = ['user', 'trusted', 'security', 'system', 'raw'] as const
export type XAttrNamespaceName = (typeof XATTR_NAMESPACES)[number]

export interface XAttrName {
  readonly namespace: XAttrNamespaceName
  /** Without its namespace. */
  readonly name: string
}

export interface XAttr extends XAttrName {
  /** May be empty. */
  readonly value: Uint8Array
}

export const XATTR_ENCODINGS = ['text', 'hex', 'base64'] as const
export type XAttrEncoding = (typeof XATTR_ENCODINGS)[number]

/** `user.colour`. */
export const prefixedName = ({ namespace, name }: XAttrName): string => `${namespace}.${name}`

/** Same attribute, whatever its value. */
export const isSameXAttr = (left: XAttrName, right: XAttrName): boolean =>
  left.namespace === right.namespace && left.name === right.name

/** @param text as `user.colour`, the namespace in any case. @throws DfsError ILLEGAL_ARGUMENT in Hadoop's words */
export function parseXAttrName(text: string): XAttrName {
  const dot = text.indexOf('.')
  const namespace = XATTR_NAMESPACES.find((it) => it === text.slice(0, dot).toLowerCase())
  if (dot < 1 || namespace === undefined) {
    throw new DfsError(
      'ILLEGAL_ARGUMENT',
      "An XAttr name must be prefixed with user/trusted/security/system/raw, followed by a '.'",
    )
  }
  if (dot === text.length - 1) {
    throw new DfsError('ILLEGAL_ARGUMENT', 'XAttr name cannot be empty.')
  }
  return { namespace, name: text.slice(dot + 1) }
}

/** `"text"`, `0x…` or `0s…`. Bytes that are no UTF-8 are lost in the first form. */
export function encodeXAttrValue(value: Uint8Array, encoding: XAttrEncoding): string {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (encoding === 'hex') return `0x${bytes.toString('hex')}`
  return encoding === 'base64' ? `0s${bytes.toString('base64')}` : `"${bytes.toString()}"`
}

/** The inverse: text in quotes, hex behind 0x, base64 behind 0s; anything else is the text itself. @throws DfsError IO */
export function decodeXAttrValue(text: string): Uint8Array {
  if (text.length < 2) return Buffer.from(text)
  if (text.startsWith('"') && text.endsWith('"')) return Buffer.from(text.slice(1, -1))
  const [prefix, rest] = [text.slice(0, 2).toLowerCase(), text.slice(2)]
  if (prefix === '0s') return Buffer.from(rest, 'base64')
  if (prefix !== '0x') return Buffer.from(text)
  if (rest.length % 2 !== 0) throw new DfsError('IO', 'Odd number of characters.')
  if (!/^[0-9a-f]*$/i.test(rest)) throw new DfsError('IO', `${text} is no hexadecimal number`)
  return Buffer.from(rest, 'hex')
}

/** Extended attributes (protocol reference 2.7, 4.3). */
import {
  decodeXAttrValue,
  encodeXAttrValue,
  parseXAttrName,
  prefixedName,
  type XAttrEncoding,
} from '../../../shared/xattr.js'
import {
  EMPTY,
  json,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

const SET_FLAGS = ['CREATE', 'REPLACE'] as const
const SET_FLAG_CLASS = 'org.apache.hadoop.fs.XAttrSetFlag'
const ENCODING_CLASS = 'org.apache.hadoop.fs.XAttrCodec'
const ENCODINGS: Readonly<Record<'TEXT' | 'HEX' | 'BASE64', XAttrEncoding>> = {
  TEXT: 'text',
  HEX: 'hex',
  BASE64: 'base64',
}

export function xattrOperations(options: WebhdfsOptions): OperationTable {
  return { GET: reads(options), PUT: changes(options) }
}

function reads({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    GETXATTRS: ({ call, path, parameters, operation }) => {
      parameters.required('encoding', operation)
      const names = ['TEXT', 'HEX', 'BASE64'] as const
      const encoding =
        ENCODINGS[parameters.enumeration('encoding', names, ENCODING_CLASS) ?? 'TEXT']
      const wanted = parameters.texts('xattr.name').map(parseXAttrName)
      const found = namespace.xattrs(call, path, wanted)
      return json({
        XAttrs: found.map((it) => ({
          name: prefixedName(it),
          value: encodeXAttrValue(it.value, encoding),
        })),
      })
    },
    LISTXATTRS: ({ call, path }) => {
      const names = namespace.xattrs(call, path, []).map(prefixedName)
      // A text that holds JSON, as Apache has it.
      return json({ XAttrNames: JSON.stringify(names) })
    },
  }
}

function changes({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    SETXATTR: async ({ call, path, parameters, operation }) => {
      const name = parseXAttrName(parameters.required('xattr.name', operation))
      const value = decodeXAttrValue(parameters.text('xattr.value') ?? '')
      const flags = parameters.enumerations('flag', SET_FLAGS, SET_FLAG_CLASS)
      await namespace.setXAttr(call, {
        path,
        xattr: { ...name, value },
        create: flags.includes('CREATE'),
        replace: flags.includes('REPLACE'),
      })
      return EMPTY
    },
    REMOVEXATTR: async ({ call, path, parameters, operation }) => {
      const xattr = parseXAttrName(parameters.required('xattr.name', operation))
      await namespace.removeXAttr(call, { path, xattr })
      return EMPTY
    },
  }
}

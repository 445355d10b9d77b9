/** Values of any message type: the smallest that a server must decode, and odd ones from a seed. */
import type { Field, FieldType, ScalarType } from '../../shared/hadoop/message.js'
import type { AnyMessage } from '../../shared/hadoop/rpc-protocol.js'
import type { Random } from '../../shared/random.js'

/** Every required field with the value that protobuf takes for nothing. */
export function smallestValue(type: AnyMessage): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, { label, type: fieldType }] of type.fields) {
    if (label === 'required') value[name] = smallest(fieldType)
  }
  return value
}

function smallest(type: FieldType): unknown {
  if (typeof type !== 'string') return smallestValue(type)
  if (type === 'string') return ''
  if (type === 'bytes') return Buffer.alloc(0)
  return type === 'bool' ? false : 0
}

const ODD_NUMBERS = [
  0,
  1,
  -1,
  2,
  3,
  7,
  255,
  256,
  511,
  512,
  513,
  65_535,
  65_536,
  2 ** 20,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 62,
  2 ** 63,
  -(2 ** 63),
  16_385,
  16_386,
  1_073_741_825,
  1001,
]
const ODD_TEXTS = [
  '',
  '/',
  '//',
  '.',
  '..',
  '/..',
  '/a',
  '/a/b',
  '/good',
  '/good/x',
  '/.reserved',
  '/.reserved/.inodes/16385',
  '/.reserved/raw',
  '/a/.snapshot',
  '/a/.snapshot/s',
  'a',
  'root',
  'nobody',
  '\0',
  '/\0',
  '/a\nb',
  '/😀',
  `/${'x'.repeat(255)}`,
  `/${'x'.repeat(256)}`,
  '/x'.repeat(1001),
  '/'.repeat(9000),
  'x'.repeat(70_000),
  '-1',
  'user.a',
  'trusted.a',
  'raw.hdfs.x',
  '%s%n',
  "'; drop table",
  '__proto__',
  'constructor',
]

const MAX_DEPTH = 5

/** Any value of a type: mostly well-formed, with odd numbers and texts, absent optionals, lists of every small length. */
export function oddValue(type: AnyMessage, random: Random, depth = 0): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, field] of type.fields) {
    const made = oddField(field, random, depth)
    if (made !== undefined) value[name] = made
  }
  return value
}

function oddField({ label, type }: Field, random: Random, depth: number): unknown {
  if (label === 'required') return oddItem(type, random, depth)
  if (depth > MAX_DEPTH) return undefined
  if (label === 'optional') return random.below(2) === 0 ? undefined : oddItem(type, random, depth)
  const count = random.below(20) === 0 ? 200 : random.below(4)
  return Array.from({ length: count }, () => oddItem(type, random, depth + 2))
}

function oddItem(type: FieldType, random: Random, depth: number): unknown {
  if (typeof type !== 'string') return oddValue(type, random, depth + 1)
  return oddScalar(type, random)
}

function oddScalar(type: ScalarType, random: Random): unknown {
  if (type === 'bool') return random.below(2) === 0
  if (type === 'enum')
    return random.below(8) === 0 ? oneOf(ODD_NUMBERS, random) | 0 : random.below(10)
  if (type === 'string') return oneOf(ODD_TEXTS, random)
  if (type === 'bytes') return random.bytes(oneOf([0, 1, 4, 16, 300], random))
  return oneOf(ODD_NUMBERS, random)
}

export function oneOf<T>(values: readonly T[], random: Random): T {
  const value = values[random.below(values.length)]
  if (value === undefined) throw new Error('there is nothing to choose from')
  return value
}

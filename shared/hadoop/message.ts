/**
 * Protocol messages as typed tables: one table gives the codec and the TypeScript type. Hadoop's schemas are proto2,
 * where a required field is on the wire even when it is 0 or empty and where presence of an optional field matters;
 * generators made for proto3 get both wrong, and a generator would be a build step for 200 small messages.
 *
 * 64-bit integers are JavaScript numbers: exact within ±(2^53 - 1), rounded beyond, saturated at ±2^63 when written.
 * Unsigned ones above 2^63 read as negative, which is what their senders (Java longs) mean: -1 for "not set".
 */
import { DfsError } from '../errors.js'
import { ProtoReader, ProtoWriter, WireType } from './wire.js'

export type ScalarType =
  | 'u32'
  | 'u64'
  | 'i32'
  | 'i64'
  | 's32'
  | 's64'
  | 'bool'
  | 'enum'
  | 'string'
  | 'bytes'
  | 'sfixed32'
  | 'sfixed64'

type ScalarValue<T extends ScalarType> = T extends 'string'
  ? string
  : T extends 'bytes'
    ? Uint8Array
    : T extends 'bool'
      ? boolean
      : number

export type Label = 'required' | 'optional' | 'repeated' | 'packed'
export type FieldType = ScalarType | MessageType<Fields>

/** One field of a message: its number, type and label. */
export interface Field<T extends FieldType = FieldType, L extends Label = Label> {
  readonly number: number
  readonly type: T
  readonly label: L
}

/** The fields of a message, by name. */
export type Fields = Readonly<Record<string, Field>>

type ValueOf<T> = T extends ScalarType
  ? ScalarValue<T>
  : T extends MessageType<infer F>
    ? DecodedFields<F>
    : never
type InputValueOf<T> = T extends ScalarType
  ? ScalarValue<T>
  : T extends MessageType<infer F>
    ? InputFields<F>
    : never

type NamesWith<F extends Fields, L extends Label> = {
  [K in keyof F]: F[K]['label'] extends L ? K : never
}[keyof F]

type DecodedFields<F extends Fields> = {
  readonly [K in NamesWith<F, 'required'>]: ValueOf<F[K]['type']>
} & {
  readonly [K in NamesWith<F, 'optional'>]?: ValueOf<F[K]['type']> | undefined
} & {
  readonly [K in NamesWith<F, 'repeated' | 'packed'>]: readonly ValueOf<F[K]['type']>[]
}

type InputFields<F extends Fields> = {
  readonly [K in NamesWith<F, 'required'>]: InputValueOf<F[K]['type']>
} & {
  readonly [K in NamesWith<F, 'optional'>]?: InputValueOf<F[K]['type']> | undefined
} & {
  readonly [K in NamesWith<F, 'repeated' | 'packed'>]?: readonly InputValueOf<F[K]['type']>[]
}

/** What `decode` returns for a message type: repeated fields are always arrays, absent optional ones undefined. */
export type Decoded<M> = M extends MessageType<infer F> ? DecodedFields<F> : never
/** What `encode` accepts: as `Decoded`, but repeated fields may be left out. */
export type Input<M> = M extends MessageType<infer F> ? InputFields<F> : never

/** Deeper nesting than any real message; a bomb of nested messages ends here. */
const MAX_DEPTH = 32
/** More than any real list in a frame of 128 MiB; a bomb of two-byte items would take many times its size in memory. */
const MAX_LIST_ITEMS = 1_048_576

export const required = <T extends FieldType>(number: number, type: T): Field<T, 'required'> => ({
  number,
  type,
  label: 'required',
})
export const optional = <T extends FieldType>(number: number, type: T): Field<T, 'optional'> => ({
  number,
  type,
  label: 'optional',
})
export const repeated = <T extends FieldType>(number: number, type: T): Field<T, 'repeated'> => ({
  number,
  type,
  label: 'repeated',
})
/** Repeated scalars in one length-delimited field. Both forms are accepted when reading, whatever the label. */
export const packed = <T extends Exclude<ScalarType, 'string' | 'bytes'>>(
  number: number,
  type: T,
): Field<T, 'packed'> => ({ number, type, label: 'packed' })

/** Declares a message. `name` appears in errors. */
export function message<const F extends Fields>(name: string, fields: F): MessageType<F> {
  return new MessageType(name, fields)
}

type Values = Record<string, unknown>

/** A field as it is written: its tag is the same each time. */
interface TaggedField {
  readonly name: string
  readonly field: Field
  readonly tag: number
}

export class MessageType<F extends Fields> {
  readonly name: string
  readonly #fields: readonly (readonly [name: string, field: Field])[]
  readonly #tagged: readonly TaggedField[]
  readonly #byNumber: ReadonlyMap<number, readonly [name: string, field: Field]>

  constructor(name: string, fields: F) {
    this.name = name
    this.#fields = Object.entries(fields)
    this.#tagged = this.#fields.map(([name, field]) => ({ name, field, tag: tagOf(field) }))
    this.#byNumber = new Map(this.#fields.map((entry) => [entry[1].number, entry]))
  }

  /** Its fields by name: for whoever makes values of any message, such as a fuzzer. */
  get fields(): readonly (readonly [name: string, field: Field])[] {
    return this.#fields
  }

  /** The bytes of `value`, without a length. */
  encode(value: InputFields<F>): Buffer {
    const writer = new ProtoWriter()
    this.writeTo(writer, value)
    return writer.finish()
  }

  /** A varint length and the bytes of `value`. */
  encodeDelimited(value: InputFields<F>): Buffer {
    const writer = new ProtoWriter()
    this.writeDelimitedTo(writer, value)
    return writer.finish()
  }

  /**
   * @param bytes exactly one message; may be a view, `bytes` fields of the result are views of it too
   * @throws DfsError MALFORMED_MESSAGE for truncated input, wrong wire types or a missing required field
   */
  decode(bytes: Uint8Array): DecodedFields<F> {
    const reader = new ProtoReader(bytes, 0, bytes.length)
    return this.readFrom(reader, 0) as DecodedFields<F>
  }

  /** Reads a varint length and a message at the reader's position. */
  decodeDelimited(reader: ProtoReader): DecodedFields<F> {
    return this.readFrom(reader.nested(), 0) as DecodedFields<F>
  }

  /** Appends a varint length and the bytes of `value`. */
  writeDelimitedTo(writer: ProtoWriter, value: InputFields<F>): void {
    const begun = writer.beginNested()
    this.writeTo(writer, value)
    writer.endNested(begun)
  }

  /** Appends the bytes of `value`, without a length. */
  writeTo(writer: ProtoWriter, value: InputFields<F>): void {
    const values = value as Values
    for (const { name, field, tag } of this.#tagged) {
      const fieldValue = values[name]
      if (fieldValue === undefined || fieldValue === null) {
        if (field.label === 'required') {
          throw new DfsError('INTERNAL', `${this.name}.${name} is required and was not given`)
        }
        continue
      }
      writeField(writer, field, tag, fieldValue)
    }
  }

  /** @internal recursion of `decode`; `depth` bounds nesting. */
  readFrom(reader: ProtoReader, depth: number): Values {
    if (depth > MAX_DEPTH)
      throw new DfsError('MALFORMED_MESSAGE', `${this.name} is nested too deeply`)
    const values: Values = {}
    while (!reader.atEnd) {
      const tag = reader.varint32()
      const entry = this.#byNumber.get(tag >>> 3)
      if (entry === undefined) skipField(reader, tag)
      else readField(reader, entry[0], entry[1], tag & 7, values, depth)
    }
    for (const [name, field] of this.#fields) {
      if (values[name] !== undefined) continue
      if (field.label === 'required') {
        throw new DfsError('MALFORMED_MESSAGE', `Message missing required fields: ${name}`)
      }
      if (field.label !== 'optional') values[name] = []
    }
    return values
  }
}

function skipField(reader: ProtoReader, tag: number): void {
  if (tag >>> 3 === 0) throw new DfsError('MALFORMED_MESSAGE', 'a field has the number 0')
  reader.skip(tag & 7)
}

const WIRE_TYPES: Readonly<Record<ScalarType, WireType>> = {
  u32: WireType.VARINT,
  u64: WireType.VARINT,
  i32: WireType.VARINT,
  i64: WireType.VARINT,
  s32: WireType.VARINT,
  s64: WireType.VARINT,
  bool: WireType.VARINT,
  enum: WireType.VARINT,
  string: WireType.DELIMITED,
  bytes: WireType.DELIMITED,
  sfixed32: WireType.FIXED32,
  sfixed64: WireType.FIXED64,
}

/** The number of a field and how its value is written, as they precede it. */
function tagOf({ number, type, label }: Field): number {
  const isDelimited = typeof type !== 'string' || label === 'packed'
  return number * 8 + (isDelimited ? WireType.DELIMITED : WIRE_TYPES[type])
}

function writeField(writer: ProtoWriter, field: Field, tag: number, value: unknown): void {
  if (field.label === 'repeated') {
    for (const item of value as readonly unknown[]) writeOne(writer, field.type, tag, item)
  } else if (field.label === 'packed') {
    writePacked(writer, field.type as ScalarType, tag, value as readonly unknown[])
  } else {
    writeOne(writer, field.type, tag, value)
  }
}

function writePacked(
  writer: ProtoWriter,
  type: ScalarType,
  tag: number,
  items: readonly unknown[],
): void {
  if (items.length === 0) return
  writer.varint(tag)
  const begun = writer.beginNested()
  for (const item of items) writeScalar(writer, type, item)
  writer.endNested(begun)
}

function writeOne(writer: ProtoWriter, type: FieldType, tag: number, value: unknown): void {
  writer.varint(tag)
  if (typeof type === 'string') {
    writeScalar(writer, type, value)
  } else {
    type.writeDelimitedTo(writer, value as never)
  }
}

function writeScalar(writer: ProtoWriter, type: ScalarType, value: unknown): void {
  switch (type) {
    case 'string':
      writer.string(value as string)
      return
    case 'bytes':
      writer.bytes(value as Uint8Array)
      return
    case 'bool':
      writer.varint(value === true ? 1 : 0)
      return
    case 's32':
    case 's64':
      writer.zigzag(value as number)
      return
    case 'sfixed32':
      writer.fixed32(value as number)
      return
    case 'sfixed64':
      writer.fixed64(value as number)
      return
    case 'u32':
      writer.varint((value as number) >>> 0)
      return
    default:
      writer.varint(value as number)
  }
}

function readField(
  reader: ProtoReader,
  name: string,
  field: Field,
  wireType: number,
  values: Values,
  depth: number,
): void {
  const { type, label } = field
  const isList = label === 'repeated' || label === 'packed'
  if (typeof type !== 'string') {
    reader.expect(wireType, WireType.DELIMITED, name)
    store(values, name, type.readFrom(reader.nested(), depth + 1), isList)
    return
  }
  const own = WIRE_TYPES[type]
  if (isList && wireType === WireType.DELIMITED && own !== WireType.DELIMITED) {
    const inner = reader.nested()
    values[name] ??= []
    while (!inner.atEnd) store(values, name, readScalar(inner, type), true)
    return
  }
  reader.expect(wireType, own, name)
  store(values, name, readScalar(reader, type), isList)
}

function store(values: Values, name: string, value: unknown, isList: boolean): void {
  if (!isList) {
    values[name] = value
    return
  }
  const list = values[name] as unknown[] | undefined
  if (list === undefined) values[name] = [value]
  else if (list.length < MAX_LIST_ITEMS) list.push(value)
  else throw new DfsError('MALFORMED_MESSAGE', `${name} has more than ${MAX_LIST_ITEMS} items`)
}

function readScalar(reader: ProtoReader, type: ScalarType): unknown {
  switch (type) {
    case 'string':
      return reader.string()
    case 'bytes':
      return reader.bytes()
    case 'bool':
      return reader.varint32() !== 0
    case 'u32':
      return reader.varint32() >>> 0
    case 'i32':
    case 'enum':
      return reader.varint32() | 0
    case 's32':
    case 's64':
      return reader.zigzag()
    case 'sfixed32':
      return reader.fixed32()
    case 'sfixed64':
      return reader.fixed64()
    default:
      return reader.varint64()
  }
}

/**
 * The CRC of a whole from the CRCs of its parts: crc(A then B) = crc(A) moved over the length of B, xor crc(B). Moving
 * over n bytes is a multiplication by x^(8n) modulo the polynomial (zlib's crc32_combine, for any reflected polynomial).
 */

/** Reflected polynomials, without the x^32 term. */
export const POLYNOMIAL_CRC32 = 0xedb88320
export const POLYNOMIAL_CRC32C = 0x82f63b78

/** In reflected order the highest bit stands for x^0. */
const ONE = 0x80000000

/** `a` times `b` modulo the polynomial. */
function multiply(polynomial: number, a: number, b: number): number {
  let product = 0
  let factor = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product >>> 0
}

/** x^(8 * lengthBytes) modulo the polynomial. */
function powerOfX(polynomial: number, lengthBytes: bigint): number {
  let result = ONE
  let square = ONE >>> 8
  for (let rest = lengthBytes; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiply(polynomial, result, square)
    square = multiply(polynomial, square, square)
  }
  return result
}

/** Moves sums over a fixed number of bytes with four table look-ups. */
export class CrcShift {
  readonly #table = new Int32Array(4 * 256)

  /** @param polynomial reflected. @param lengthBytes how far `apply` moves a sum */
  constructor(polynomial: number, lengthBytes: bigint) {
    const power = powerOfX(polynomial, lengthBytes)
    for (let position = 0; position < 4; position += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        this.#table[position * 256 + byte] = multiply(polynomial, byte << (8 * position), power)
      }
    }
  }

  /** The sum after as many zero bytes, as a signed 32-bit number: `>>> 0` makes it comparable. */
  apply(sum: number): number {
    const table = this.#table
    return (
      (table[sum & 0xff] ?? 0) ^
      (table[256 + ((sum >>> 8) & 0xff)] ?? 0) ^
      (table[512 + ((sum >>> 16) & 0xff)] ?? 0) ^
      (table[768 + (sum >>> 24)] ?? 0)
    )
  }
}

/**
 * The CRC32C of A followed by B.
 * @param lengthBytesB length of B; 0 gives the CRC of A
 */
export function combineCrc32c(crcA: number, crcB: number, lengthBytesB: number): number {
  const power = powerOfX(POLYNOMIAL_CRC32C, BigInt(lengthBytesB))
  return (multiply(POLYNOMIAL_CRC32C, crcA, power) ^ crcB) >>> 0
}

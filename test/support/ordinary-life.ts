/** What every foreign client has to live through: sizes around every boundary, names that need care on some wire. */

export const BLOCK_BYTES = 2 ** 20
const PACKET_BYTES = 64 * 1024

/** Around a checksum chunk, a packet and a block of a mebibyte; the last has two blocks and a half. */
export const SIZES: readonly number[] = [
  0,
  1,
  511,
  512,
  513,
  PACKET_BYTES - 1,
  PACKET_BYTES,
  PACKET_BYTES + 1,
  BLOCK_BYTES - 1,
  BLOCK_BYTES,
  BLOCK_BYTES + 1,
  2.5 * BLOCK_BYTES,
]

export const LARGE_FILE_BYTES = 300 * 2 ** 20

/** More than three pages of a listing. */
export const MANY_ENTRIES = 3_000

/** The longest name allowed; its end is a letter of two bytes. */
const LONGEST_NAME = `${'n'.repeat(253)}é`

export const ODD_NAMES: readonly string[] = [
  'with space',
  '100%',
  '50%25',
  'a+b',
  'a#b',
  'a&b=c;d',
  "it's",
  // The same word for a reader, two files for HDFS.
  'caf\u00e9',
  'cafe\u0301',
  '日本語',
  '🙂',
  '.hidden',
  LONGEST_NAME,
]

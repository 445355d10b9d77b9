/**
 * Hadoop's configuration files: flat lists of properties, so a small tolerant reader does and no XML package is paid
 * for at every start. Unknown elements, comments and attributes are skipped; the last of two equal names wins, as in Hadoop.
 */

const PROPERTY = /<property\b[^>]*>([\s\S]*?)<\/property>/g
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

/** Names and values of a Hadoop configuration file. Malformed parts are skipped. */
export function readCoreSite(xml: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null)
  const text = xml.replace(/<!--[\s\S]*?-->/g, '')
  for (const [, body = ''] of text.matchAll(PROPERTY)) {
    const name = element(body, 'name')
    const value = element(body, 'value')
    if (name !== undefined && value !== undefined) values[name] = value
  }
  return values
}

function element(body: string, tag: string): string | undefined {
  const match = new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`).exec(body)
  return match === null ? undefined : decode(match[1] ?? '').trim()
}

function decode(text: string): string {
  return text
    .replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1')
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole
    })
}

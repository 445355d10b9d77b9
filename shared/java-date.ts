/** Times in texts that a server prints and scripts of HDFS parse. */

/** Java's `Date.toString()` in UTC: `Sat Nov 21 13:05:53 UTC 2026`. */
export function javaDate(wallMs: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(wallMs)
    .toUTCString()
    .replace(',', '')
    .split(' ')
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}

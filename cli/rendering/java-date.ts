/** Times as Java's `Date.toString` prints them, which is what reports of HDFS hold and scripts parse. */

/** As `Sat Nov 21 16:01:10 UTC 2026`, in the local time zone. Pure but for the time zone of the process. */
export function javaDate(timeMs: number): string {
  const [day, month, dayOfMonth, year, time] = new Date(timeMs).toString().split(' ')
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(timeMs)
  const zone = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC'
  return [day, month, dayOfMonth, time, zone, year].join(' ')
}

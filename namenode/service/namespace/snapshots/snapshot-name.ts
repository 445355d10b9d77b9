/** The name of a snapshot that its maker did not name: `s20261121-130452.175`, in local time as Hadoop's. */
export function defaultSnapshotName(wallMs: number): string {
  const time = new Date(wallMs)
  const digits = (value: number, count = 2) => String(value).padStart(count, '0')
  const day = `${digits(time.getFullYear(), 4)}${digits(time.getMonth() + 1)}${digits(time.getDate())}`
  const clock = `${digits(time.getHours())}${digits(time.getMinutes())}${digits(time.getSeconds())}`
  return `s${day}-${clock}.${digits(time.getMilliseconds(), 3)}`
}

/** `alice=staff,admins;dr.who=;`: groups of users as HDFS's `hadoop.user.group.static.mapping.overrides` has them. Pure. */

/** Users that are named have exactly these groups, also none. */
export function parseStaticGroups(text: string): ReadonlyMap<string, readonly string[]> {
  const entries = text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry): [string, readonly string[]] => {
      const [user = '', groups = ''] = entry.split('=')
      const names = groups.split(',').map((it) => it.trim())
      return [user.trim(), names.filter((it) => it !== '')]
    })
  return new Map(entries)
}

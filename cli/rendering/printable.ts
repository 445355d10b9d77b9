/** Names hold whatever their owner wrote: in a line for people none may look like another line, or move the cursor. */

/** Control characters as escapes: `\\u000a`. Pure. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)

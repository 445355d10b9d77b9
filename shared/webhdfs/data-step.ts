/**
 * The second step of the operations that move bytes: what a namenode's redirect and the datanode that serves it agree on.
 * The ticket in the redirect says who may do what; the user's name in the URL is for the eyes of people and libraries.
 */

/** Query parameter of the redirect that carries the ticket. */
export const TICKET_PARAMETER = 'ticket'

/** The parameters that each operation hands on, in the order of Apache's redirects (alphabetical). */
export const DATA_PARAMETERS = {
  OPEN: ['buffersize', 'length', 'offset'],
  GETFILECHECKSUM: [],
  CREATE: [
    'blocksize',
    'buffersize',
    'createflag',
    'createparent',
    'ecpolicy',
    'overwrite',
    'permission',
    'replication',
    'storagepolicy',
    'unmaskedpermission',
  ],
  APPEND: ['buffersize'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type DataOperation = keyof typeof DATA_PARAMETERS

/**
 * Longer than that of other tickets: some clients use one redirect for a whole file (fsspec sends every piece of an upload
 * to the same URL, Java seeks by changing the offset in it), and a file may take hours.
 */
export const DATA_TICKET_LIFETIME_MS = 24 * 3_600_000

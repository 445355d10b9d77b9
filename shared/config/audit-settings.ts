/** Settings of the audit log (docs/audit.md). Part of the one table in settings.ts. */
import { flag, size } from './setting.js'

const NAMENODE = ['namenode'] as const

export const AUDIT_SETTINGS = {
  'audit.max-size': size({
    about:
      'room for the audit log, beside the namespace; its oldest eighth goes first; 0 keeps none',
    for: NAMENODE,
    default: '256MiB',
  }),
  'audit.reads': flag({
    about: 'log operations that change nothing, too',
    for: NAMENODE,
    default: true,
  }),
}

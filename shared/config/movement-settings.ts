/** The part of the table of settings that says how healthy blocks move: for storage policies, and for balance. */
import { fraction, size } from './setting.js'

const NAMENODE = ['namenode'] as const

export const MOVEMENT_SETTINGS = {
  'movement.rate': size({
    about:
      'most bytes a second, in the whole cluster, that move for storage policies and for balance',
    for: NAMENODE,
    default: '100MiB',
    min: '4KiB',
  }),
  'movement.balance-threshold': fraction({
    about:
      'how far the use of a storage may be from the average of its type before blocks move; 1 switches it off',
    for: NAMENODE,
    default: 0.1,
  }),
}

/** Who a request says it comes from: a name goes into texts, audit lines and owners, so it must look like one. */
import { DfsError } from '../../shared/errors.js'

/** @throws DfsError ILLEGAL_ARGUMENT */
export function checkUserParameter(name: string, user: string): string {
  if (/^[A-Za-z0-9_.@$-]{1,64}$/.test(user)) return user
  throw new DfsError('ILLEGAL_ARGUMENT', `${name} must be one name`)
}

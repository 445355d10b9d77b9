/**
 * Failures on the WebHDFS faces: a RemoteException in JSON, under the status that Apache gives to the exception's Java
 * type (protocol reference 4.5). These statuses are not those of the error table: there a conflict is a 409, here every
 * IOException that is no missing file is a 403.
 */
import type { FastifyReply } from 'fastify'
import { DfsError } from '../errors.js'

/** Subclasses of IllegalArgumentException, which Apache answers with 400 as it does that class. */
const ARGUMENT_CLASSES: ReadonlySet<string> = new Set([
  'java.lang.IllegalArgumentException',
  'java.lang.UnsupportedOperationException',
  'org.apache.hadoop.HadoopIllegalArgumentException',
  'org.apache.hadoop.fs.InvalidPathException',
])

export interface RemoteExceptionBody {
  readonly RemoteException: {
    readonly exception: string
    readonly javaClassName: string
    readonly message: string
  }
}

/** A parameter or URL that cannot be what it is: 400 with `java.lang.IllegalArgumentException`. */
export function webhdfsArgumentError(message: string, cause?: unknown): DfsError {
  return new DfsError('JAVA_ILLEGAL_ARGUMENT', message, cause === undefined ? {} : { cause })
}

export function webhdfsStatusOf(error: DfsError): number {
  const { code, javaClass } = error
  if (code === 'INTERNAL') return 500
  if (code === 'TOO_LARGE' || code === 'UNSUPPORTED_MEDIA_TYPE') return error.row.httpStatus
  if (javaClass === 'java.io.FileNotFoundException') return 404
  return ARGUMENT_CLASSES.has(javaClass) ? 400 : 403
}

/** Messages of our own bugs stay in the log: they may name files, SQL or memory. */
export function remoteExceptionOf(error: DfsError): RemoteExceptionBody {
  const { code, javaClass, message } = error
  return {
    RemoteException: {
      exception: simpleName(javaClass),
      javaClassName: javaClass,
      message: code === 'INTERNAL' ? 'internal error' : message,
    },
  }
}

export function sendRemoteException(reply: FastifyReply, error: DfsError): FastifyReply {
  return reply
    .code(webhdfsStatusOf(error))
    .header('cache-control', 'no-cache')
    .header('content-type', 'application/json')
    .send(JSON.stringify(remoteExceptionOf(error)))
}

/** As Java's `getSimpleName`: also the outer class of a nested one falls away. */
function simpleName(javaClass: string): string {
  return javaClass.slice(Math.max(javaClass.lastIndexOf('.'), javaClass.lastIndexOf('$')) + 1)
}

/**
 * The operations that move bytes, first step: what can be refused is refused here, the rest is sent to a datanode with a
 * ticket (P7: the namenode never touches file bytes).
 */
import { DfsError } from '../../../shared/errors.js'
import { issueTicket } from '../../../shared/http/ticket.js'
import { hostInUrl, withoutMapping } from '../../../shared/ip-address.js'
import { createParameters } from '../../../shared/webhdfs/create-parameters.js'
import {
  DATA_PARAMETERS,
  DATA_TICKET_LIFETIME_MS,
  type DataOperation,
  TICKET_PARAMETER,
} from '../../../shared/webhdfs/data-step.js'
import { webhdfsUrlOfPath } from '../../../shared/webhdfs/url.js'
import { READ, WRITE } from '../../policy/permissions.js'
import type { FileStatus } from '../../service/namespace/namespace-model.js'
import { type PlannedRead, servingDatanode } from '../../service/nodes/serving-datanode.js'
import {
  json,
  type Operation,
  type OperationAnswer,
  type OperationRequest,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

export function dataOperations(options: WebhdfsOptions): OperationTable {
  return {
    GET: reads(options),
    PUT: { CREATE: create(options) },
    POST: { APPEND: append(options) },
  }
}

function reads(options: WebhdfsOptions): Operations {
  const { namespace } = options.services
  return {
    OPEN: (request) => {
      const { call, path, parameters } = request
      const offsetBytes = parameters.long('offset', 0) ?? 0
      parameters.long('length', 0)
      const { lengthBytes } = existingFile(options, request)
      if (lengthBytes > 0 && offsetBytes >= lengthBytes) {
        const range = `[0, ${lengthBytes})`
        throw new DfsError(
          'IO',
          `Offset=${offsetBytes} out of the range ${range}; OPEN, path=${path}`,
        )
      }
      namespace.checkAccess(call, path, READ)
      return redirect(options, request, 'OPEN', 'GET', { path, offsetBytes }, { offset: '0' })
    },
    GETFILECHECKSUM: (request) => {
      const { call, path } = request
      existingFile(options, request)
      namespace.checkAccess(call, path, READ)
      return redirect(options, request, 'GETFILECHECKSUM', 'GET', { path, offsetBytes: 0 }, {})
    },
  }
}

function create(options: WebhdfsOptions): Operation {
  const { namespace, safeMode } = options.services
  return (request) => {
    const { call, path, parameters } = request
    const { overwrite } = createParameters(parameters)
    safeMode.requireOff(`Cannot create file${path}`)
    // Refused before a byte travels when it can be known; the datanode's own create decides.
    const status = namespace.status(call, path)
    if (status?.kind === 'directory') {
      throw new DfsError('ALREADY_EXISTS', `${path} already exists as a directory`)
    }
    if (status !== undefined && !overwrite) {
      throw new DfsError(
        'ALREADY_EXISTS',
        `${path} for client ${call.clientAddress} already exists`,
      )
    }
    return redirect(options, request, 'CREATE', 'PUT', undefined, {
      createflag: '',
      createparent: 'true',
      overwrite: 'false',
    })
  }
}

function append(options: WebhdfsOptions): Operation {
  const { namespace, safeMode } = options.services
  return (request) => {
    const { call, path } = request
    const { lengthBytes } = existingFile(options, request)
    safeMode.requireOff(`Cannot append to file${path}`)
    namespace.checkAccess(call, path, WRITE)
    // Where the last block is: its first replica then needs no network.
    const offsetBytes = Math.max(0, lengthBytes - 1)
    return redirect(options, request, 'APPEND', 'POST', { path, offsetBytes }, {})
  }
}

/** @throws DfsError NOT_FOUND, in the words that only these operations have */
function existingFile({ services }: WebhdfsOptions, { call, path }: OperationRequest): FileStatus {
  const status = services.namespace.status(call, path)
  if (status === undefined) throw new DfsError('NOT_FOUND', `File ${path} not found.`)
  if (status.kind === 'directory') throw new DfsError('NOT_FOUND', `Path is not a file: ${path}`)
  return status
}

/** @param defaults what the redirect says also when the request did not */
function redirect(
  { services, rpcPort }: WebhdfsOptions,
  { call, path, parameters }: OperationRequest,
  operation: DataOperation,
  method: string,
  read: PlannedRead | undefined,
  defaults: Readonly<Record<string, string>>,
): OperationAnswer {
  const { config, clock } = services
  const excluded = (parameters.text('excludedatanodes') ?? '').split(',').filter((it) => it !== '')
  const node = servingDatanode(call, read, {
    ...services,
    blockSizeBytes: config.blockSizeBytes,
    excluded,
  })
  const user = parameters.text('user.name')
  const impersonated = parameters.text('doas')
  const query: [string, string][] = [
    ['op', operation],
    ...(user === undefined ? [] : [['user.name', user] satisfies [string, string]]),
    ...(impersonated === undefined ? [] : [['doas', impersonated] satisfies [string, string]]),
    ['namenoderpcaddress', `${hostInUrl(withoutMapping(call.localAddress))}:${rpcPort()}`],
  ]
  for (const name of DATA_PARAMETERS[operation]) {
    const value = parameters.text(name) ?? defaults[name]
    if (value !== undefined) query.push([name, value])
  }
  const expiresMs = clock.wallMs() + DATA_TICKET_LIFETIME_MS
  const claims = { user: call.principal.user, method, path, expiresMs }
  query.push([TICKET_PARAMETER, issueTicket(claims, config.clusterToken)])
  const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const location = `http://${node}${webhdfsUrlOfPath(path)}?${text.replaceAll('%3A', ':')}`
  return parameters.boolean('noredirect', false)
    ? json({ Location: location })
    : { kind: 'redirect', location }
}

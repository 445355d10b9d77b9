import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../../namenode/run-program.js'
import {
  withExtraCertificates,
  withoutExtraCertificates,
} from '../../../shared/extra-certificates.js'

const MISSING = '/there/is/no/such/file.pem'
const before = { ...process.env }

afterEach(() => {
  process.env = { ...before }
})

describe('the file of certificates that Node reads at each start', () => {
  it('is not read by a process of our own', () => {
    const environment = { ...process.env, NODE_EXTRA_CA_CERTS: MISSING }
    const script = 'console.log(process.env.NODE_EXTRA_CA_CERTS)'
    const seen = (env: NodeJS.ProcessEnv) =>
      spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env }).stdout.trim()
    expect(seen(environment)).toBe(MISSING)
    expect(seen(withoutExtraCertificates(environment))).toBe('undefined')
  })

  it('is named to programs that are run for the operator', async () => {
    process.env = withoutExtraCertificates({ ...before, NODE_EXTRA_CA_CERTS: MISSING })
    const printed = await runProgram('/bin/sh', ['-c', 'echo "$NODE_EXTRA_CA_CERTS"'], 10_000)
    expect(printed.trim()).toBe(MISSING)
  })

  it('changes nothing where it is not named', () => {
    expect(withoutExtraCertificates({ a: 'b' })).toEqual({ a: 'b' })
    expect(withExtraCertificates({ a: 'b' })).toEqual({ a: 'b' })
  })
})

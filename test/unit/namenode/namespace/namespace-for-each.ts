/** A namespace of its own for every test of a file, whose tables are checked when the test is over. */
import { afterEach, beforeEach } from 'vitest'
import { type Fixture, openFixture } from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

/** @param begin keeps the fixture, and makes what every test needs */
export function namespaceForEach(
  begin: (fixture: Fixture) => unknown,
  overrides: Parameters<typeof openFixture>[0] = {},
): void {
  let fixture: Fixture
  beforeEach(async () => {
    fixture = await openFixture(overrides)
    await begin(fixture)
  })
  afterEach(async () => {
    checkStore(fixture.folder)
    await fixture.dispose()
  })
}

/** hdfs-native (Rust, by its Python package), and its binding to fsspec, against a cluster of ours. */
import { describe } from 'vitest'
import { useInteropCluster } from '../support/interop-cluster.js'
import { ORDINARY_CHECKS, pythonPackages, tellPythonLife } from '../support/python-life.js'

const VERSION = '0.14.7'
const FSSPEC_VERSION = '2026.9.0'

const packages = () =>
  pythonPackages(`hdfs-native-${VERSION}-fsspec-${FSSPEC_VERSION}`, [
    `hdfs-native==${VERSION}`,
    `fsspec==${FSSPEC_VERSION}`,
  ])

const interop = useInteropCluster()

describe('hdfs-native', () => {
  tellPythonLife(interop, {
    script: 'hdfs_native_life.py',
    root: '/native',
    packages,
    checks: [
      ...ORDINARY_CHECKS,
      'attributes_are_kept',
      'a_tree_is_listed_summed_and_matched',
      'an_existing_file_is_not_overwritten_unasked',
      'a_synced_length_is_seen_before_the_close',
      'a_lost_writer_is_replaced',
      'access_control_lists_are_kept',
    ],
  })
})

describe('hdfs-native behind fsspec', () => {
  tellPythonLife(interop, {
    script: 'hdfs_native_fsspec_life.py',
    root: '/native-fsspec',
    packages,
    checks: ORDINARY_CHECKS,
  })
})

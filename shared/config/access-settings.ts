/** The part of the table of settings that says who may do what. */
import { duration, list, type Setting, text } from './setting.js'

const NAMENODE = ['namenode'] as const
const BOTH = ['namenode', 'datanode'] as const

export const ACCESS_SETTINGS = {
  'permission.superuser': text({
    about: 'user who may do everything; empty is the user that runs the server',
    for: BOTH,
    default: '',
  }),
  'permission.supergroup': text({
    about: 'group whose members may do everything',
    for: NAMENODE,
    default: 'supergroup',
    hdfs: 'dfs.permissions.superusergroup',
  }),
  'permission.static-groups': text({
    about: 'groups of users, as alice=staff,admins;dr.who=; before all other sources',
    for: NAMENODE,
    default: '',
    pattern: /^(\s*[^=;,\s]+=[^=;]*(;|$))*\s*$/,
    example: 'alice=staff,admins;bob=staff',
    hdfs: 'hadoop.user.group.static.mapping.overrides',
  }),
  'permission.groups-command': text({
    about: 'program that prints the groups of {user}; empty reads /etc/group',
    for: NAMENODE,
    default: '',
  }),
  'permission.groups-timeout': duration({
    about: 'how long that program may take',
    for: NAMENODE,
    default: '5s',
    min: '10ms',
    max: '1m',
    hdfs: 'hadoop.security.groups.shell.command.timeout',
    hdfsUnit: 's',
  }),
  'permission.groups-cache': duration({
    about: 'how long groups are remembered before they are asked for again',
    for: NAMENODE,
    default: '5m',
    min: '10ms',
    hdfs: 'hadoop.security.groups.cache.secs',
    hdfsUnit: 's',
  }),
  'permission.anonymous-user': text({
    about: 'who an HTTP request is that names no user',
    for: NAMENODE,
    default: 'dr.who',
    hdfs: 'hadoop.http.staticuser.user',
  }),
  'permission.proxy-users': list({
    about: 'users that may act for others, except for superusers (doas)',
    for: NAMENODE,
    default: [],
    pattern: /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/,
    example: 'gateway',
  }),
  'http.cors-origins': list({
    about: 'web sites whose pages may use the REST interfaces; * is every site',
    for: BOTH,
    default: [],
    pattern: /^(\*|https?:\/\/[A-Za-z0-9.:[\]-]{1,255})$/,
    example: 'https://portal.example',
    hdfs: 'hadoop.http.cross-origin.allowed-origins',
  }),
  'http.csrf-header': text({
    about: 'header that changes from browsers must carry; empty asks for none',
    for: BOTH,
    default: '',
    pattern: /^[A-Za-z0-9-]{0,64}$/,
    example: 'X-XSRF-HEADER',
    hdfs: 'dfs.webhdfs.rest-csrf.custom-header',
  }),
} as const satisfies Record<string, Setting<unknown>>

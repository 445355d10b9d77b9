/** The inotify stream of HDFS (protocol reference 2.8): clients poll; superusers only, as there. */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'
import { eventsListMessage } from './event-messages.js'

export function eventStream({ events, principals }: NamenodeServices) {
  return {
    getCurrentEditLogTxid: rpcMethod(CLIENT_PROTOCOL.getCurrentEditLogTxid, (_, context) => {
      requireSuperuser(callOf(context, principals), 'getCurrentEditLogTxid')
      return { txid: events.lastTransactionId }
    }),
    // What is missing the client finds out itself: it compares `firstTxid` with what it asked for.
    getEditsFromTxid: rpcMethod(CLIENT_PROTOCOL.getEditsFromTxid, ({ txid }, context) => {
      requireSuperuser(callOf(context, principals), 'getEditsFromTxid')
      return { eventsList: eventsListMessage(events.readAfter(Math.max(0, txid - 1))) }
    }),
  }
}

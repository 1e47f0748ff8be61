import { setMaxListeners } from 'node:events'

/**
 * Is aborted as soon as one of the sources is, which hold it for that. AbortSignal.any() of node holds them weakly, and
 * what nobody else holds does nothing: a timeout never comes (https://github.com/nodejs/node/issues/57736), an abort gets
 * lost (https://github.com/nodejs/node/issues/65995).
 */
export function anyAborted(...sources: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  const { signal } = controller
  for (const source of sources) {
    // One may be joined with as many others as it likes, of which node would warn the user.
    setMaxListeners(0, source)
    if (source.aborted) controller.abort(source.reason)
    else source.addEventListener('abort', () => controller.abort(source.reason), { signal })
  }
  return signal
}

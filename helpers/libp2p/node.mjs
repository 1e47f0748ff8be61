// A libp2p node that does nothing unasked: it knows nobody, looks for nobody and listens on nothing but what is
// named. Not bundled, as its packages are installed by those alone who want them; what it gives is described in
// ../bitswap/node.ts.

// libp2p asks for node 22 for this alone.
Promise.withResolvers ??= function () {
  let functions
  const promise = new this((resolve, reject) => {
    functions = { resolve, reject }
  })
  return { promise, ...functions }
}

const [{ privateKeyFromRaw }, { identify }, { noise }, { tcp }, { yamux }, { multiaddr }, { createLibp2p }] =
  await Promise.all([
    import('@libp2p/crypto/keys'),
    import('@libp2p/identify'),
    import('@libp2p/noise'),
    import('@libp2p/tcp'),
    import('@libp2p/yamux'),
    import('@multiformats/multiaddr'),
    import('libp2p'),
  ])

/** `listen` are multiaddrs; `key` is an ed25519 key in its raw form, a new one when there is none. */
export async function startNode({ listen, key, connectMs }) {
  const node = await createLibp2p({
    ...(key ? { privateKey: privateKeyFromRaw(key) } : {}),
    nodeInfo: { name: 'coolports', version: '1', userAgent: 'coolports' },
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    connectionManager: {
      maxConnections: 128,
      inboundConnectionThreshold: 64,
      dialTimeout: connectMs,
      addressDialTimeout: connectMs,
      reconnectRetries: 0,
    },
  })
  return {
    get addresses() {
      return node.getMultiaddrs().map(String)
    },
    handle: (protocol, take) =>
      node.handle(protocol, (stream, connection) => take(streamOf(stream), connectionOf(connection)), {
        maxInboundStreams: 16,
        maxOutboundStreams: 16,
      }),
    dial: async (address, signal) => connectionOf(await node.dial(multiaddr(address), { signal })),
    stop: () => node.stop(),
  }
}

const connectionOf = connection => ({
  peer: connection.remotePeer.toString(),
  get isOpen() {
    return connection.status === 'open'
  },
  open: async (protocol, signal) =>
    streamOf(await connection.newStream(protocol, { signal, maxOutboundStreams: 16 })),
  onClose: listener => connection.addEventListener('close', () => listener(), { once: true }),
  abort: () => connection.abort(new Error('it is asked no more')),
})

const streamOf = stream => ({
  get isOpen() {
    return stream.writeStatus === 'writable'
  },
  async send(bytes, signal) {
    if (!stream.send(bytes)) await stream.onDrain({ signal })
  },
  async *[Symbol.asyncIterator]() {
    for await (const chunk of stream) yield chunk.subarray()
  },
  close: signal => stream.close({ signal }),
  abort: () => stream.abort(new Error('it is read no more')),
})

import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 785:
/***/ ((__unused_webpack_module, exports) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
// This is an empty module that is served up when outside of a workerd environment
// See the `exports` field in package.json
exports["default"] = {};
//# sourceMappingURL=empty.js.map

/***/ }),

/***/ 6122:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



//Parse method copied from https://github.com/brianc/node-postgres
//Copyright (c) 2010-2014 Brian Carlson (brian.m.carlson@gmail.com)
//MIT License

//parses a connection string
function parse(str, options = {}) {
  //unix socket
  if (str.charAt(0) === '/') {
    const config = str.split(' ')
    return { host: config[0], database: config[1] }
  }

  // Check for empty host in URL

  const config = Object.create(null)
  let result
  let dummyHost = false
  if (/ |%[^a-f0-9]|%[a-f0-9][^a-f0-9]/i.test(str)) {
    // Ensure spaces are encoded as %20
    str = encodeURI(str).replace(/%25(\d\d)/g, '%$1')
  }

  try {
    try {
      result = new URL(str, 'postgres://base')
    } catch (e) {
      // The URL is invalid so try again with a dummy host
      result = new URL(str.replace('@/', '@___DUMMY___/'), 'postgres://base')
      dummyHost = true
    }
  } catch (err) {
    // Remove the input from the error message to avoid leaking sensitive information
    err.input && (err.input = '*****REDACTED*****')
    throw err
  }

  // We'd like to use Object.fromEntries() here but Node.js 10 does not support it
  for (const entry of result.searchParams.entries()) {
    config[entry[0]] = entry[1]
  }

  config.user = config.user || decodeURIComponent(result.username)
  config.password = config.password || decodeURIComponent(result.password)

  if (result.protocol == 'socket:') {
    config.host = decodeURI(result.pathname)
    config.database = result.searchParams.get('db')
    config.client_encoding = result.searchParams.get('encoding')
    return config
  }
  const hostname = (dummyHost ? '' : result.hostname).replace(/^\[(.+)\]$/, '$1')
  if (!config.host) {
    // Only set the host if there is no equivalent query param.
    config.host = decodeURIComponent(hostname)
  } else if (hostname && /^%2f/i.test(hostname)) {
    // Only prepend the hostname to the pathname if it is not a URL encoded Unix socket host.
    result.pathname = hostname + result.pathname
  }
  if (!config.port) {
    // Only set the port if there is no equivalent query param.
    config.port = result.port
  }

  const pathname = result.pathname.slice(1) || null
  config.database = pathname ? decodeURI(pathname) : null

  if (config.ssl === 'true' || config.ssl === '1') {
    config.ssl = true
  }

  if (config.ssl === '0') {
    config.ssl = false
  }

  if (config.sslcert || config.sslkey || config.sslrootcert || config.sslmode) {
    config.ssl = {}
  }

  // sslnegotiation=direct implies SSL is in use (libpq requires sslmode>=require),
  // so enable SSL if the connection string did not otherwise configure it.
  if (config.sslnegotiation === 'direct' && config.ssl === undefined) {
    config.ssl = true
  }

  // Only try to load fs if we expect to read from the disk
  const fs = config.sslcert || config.sslkey || config.sslrootcert ? __nccwpck_require__(9896) : null

  if (config.sslcert) {
    config.ssl.cert = fs.readFileSync(config.sslcert).toString()
  }

  if (config.sslkey) {
    config.ssl.key = fs.readFileSync(config.sslkey).toString()
  }

  if (config.sslrootcert) {
    config.ssl.ca = fs.readFileSync(config.sslrootcert).toString()
  }

  if (options.useLibpqCompat && config.uselibpqcompat) {
    throw new Error('Both useLibpqCompat and uselibpqcompat are set. Please use only one of them.')
  }

  if (config.uselibpqcompat === 'true' || options.useLibpqCompat) {
    switch (config.sslmode) {
      case 'disable': {
        config.ssl = false
        break
      }
      case 'prefer': {
        config.ssl.rejectUnauthorized = false
        break
      }
      case 'require': {
        if (config.sslrootcert) {
          // If a root CA is specified, behavior of `sslmode=require` will be the same as that of `verify-ca`
          config.ssl.checkServerIdentity = function () {}
        } else {
          config.ssl.rejectUnauthorized = false
        }
        break
      }
      case 'verify-ca': {
        if (!config.ssl.ca) {
          throw new Error(
            'SECURITY WARNING: Using sslmode=verify-ca requires specifying a CA with sslrootcert. If a public CA is used, verify-ca allows connections to a server that somebody else may have registered with the CA, making you vulnerable to Man-in-the-Middle attacks. Either specify a custom CA certificate with sslrootcert parameter or use sslmode=verify-full for proper security.'
          )
        }
        config.ssl.checkServerIdentity = function () {}
        break
      }
      case 'verify-full': {
        break
      }
    }
  } else {
    switch (config.sslmode) {
      case 'disable': {
        config.ssl = false
        break
      }
      case 'prefer':
      case 'require':
      case 'verify-ca':
      case 'verify-full': {
        if (config.sslmode !== 'verify-full') {
          deprecatedSslModeWarning(config.sslmode)
        }
        break
      }
      case 'no-verify': {
        config.ssl.rejectUnauthorized = false
        break
      }
    }
  }

  return config
}

// convert pg-connection-string ssl config to a ClientConfig.ConnectionOptions
function toConnectionOptions(sslConfig) {
  const connectionOptions = Object.entries(sslConfig).reduce((c, [key, value]) => {
    // we explicitly check for undefined and null instead of `if (value)` because some
    // options accept falsy values. Example: `ssl.rejectUnauthorized = false`
    if (value !== undefined && value !== null) {
      c[key] = value
    }

    return c
  }, Object.create(null))

  return connectionOptions
}

// convert pg-connection-string config to a ClientConfig
function toClientConfig(config) {
  const poolConfig = Object.entries(config).reduce((c, [key, value]) => {
    if (key === 'ssl') {
      const sslConfig = value

      if (typeof sslConfig === 'boolean') {
        c[key] = sslConfig
      }

      if (typeof sslConfig === 'object') {
        c[key] = toConnectionOptions(sslConfig)
      }
    } else if (value !== undefined && value !== null) {
      if (key === 'port') {
        // when port is not specified, it is converted into an empty string
        // we want to avoid NaN or empty string as a values in ClientConfig
        if (value !== '') {
          const v = parseInt(value, 10)
          if (isNaN(v)) {
            throw new Error(`Invalid ${key}: ${value}`)
          }

          c[key] = v
        }
      } else {
        c[key] = value
      }
    }

    return c
  }, Object.create(null))

  return poolConfig
}

// parses a connection string into ClientConfig
function parseIntoClientConfig(str) {
  return toClientConfig(parse(str))
}

function deprecatedSslModeWarning(sslmode) {
  if (!deprecatedSslModeWarning.warned && typeof process !== 'undefined' && process.emitWarning) {
    deprecatedSslModeWarning.warned = true
    process.emitWarning(`SECURITY WARNING: The SSL modes 'prefer', 'require', and 'verify-ca' are treated as aliases for 'verify-full'.
In the next major version (pg-connection-string v3.0.0 and pg v9.0.0), these modes will adopt standard libpq semantics, which have weaker security guarantees.

To prepare for this change:
- If you want the current behavior, explicitly use 'sslmode=verify-full'
- If you want libpq compatibility now, use 'uselibpqcompat=true&sslmode=${sslmode}'

See https://www.postgresql.org/docs/current/libpq-ssl.html for libpq SSL mode definitions.`)
  }
}

module.exports = parse

parse.parse = parse
parse.toClientConfig = toClientConfig
parse.parseIntoClientConfig = parseIntoClientConfig


/***/ }),

/***/ 2299:
/***/ ((module) => {



// selected so (BASE - 1) * 0x100000000 + 0xffffffff is a safe integer
var BASE = 1000000;

function readInt8(buffer) {
	var high = buffer.readInt32BE(0);
	var low = buffer.readUInt32BE(4);
	var sign = '';

	if (high < 0) {
		high = ~high + (low === 0);
		low = (~low + 1) >>> 0;
		sign = '-';
	}

	var result = '';
	var carry;
	var t;
	var digits;
	var pad;
	var l;
	var i;

	{
		carry = high % BASE;
		high = high / BASE >>> 0;

		t = 0x100000000 * carry + low;
		low = t / BASE >>> 0;
		digits = '' + (t - BASE * low);

		if (low === 0 && high === 0) {
			return sign + digits + result;
		}

		pad = '';
		l = 6 - digits.length;

		for (i = 0; i < l; i++) {
			pad += '0';
		}

		result = pad + digits + result;
	}

	{
		carry = high % BASE;
		high = high / BASE >>> 0;

		t = 0x100000000 * carry + low;
		low = t / BASE >>> 0;
		digits = '' + (t - BASE * low);

		if (low === 0 && high === 0) {
			return sign + digits + result;
		}

		pad = '';
		l = 6 - digits.length;

		for (i = 0; i < l; i++) {
			pad += '0';
		}

		result = pad + digits + result;
	}

	{
		carry = high % BASE;
		high = high / BASE >>> 0;

		t = 0x100000000 * carry + low;
		low = t / BASE >>> 0;
		digits = '' + (t - BASE * low);

		if (low === 0 && high === 0) {
			return sign + digits + result;
		}

		pad = '';
		l = 6 - digits.length;

		for (i = 0; i < l; i++) {
			pad += '0';
		}

		result = pad + digits + result;
	}

	{
		carry = high % BASE;
		t = 0x100000000 * carry + low;
		digits = '' + t % BASE;

		return sign + digits + result;
	}
}

module.exports = readInt8;


/***/ }),

/***/ 7558:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {


const EventEmitter = (__nccwpck_require__(4434).EventEmitter)

const NOOP = function () {}

const removeWhere = (list, predicate) => {
  const i = list.findIndex(predicate)

  return i === -1 ? undefined : list.splice(i, 1)[0]
}

class IdleItem {
  constructor(client, idleListener, timeoutId) {
    this.client = client
    this.idleListener = idleListener
    this.timeoutId = timeoutId
  }
}

class PendingItem {
  constructor(callback) {
    this.callback = callback
  }
}

function throwOnDoubleRelease() {
  throw new Error('Release called on client which has already been released to the pool.')
}

function promisify(Promise, callback) {
  if (callback) {
    return { callback: callback, result: undefined }
  }
  let rej
  let res
  const cb = function (err, client) {
    err ? rej(err) : res(client)
  }
  const result = new Promise(function (resolve, reject) {
    res = resolve
    rej = reject
  }).catch((err) => {
    // replace the stack trace that leads to `TCP.onStreamRead` with one that leads back to the
    // application that created the query
    Error.captureStackTrace(err)
    throw err
  })
  return { callback: cb, result: result }
}

function makeIdleListener(pool, client) {
  return function idleListener(err) {
    err.client = client

    client.removeListener('error', idleListener)
    client.on('error', () => {
      pool.log('additional client error after disconnection due to error', err)
    })
    pool._remove(client)
    // TODO - document that once the pool emits an error
    // the client has already been closed & purged and is unusable
    pool.emit('error', err, client)
  }
}

class Pool extends EventEmitter {
  constructor(options, Client) {
    super()
    this.options = Object.assign({}, options)

    if (options != null && 'password' in options) {
      // "hiding" the password so it doesn't show up in stack traces
      // or if the client is console.logged
      Object.defineProperty(this.options, 'password', {
        configurable: true,
        enumerable: false,
        writable: true,
        value: options.password,
      })
    }
    if (options != null && options.ssl && options.ssl.key) {
      // "hiding" the ssl->key so it doesn't show up in stack traces
      // or if the client is console.logged
      Object.defineProperty(this.options.ssl, 'key', {
        enumerable: false,
      })
    }

    this.options.max = this.options.max || this.options.poolSize || 10
    this.options.min = this.options.min || 0
    this.options.maxUses = this.options.maxUses || Infinity
    this.options.allowExitOnIdle = this.options.allowExitOnIdle || false
    this.options.maxLifetimeSeconds = this.options.maxLifetimeSeconds || 0
    this.log = this.options.log || function () {}
    this.Client = this.options.Client || Client || (__nccwpck_require__(3273).Client)
    this.Promise = this.options.Promise || global.Promise

    if (typeof this.options.idleTimeoutMillis === 'undefined') {
      this.options.idleTimeoutMillis = 10000
    }

    this._clients = []
    this._idle = []
    this._expired = new WeakSet()
    this._pendingQueue = []
    this._endCallback = undefined
    this.ending = false
    this.ended = false
  }

  _promiseTry(f) {
    const Promise = this.Promise
    if (typeof Promise.try === 'function') {
      return Promise.try(f)
    }
    return new Promise((resolve) => resolve(f()))
  }

  _isFull() {
    return this._clients.length >= this.options.max
  }

  _isAboveMin() {
    return this._clients.length > this.options.min
  }

  _pulseQueue() {
    this.log('pulse queue')
    if (this.ended) {
      this.log('pulse queue ended')
      return
    }
    if (this.ending) {
      this.log('pulse queue on ending')
      if (this._idle.length) {
        this._idle.slice().map((item) => {
          this._remove(item.client)
        })
      }
      if (!this._clients.length) {
        this.ended = true
        this._endCallback()
      }
      return
    }

    // if we don't have any waiting, do nothing
    if (!this._pendingQueue.length) {
      this.log('no queued requests')
      return
    }
    // if we don't have any idle clients and we have no more room do nothing
    if (!this._idle.length && this._isFull()) {
      return
    }
    const pendingItem = this._pendingQueue.shift()
    if (this._idle.length) {
      const idleItem = this._idle.pop()
      clearTimeout(idleItem.timeoutId)
      const client = idleItem.client
      client.ref && client.ref()
      const idleListener = idleItem.idleListener

      return this._acquireClient(client, pendingItem, idleListener, false)
    }
    if (!this._isFull()) {
      return this.newClient(pendingItem)
    }
    throw new Error('unexpected condition')
  }

  _remove(client, callback) {
    const removed = removeWhere(this._idle, (item) => item.client === client)

    if (removed !== undefined) {
      clearTimeout(removed.timeoutId)
    }

    this._clients = this._clients.filter((c) => c !== client)
    const context = this
    client.end(() => {
      context.emit('remove', client)

      if (typeof callback === 'function') {
        callback()
      }
    })
  }

  connect(cb) {
    if (this.ending) {
      const err = new Error('Cannot use a pool after calling end on the pool')
      return cb ? cb(err) : this.Promise.reject(err)
    }

    const response = promisify(this.Promise, cb)
    const result = response.result

    // if we don't have to connect a new client, don't do so
    if (this._isFull() || this._idle.length) {
      // if we have idle clients schedule a pulse immediately
      if (this._idle.length) {
        process.nextTick(() => this._pulseQueue())
      }

      if (!this.options.connectionTimeoutMillis) {
        this._pendingQueue.push(new PendingItem(response.callback))
        return result
      }

      const queueCallback = (err, res, done) => {
        clearTimeout(tid)
        response.callback(err, res, done)
      }

      const pendingItem = new PendingItem(queueCallback)

      // set connection timeout on checking out an existing client
      const tid = setTimeout(() => {
        // remove the callback from pending waiters because
        // we're going to call it with a timeout error
        removeWhere(this._pendingQueue, (i) => i.callback === queueCallback)
        pendingItem.timedOut = true
        response.callback(new Error('timeout exceeded when trying to connect'))
      }, this.options.connectionTimeoutMillis)

      if (tid.unref) {
        tid.unref()
      }

      this._pendingQueue.push(pendingItem)
      return result
    }

    this.newClient(new PendingItem(response.callback))

    return result
  }

  newClient(pendingItem) {
    const client = new this.Client(this.options)
    this._clients.push(client)
    const idleListener = makeIdleListener(this, client)

    this.log('checking client timeout')

    // connection timeout logic
    let tid
    let timeoutHit = false
    if (this.options.connectionTimeoutMillis) {
      tid = setTimeout(() => {
        if (client.connection) {
          this.log('ending client due to timeout')
          timeoutHit = true
          client.connection.stream.destroy()
        } else if (!client.isConnected()) {
          this.log('ending client due to timeout')
          timeoutHit = true
          // force kill the node driver, and let libpq do its teardown
          client.end()
        }
      }, this.options.connectionTimeoutMillis)
    }

    this.log('connecting new client')
    client.connect((err) => {
      if (tid) {
        clearTimeout(tid)
      }
      client.on('error', idleListener)
      if (err) {
        this.log('client failed to connect', err)
        // remove the dead client from our list of clients
        this._clients = this._clients.filter((c) => c !== client)
        if (timeoutHit) {
          err = new Error('Connection terminated due to connection timeout', { cause: err })
        }

        // this client won’t be released, so move on immediately
        this._pulseQueue()

        if (!pendingItem.timedOut) {
          pendingItem.callback(err, undefined, NOOP)
        }
      } else {
        this.log('new client connected')

        if (this.options.onConnect) {
          this._promiseTry(() => this.options.onConnect(client)).then(
            () => {
              this._afterConnect(client, pendingItem, idleListener)
            },
            (hookErr) => {
              this._clients = this._clients.filter((c) => c !== client)
              client.end(() => {
                this._pulseQueue()
                if (!pendingItem.timedOut) {
                  pendingItem.callback(hookErr, undefined, NOOP)
                }
              })
            }
          )
          return
        }

        return this._afterConnect(client, pendingItem, idleListener)
      }
    })
  }

  _afterConnect(client, pendingItem, idleListener) {
    if (this.options.maxLifetimeSeconds !== 0) {
      const maxLifetimeTimeout = setTimeout(() => {
        this.log('ending client due to expired lifetime')
        this._expired.add(client)
        const idleIndex = this._idle.findIndex((idleItem) => idleItem.client === client)
        if (idleIndex !== -1) {
          this._acquireClient(
            client,
            new PendingItem((err, client, clientRelease) => clientRelease()),
            idleListener,
            false
          )
        }
      }, this.options.maxLifetimeSeconds * 1000)

      maxLifetimeTimeout.unref()
      client.once('end', () => clearTimeout(maxLifetimeTimeout))
    }

    return this._acquireClient(client, pendingItem, idleListener, true)
  }

  // acquire a client for a pending work item
  _acquireClient(client, pendingItem, idleListener, isNew) {
    if (isNew) {
      this.emit('connect', client)
    }

    this.emit('acquire', client)

    client.release = this._releaseOnce(client, idleListener)

    client.removeListener('error', idleListener)

    if (!pendingItem.timedOut) {
      if (isNew && this.options.verify) {
        this.options.verify(client, (err) => {
          if (err) {
            client.release(err)
            return pendingItem.callback(err, undefined, NOOP)
          }

          pendingItem.callback(undefined, client, client.release)
        })
      } else {
        pendingItem.callback(undefined, client, client.release)
      }
    } else {
      if (isNew && this.options.verify) {
        this.options.verify(client, client.release)
      } else {
        client.release()
      }
    }
  }

  // returns a function that wraps _release and throws if called more than once
  _releaseOnce(client, idleListener) {
    let released = false

    return (err) => {
      if (released) {
        throwOnDoubleRelease()
      }

      released = true
      this._release(client, idleListener, err)
    }
  }

  // release a client back to the poll, include an error
  // to remove it from the pool
  _release(client, idleListener, err) {
    client.on('error', idleListener)

    client._poolUseCount = (client._poolUseCount || 0) + 1

    this.emit('release', err, client)

    // TODO(bmc): expose a proper, public interface _queryable and _ending
    if (err || this.ending || !client._queryable || client._ending || client._poolUseCount >= this.options.maxUses) {
      if (client._poolUseCount >= this.options.maxUses) {
        this.log('remove expended client')
      }

      return this._remove(client, this._pulseQueue.bind(this))
    }

    const isExpired = this._expired.has(client)
    if (isExpired) {
      this.log('remove expired client')
      this._expired.delete(client)
      return this._remove(client, this._pulseQueue.bind(this))
    }

    // idle timeout
    let tid
    if (this.options.idleTimeoutMillis && this._isAboveMin()) {
      tid = setTimeout(() => {
        if (this._isAboveMin()) {
          this.log('remove idle client')
          this._remove(client, this._pulseQueue.bind(this))
        }
      }, this.options.idleTimeoutMillis)

      if (this.options.allowExitOnIdle) {
        // allow Node to exit if this is all that's left
        tid.unref()
      }
    }

    if (this.options.allowExitOnIdle) {
      client.unref()
    }

    this._idle.push(new IdleItem(client, idleListener, tid))
    this._pulseQueue()
  }

  query(text, values, cb) {
    // guard clause against passing a function as the first parameter
    if (typeof text === 'function') {
      const response = promisify(this.Promise, text)
      setImmediate(function () {
        return response.callback(new Error('Passing a function as the first parameter to pool.query is not supported'))
      })
      return response.result
    }

    // allow plain text query without values, but callback
    if (typeof values === 'function') {
      cb = values
      values = undefined
    }
    const response = promisify(this.Promise, cb)
    cb = response.callback

    this.connect((err, client) => {
      if (err) {
        return cb(err)
      }

      let clientReleased = false
      const onError = (err) => {
        if (clientReleased) {
          return
        }
        clientReleased = true
        client.release(err)
        cb(err)
      }

      client.once('error', onError)
      this.log('dispatching query')
      try {
        client.query(text, values, (err, res) => {
          this.log('query dispatched')
          client.removeListener('error', onError)
          if (clientReleased) {
            return
          }
          clientReleased = true
          client.release(err)
          if (err) {
            return cb(err)
          }
          return cb(undefined, res)
        })
      } catch (err) {
        client.release(err)
        return cb(err)
      }
    })
    return response.result
  }

  end(cb) {
    this.log('ending')
    if (this.ending) {
      const err = new Error('Called end on pool more than once')
      return cb ? cb(err) : this.Promise.reject(err)
    }
    this.ending = true
    const promised = promisify(this.Promise, cb)
    this._endCallback = promised.callback
    this._pulseQueue()
    return promised.result
  }

  get waitingCount() {
    return this._pendingQueue.length
  }

  get idleCount() {
    return this._idle.length
  }

  get expiredCount() {
    return this._clients.reduce((acc, client) => acc + (this._expired.has(client) ? 1 : 0), 0)
  }

  get totalCount() {
    return this._clients.length
  }
}
module.exports = Pool


/***/ }),

/***/ 9971:
/***/ ((__unused_webpack_module, exports) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.BufferReader = void 0;
class BufferReader {
    constructor(offset = 0) {
        this.offset = offset;
        this.buffer = Buffer.allocUnsafe(0);
        // TODO(bmc): support non-utf8 encoding?
        this.encoding = 'utf-8';
    }
    setBuffer(offset, buffer) {
        this.offset = offset;
        this.buffer = buffer;
    }
    int16() {
        const result = this.buffer.readInt16BE(this.offset);
        this.offset += 2;
        return result;
    }
    byte() {
        const result = this.buffer[this.offset];
        this.offset++;
        return result;
    }
    int32() {
        const result = this.buffer.readInt32BE(this.offset);
        this.offset += 4;
        return result;
    }
    uint32() {
        const result = this.buffer.readUInt32BE(this.offset);
        this.offset += 4;
        return result;
    }
    string(length) {
        const result = this.buffer.toString(this.encoding, this.offset, this.offset + length);
        this.offset += length;
        return result;
    }
    cstring() {
        const start = this.offset;
        let end = start;
        // eslint-disable-next-line no-empty
        while (this.buffer[end++]) { }
        this.offset = end;
        return this.buffer.toString(this.encoding, start, end - 1);
    }
    bytes(length) {
        const result = this.buffer.slice(this.offset, this.offset + length);
        this.offset += length;
        return result;
    }
}
exports.BufferReader = BufferReader;
//# sourceMappingURL=buffer-reader.js.map

/***/ }),

/***/ 9315:
/***/ ((__unused_webpack_module, exports) => {


//binary data writer tuned for encoding binary specific to the postgres binary protocol
Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.Writer = void 0;
class Writer {
    constructor(size = 256) {
        this.size = size;
        this.offset = 5;
        this.headerPosition = 0;
        this.buffer = Buffer.allocUnsafe(size);
    }
    ensure(size) {
        const remaining = this.buffer.length - this.offset;
        if (remaining < size) {
            const oldBuffer = this.buffer;
            // exponential growth factor of around ~ 1.5
            // https://stackoverflow.com/questions/2269063/buffer-growth-strategy
            const newSize = oldBuffer.length + (oldBuffer.length >> 1) + size;
            this.buffer = Buffer.allocUnsafe(newSize);
            oldBuffer.copy(this.buffer, 0, 0, this.offset);
        }
    }
    addInt32(num) {
        this.ensure(4);
        this.buffer[this.offset++] = (num >>> 24) & 0xff;
        this.buffer[this.offset++] = (num >>> 16) & 0xff;
        this.buffer[this.offset++] = (num >>> 8) & 0xff;
        this.buffer[this.offset++] = (num >>> 0) & 0xff;
        return this;
    }
    addInt16(num) {
        this.ensure(2);
        this.buffer[this.offset++] = (num >>> 8) & 0xff;
        this.buffer[this.offset++] = (num >>> 0) & 0xff;
        return this;
    }
    addCString(string) {
        if (!string) {
            this.ensure(1);
        }
        else {
            const len = Buffer.byteLength(string);
            this.ensure(len + 1); // +1 for null terminator
            this.buffer.write(string, this.offset, 'utf-8');
            this.offset += len;
        }
        this.buffer[this.offset++] = 0; // null terminator
        return this;
    }
    addString(string = '') {
        const len = Buffer.byteLength(string);
        this.ensure(len);
        this.buffer.write(string, this.offset);
        this.offset += len;
        return this;
    }
    // Write an Int32 byte-length prefix immediately followed by the string's UTF-8
    // bytes. Postgres' Bind wire format prefixes every parameter with its length,
    // and doing it in one method computes Buffer.byteLength ONCE — the previous
    // `addInt32(Buffer.byteLength(s)).addString(s)` pairing scanned the string
    // three times (byteLength for the prefix, byteLength again inside addString,
    // then the encode), which is costly for large text parameters.
    addInt32PrefixedString(string) {
        const len = Buffer.byteLength(string);
        this.ensure(4 + len);
        const buffer = this.buffer;
        let offset = this.offset;
        buffer[offset++] = (len >>> 24) & 0xff;
        buffer[offset++] = (len >>> 16) & 0xff;
        buffer[offset++] = (len >>> 8) & 0xff;
        buffer[offset++] = (len >>> 0) & 0xff;
        buffer.write(string, offset, 'utf-8');
        this.offset = offset + len;
        return this;
    }
    add(otherBuffer) {
        this.ensure(otherBuffer.length);
        otherBuffer.copy(this.buffer, this.offset);
        this.offset += otherBuffer.length;
        return this;
    }
    /**
     * Appends an uninitialized block of {@link size} bytes to the buffer and returns its offset.
     */
    reserveUnsafe(size) {
        const offset = this.offset;
        this.ensure(size);
        this.offset += size;
        return offset;
    }
    join(code) {
        if (code) {
            this.buffer[this.headerPosition] = code;
            //length is everything in this packet minus the code
            const length = this.offset - (this.headerPosition + 1);
            this.buffer.writeInt32BE(length, this.headerPosition + 1);
        }
        return this.buffer.slice(code ? 0 : 5, this.offset);
    }
    flush(code) {
        const result = this.join(code);
        this.offset = 5;
        this.headerPosition = 0;
        this.buffer = Buffer.allocUnsafe(this.size);
        return result;
    }
    clear() {
        this.offset = 5;
        this.headerPosition = 0;
    }
}
exports.Writer = Writer;
//# sourceMappingURL=buffer-writer.js.map

/***/ }),

/***/ 4233:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.DatabaseError = exports.serialize = void 0;
exports.parse = parse;
const messages_1 = __nccwpck_require__(5809);
Object.defineProperty(exports, "DatabaseError", ({ enumerable: true, get: function () { return messages_1.DatabaseError; } }));
const serializer_1 = __nccwpck_require__(6513);
Object.defineProperty(exports, "serialize", ({ enumerable: true, get: function () { return serializer_1.serialize; } }));
const parser_1 = __nccwpck_require__(3318);
function parse(stream, callback) {
    const parser = new parser_1.Parser();
    stream.on('data', (buffer) => parser.parse(buffer, callback));
    return new Promise((resolve) => stream.on('end', () => resolve()));
}
//# sourceMappingURL=index.js.map

/***/ }),

/***/ 5809:
/***/ ((__unused_webpack_module, exports) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.NoticeMessage = exports.DataRowMessage = exports.CommandCompleteMessage = exports.ReadyForQueryMessage = exports.NotificationResponseMessage = exports.BackendKeyDataMessage = exports.AuthenticationMD5Password = exports.ParameterStatusMessage = exports.ParameterDescriptionMessage = exports.RowDescriptionMessage = exports.Field = exports.CopyResponse = exports.CopyDataMessage = exports.DatabaseError = exports.copyDone = exports.emptyQuery = exports.replicationStart = exports.portalSuspended = exports.noData = exports.closeComplete = exports.bindComplete = exports.parseComplete = void 0;
exports.parseComplete = {
    name: 'parseComplete',
    length: 5,
};
exports.bindComplete = {
    name: 'bindComplete',
    length: 5,
};
exports.closeComplete = {
    name: 'closeComplete',
    length: 5,
};
exports.noData = {
    name: 'noData',
    length: 5,
};
exports.portalSuspended = {
    name: 'portalSuspended',
    length: 5,
};
exports.replicationStart = {
    name: 'replicationStart',
    length: 4,
};
exports.emptyQuery = {
    name: 'emptyQuery',
    length: 4,
};
exports.copyDone = {
    name: 'copyDone',
    length: 4,
};
class DatabaseError extends Error {
    constructor(message, length, name) {
        super(message);
        this.length = length;
        this.name = name;
    }
}
exports.DatabaseError = DatabaseError;
class CopyDataMessage {
    constructor(length, chunk) {
        this.length = length;
        this.chunk = chunk;
        this.name = 'copyData';
    }
}
exports.CopyDataMessage = CopyDataMessage;
class CopyResponse {
    constructor(length, name, binary, columnCount) {
        this.length = length;
        this.name = name;
        this.binary = binary;
        this.columnTypes = new Array(columnCount);
    }
}
exports.CopyResponse = CopyResponse;
class Field {
    constructor(name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format) {
        this.name = name;
        this.tableID = tableID;
        this.columnID = columnID;
        this.dataTypeID = dataTypeID;
        this.dataTypeSize = dataTypeSize;
        this.dataTypeModifier = dataTypeModifier;
        this.format = format;
    }
}
exports.Field = Field;
class RowDescriptionMessage {
    constructor(length, fieldCount) {
        this.length = length;
        this.fieldCount = fieldCount;
        this.name = 'rowDescription';
        this.fields = new Array(this.fieldCount);
    }
}
exports.RowDescriptionMessage = RowDescriptionMessage;
class ParameterDescriptionMessage {
    constructor(length, parameterCount) {
        this.length = length;
        this.parameterCount = parameterCount;
        this.name = 'parameterDescription';
        this.dataTypeIDs = new Array(this.parameterCount);
    }
}
exports.ParameterDescriptionMessage = ParameterDescriptionMessage;
class ParameterStatusMessage {
    constructor(length, parameterName, parameterValue) {
        this.length = length;
        this.parameterName = parameterName;
        this.parameterValue = parameterValue;
        this.name = 'parameterStatus';
    }
}
exports.ParameterStatusMessage = ParameterStatusMessage;
class AuthenticationMD5Password {
    constructor(length, salt) {
        this.length = length;
        this.salt = salt;
        this.name = 'authenticationMD5Password';
    }
}
exports.AuthenticationMD5Password = AuthenticationMD5Password;
class BackendKeyDataMessage {
    constructor(length, processID, secretKey) {
        this.length = length;
        this.processID = processID;
        this.secretKey = secretKey;
        this.name = 'backendKeyData';
    }
}
exports.BackendKeyDataMessage = BackendKeyDataMessage;
class NotificationResponseMessage {
    constructor(length, processId, channel, payload) {
        this.length = length;
        this.processId = processId;
        this.channel = channel;
        this.payload = payload;
        this.name = 'notification';
    }
}
exports.NotificationResponseMessage = NotificationResponseMessage;
class ReadyForQueryMessage {
    constructor(length, status) {
        this.length = length;
        this.status = status;
        this.name = 'readyForQuery';
    }
}
exports.ReadyForQueryMessage = ReadyForQueryMessage;
class CommandCompleteMessage {
    constructor(length, text) {
        this.length = length;
        this.text = text;
        this.name = 'commandComplete';
    }
}
exports.CommandCompleteMessage = CommandCompleteMessage;
class DataRowMessage {
    constructor(length, fields) {
        this.length = length;
        this.fields = fields;
        this.name = 'dataRow';
        this.fieldCount = fields.length;
    }
}
exports.DataRowMessage = DataRowMessage;
class NoticeMessage {
    constructor(length, message) {
        this.length = length;
        this.message = message;
        this.name = 'notice';
    }
}
exports.NoticeMessage = NoticeMessage;
//# sourceMappingURL=messages.js.map

/***/ }),

/***/ 3318:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.Parser = void 0;
const messages_1 = __nccwpck_require__(5809);
const buffer_reader_1 = __nccwpck_require__(9971);
// every message is prefixed with a single byte
const CODE_LENGTH = 1;
// every message has an int32 length which includes itself but does
// NOT include the code in the length
const LEN_LENGTH = 4;
const HEADER_LENGTH = CODE_LENGTH + LEN_LENGTH;
// A placeholder for a `BackendMessage`’s length value that will be set after construction.
const LATEINIT_LENGTH = -1;
const emptyBuffer = Buffer.allocUnsafe(0);
class Parser {
    constructor(opts) {
        this.buffer = emptyBuffer;
        this.bufferLength = 0;
        this.bufferOffset = 0;
        this.reader = new buffer_reader_1.BufferReader();
        if ((opts === null || opts === void 0 ? void 0 : opts.mode) === 'binary') {
            throw new Error('Binary mode not supported yet');
        }
        this.mode = (opts === null || opts === void 0 ? void 0 : opts.mode) || 'text';
    }
    parse(buffer, callback) {
        this.mergeBuffer(buffer);
        const bufferFullLength = this.bufferOffset + this.bufferLength;
        let offset = this.bufferOffset;
        while (offset + HEADER_LENGTH <= bufferFullLength) {
            // code is 1 byte long - it identifies the message type
            const code = this.buffer[offset];
            // length is 1 Uint32BE - it is the length of the message EXCLUDING the code
            const length = this.buffer.readUInt32BE(offset + CODE_LENGTH);
            const fullMessageLength = CODE_LENGTH + length;
            if (fullMessageLength + offset <= bufferFullLength) {
                const message = this.handlePacket(offset + HEADER_LENGTH, code, length, this.buffer);
                callback(message);
                offset += fullMessageLength;
            }
            else {
                break;
            }
        }
        if (offset === bufferFullLength) {
            // No more use for the buffer
            this.buffer = emptyBuffer;
            this.bufferLength = 0;
            this.bufferOffset = 0;
        }
        else {
            // Adjust the cursors of remainingBuffer
            this.bufferLength = bufferFullLength - offset;
            this.bufferOffset = offset;
        }
    }
    mergeBuffer(buffer) {
        if (this.bufferLength > 0) {
            const newLength = this.bufferLength + buffer.byteLength;
            const newFullLength = newLength + this.bufferOffset;
            if (newFullLength > this.buffer.byteLength) {
                // We can't concat the new buffer with the remaining one
                let newBuffer;
                if (newLength <= this.buffer.byteLength && this.bufferOffset >= this.bufferLength) {
                    // We can move the relevant part to the beginning of the buffer instead of allocating a new buffer
                    newBuffer = this.buffer;
                }
                else {
                    // Allocate a new larger buffer
                    let newBufferLength = this.buffer.byteLength * 2;
                    while (newLength >= newBufferLength) {
                        newBufferLength *= 2;
                    }
                    newBuffer = Buffer.allocUnsafe(newBufferLength);
                }
                // Move the remaining buffer to the new one
                this.buffer.copy(newBuffer, 0, this.bufferOffset, this.bufferOffset + this.bufferLength);
                this.buffer = newBuffer;
                this.bufferOffset = 0;
            }
            // Concat the new buffer with the remaining one
            buffer.copy(this.buffer, this.bufferOffset + this.bufferLength);
            this.bufferLength = newLength;
        }
        else {
            this.buffer = buffer;
            this.bufferOffset = 0;
            this.bufferLength = buffer.byteLength;
        }
    }
    handlePacket(offset, code, length, bytes) {
        const { reader } = this;
        // NOTE: This undesirably retains the buffer in `this.reader` if the `parse*Message` calls below throw. However, those should only throw in the case of a protocol error, which normally results in the reader being discarded.
        reader.setBuffer(offset, bytes);
        let message;
        switch (code) {
            case 50 /* MessageCodes.BindComplete */:
                message = messages_1.bindComplete;
                break;
            case 49 /* MessageCodes.ParseComplete */:
                message = messages_1.parseComplete;
                break;
            case 51 /* MessageCodes.CloseComplete */:
                message = messages_1.closeComplete;
                break;
            case 110 /* MessageCodes.NoData */:
                message = messages_1.noData;
                break;
            case 115 /* MessageCodes.PortalSuspended */:
                message = messages_1.portalSuspended;
                break;
            case 99 /* MessageCodes.CopyDone */:
                message = messages_1.copyDone;
                break;
            case 87 /* MessageCodes.ReplicationStart */:
                message = messages_1.replicationStart;
                break;
            case 73 /* MessageCodes.EmptyQuery */:
                message = messages_1.emptyQuery;
                break;
            case 68 /* MessageCodes.DataRow */:
                message = parseDataRowMessage(reader);
                break;
            case 67 /* MessageCodes.CommandComplete */:
                message = parseCommandCompleteMessage(reader);
                break;
            case 90 /* MessageCodes.ReadyForQuery */:
                message = parseReadyForQueryMessage(reader);
                break;
            case 65 /* MessageCodes.NotificationResponse */:
                message = parseNotificationMessage(reader);
                break;
            case 82 /* MessageCodes.AuthenticationResponse */:
                message = parseAuthenticationResponse(reader, length);
                break;
            case 83 /* MessageCodes.ParameterStatus */:
                message = parseParameterStatusMessage(reader);
                break;
            case 75 /* MessageCodes.BackendKeyData */:
                message = parseBackendKeyData(reader);
                break;
            case 69 /* MessageCodes.ErrorMessage */:
                message = parseErrorMessage(reader, 'error');
                break;
            case 78 /* MessageCodes.NoticeMessage */:
                message = parseErrorMessage(reader, 'notice');
                break;
            case 84 /* MessageCodes.RowDescriptionMessage */:
                message = parseRowDescriptionMessage(reader);
                break;
            case 116 /* MessageCodes.ParameterDescriptionMessage */:
                message = parseParameterDescriptionMessage(reader);
                break;
            case 71 /* MessageCodes.CopyIn */:
                message = parseCopyInMessage(reader);
                break;
            case 72 /* MessageCodes.CopyOut */:
                message = parseCopyOutMessage(reader);
                break;
            case 100 /* MessageCodes.CopyData */:
                message = parseCopyData(reader, length);
                break;
            default:
                return new messages_1.DatabaseError('received invalid response: ' + code.toString(16), length, 'error');
        }
        reader.setBuffer(0, emptyBuffer);
        message.length = length;
        return message;
    }
}
exports.Parser = Parser;
const parseReadyForQueryMessage = (reader) => {
    const status = reader.string(1);
    return new messages_1.ReadyForQueryMessage(LATEINIT_LENGTH, status);
};
const parseCommandCompleteMessage = (reader) => {
    const text = reader.cstring();
    return new messages_1.CommandCompleteMessage(LATEINIT_LENGTH, text);
};
const parseCopyData = (reader, length) => {
    const chunk = reader.bytes(length - 4);
    return new messages_1.CopyDataMessage(LATEINIT_LENGTH, chunk);
};
const parseCopyInMessage = (reader) => parseCopyMessage(reader, 'copyInResponse');
const parseCopyOutMessage = (reader) => parseCopyMessage(reader, 'copyOutResponse');
const parseCopyMessage = (reader, messageName) => {
    const isBinary = reader.byte() !== 0;
    const columnCount = reader.int16();
    const message = new messages_1.CopyResponse(LATEINIT_LENGTH, messageName, isBinary, columnCount);
    for (let i = 0; i < columnCount; i++) {
        message.columnTypes[i] = reader.int16();
    }
    return message;
};
const parseNotificationMessage = (reader) => {
    const processId = reader.int32();
    const channel = reader.cstring();
    const payload = reader.cstring();
    return new messages_1.NotificationResponseMessage(LATEINIT_LENGTH, processId, channel, payload);
};
const parseRowDescriptionMessage = (reader) => {
    const fieldCount = reader.int16();
    const message = new messages_1.RowDescriptionMessage(LATEINIT_LENGTH, fieldCount);
    for (let i = 0; i < fieldCount; i++) {
        message.fields[i] = parseField(reader);
    }
    return message;
};
const parseField = (reader) => {
    const name = reader.cstring();
    const tableID = reader.uint32();
    const columnID = reader.int16();
    const dataTypeID = reader.uint32();
    const dataTypeSize = reader.int16();
    const dataTypeModifier = reader.int32();
    const mode = reader.int16() === 0 ? 'text' : 'binary';
    return new messages_1.Field(name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, mode);
};
const parseParameterDescriptionMessage = (reader) => {
    const parameterCount = reader.int16();
    const message = new messages_1.ParameterDescriptionMessage(LATEINIT_LENGTH, parameterCount);
    for (let i = 0; i < parameterCount; i++) {
        // OIDs are unsigned, same as dataTypeID in parseField above
        message.dataTypeIDs[i] = reader.uint32();
    }
    return message;
};
const parseDataRowMessage = (reader) => {
    const fieldCount = reader.int16();
    const fields = new Array(fieldCount);
    for (let i = 0; i < fieldCount; i++) {
        const len = reader.int32();
        // a -1 for length means the value of the field is null
        fields[i] = len === -1 ? null : reader.string(len);
    }
    return new messages_1.DataRowMessage(LATEINIT_LENGTH, fields);
};
const parseParameterStatusMessage = (reader) => {
    const name = reader.cstring();
    const value = reader.cstring();
    return new messages_1.ParameterStatusMessage(LATEINIT_LENGTH, name, value);
};
const parseBackendKeyData = (reader) => {
    const processID = reader.int32();
    const secretKey = reader.int32();
    return new messages_1.BackendKeyDataMessage(LATEINIT_LENGTH, processID, secretKey);
};
const parseAuthenticationResponse = (reader, length) => {
    const code = reader.int32();
    // TODO(bmc): maybe better types here
    const message = {
        name: 'authenticationOk',
        length,
    };
    switch (code) {
        case 0: // AuthenticationOk
            break;
        case 3: // AuthenticationCleartextPassword
            if (message.length === 8) {
                message.name = 'authenticationCleartextPassword';
            }
            break;
        case 5: // AuthenticationMD5Password
            if (message.length === 12) {
                message.name = 'authenticationMD5Password';
                const salt = reader.bytes(4);
                return new messages_1.AuthenticationMD5Password(LATEINIT_LENGTH, salt);
            }
            break;
        case 10: // AuthenticationSASL
            {
                message.name = 'authenticationSASL';
                message.mechanisms = [];
                let mechanism;
                do {
                    mechanism = reader.cstring();
                    if (mechanism) {
                        message.mechanisms.push(mechanism);
                    }
                } while (mechanism);
            }
            break;
        case 11: // AuthenticationSASLContinue
            message.name = 'authenticationSASLContinue';
            message.data = reader.string(length - 8);
            break;
        case 12: // AuthenticationSASLFinal
            message.name = 'authenticationSASLFinal';
            message.data = reader.string(length - 8);
            break;
        default:
            throw new Error('Unknown authenticationOk message type ' + code);
    }
    return message;
};
const parseErrorMessage = (reader, name) => {
    const fields = {};
    let fieldType = reader.string(1);
    while (fieldType !== '\0') {
        fields[fieldType] = reader.cstring();
        fieldType = reader.string(1);
    }
    const messageValue = fields.M;
    const message = name === 'notice'
        ? new messages_1.NoticeMessage(LATEINIT_LENGTH, messageValue)
        : new messages_1.DatabaseError(messageValue, LATEINIT_LENGTH, name);
    message.severity = fields.S;
    message.code = fields.C;
    message.detail = fields.D;
    message.hint = fields.H;
    message.position = fields.P;
    message.internalPosition = fields.p;
    message.internalQuery = fields.q;
    message.where = fields.W;
    message.schema = fields.s;
    message.table = fields.t;
    message.column = fields.c;
    message.dataType = fields.d;
    message.constraint = fields.n;
    message.file = fields.F;
    message.line = fields.L;
    message.routine = fields.R;
    return message;
};
//# sourceMappingURL=parser.js.map

/***/ }),

/***/ 6513:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {


Object.defineProperty(exports, "__esModule", ({ value: true }));
exports.serialize = void 0;
const buffer_writer_1 = __nccwpck_require__(9315);
const writer = new buffer_writer_1.Writer();
const startup = (opts) => {
    // protocol version
    writer.addInt16(3).addInt16(0);
    for (const key of Object.keys(opts)) {
        writer.addCString(key).addCString(opts[key]);
    }
    writer.addCString('client_encoding').addCString('UTF8');
    const bodyBuffer = writer.addCString('').flush();
    // this message is sent without a code
    const length = bodyBuffer.length + 4;
    return new buffer_writer_1.Writer().addInt32(length).add(bodyBuffer).flush();
};
const requestSsl = () => {
    const response = Buffer.allocUnsafe(8);
    response.writeInt32BE(8, 0);
    response.writeInt32BE(80877103, 4);
    return response;
};
const password = (password) => {
    return writer.addCString(password).flush(112 /* code.startup */);
};
const sendSASLInitialResponseMessage = function (mechanism, initialResponse) {
    // 0x70 = 'p'
    writer.addCString(mechanism).addInt32PrefixedString(initialResponse);
    return writer.flush(112 /* code.startup */);
};
const sendSCRAMClientFinalMessage = function (additionalData) {
    return writer.addString(additionalData).flush(112 /* code.startup */);
};
const query = (text) => {
    return writer.addCString(text).flush(81 /* code.query */);
};
const emptyArray = [];
const parse = (query) => {
    // expect something like this:
    // { name: 'queryName',
    //   text: 'select * from blah',
    //   types: ['int8', 'bool'] }
    // normalize missing query names to allow for null
    const name = query.name || '';
    if (name.length > 63) {
        console.error('Warning! Postgres only supports 63 characters for query names.');
        console.error('You supplied %s (%s)', name, name.length);
        console.error('This can cause conflicts and silent errors executing queries');
    }
    const types = query.types || emptyArray;
    const len = types.length;
    const buffer = writer
        .addCString(name) // name of query
        .addCString(query.text) // actual query text
        .addInt16(len);
    for (let i = 0; i < len; i++) {
        buffer.addInt32(types[i]);
    }
    return writer.flush(80 /* code.parse */);
};
const writeValues = function (values, valueMapper, formatsOffset) {
    const len = values.length;
    for (let i = 0; i < len; i++) {
        const mappedVal = valueMapper ? valueMapper(values[i], i) : values[i];
        let formatByte = 0 /* ParamType.STRING */;
        if (mappedVal == null) {
            // write -1 to indicate null
            writer.addInt32(-1);
        }
        else if (mappedVal instanceof Buffer) {
            formatByte = 1 /* ParamType.BINARY */;
            // add the buffer to the param writer
            writer.addInt32(mappedVal.length);
            writer.add(mappedVal);
        }
        else {
            // length prefix + UTF-8 bytes in one pass (Buffer.byteLength computed once)
            writer.addInt32PrefixedString(mappedVal);
        }
        // beware: `writer` operations can replace `writer.buffer` with a new buffer
        const buf = writer.buffer;
        buf[formatsOffset++] = 0;
        buf[formatsOffset++] = formatByte;
    }
};
const bind = (config = {}) => {
    // normalize config
    const portal = config.portal || '';
    const statement = config.statement || '';
    const binary = config.binary || false;
    const values = config.values || emptyArray;
    const len = values.length;
    writer.addCString(portal).addCString(statement);
    // number of parameter format codes
    writer.addInt16(len);
    // space for those codes, filled by `writeValues`
    const formatsOffset = writer.reserveUnsafe(len * 2);
    // number of parameter values
    writer.addInt16(len);
    try {
        writeValues(values, config.valueMapper, formatsOffset);
    }
    catch (err) {
        writer.clear();
        throw err;
    }
    // all results use the same format code
    writer.addInt16(1);
    // format code
    writer.addInt16(binary ? 1 /* ParamType.BINARY */ : 0 /* ParamType.STRING */);
    return writer.flush(66 /* code.bind */);
};
const emptyExecute = Buffer.from([69 /* code.execute */, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00]);
const execute = (config) => {
    // this is the happy path for most queries
    if (!config || (!config.portal && !config.rows)) {
        return emptyExecute;
    }
    const portal = config.portal || '';
    const rows = config.rows || 0;
    const portalLength = Buffer.byteLength(portal);
    const len = 4 + portalLength + 1 + 4;
    // one extra bit for code
    const buff = Buffer.allocUnsafe(1 + len);
    buff[0] = 69 /* code.execute */;
    buff.writeInt32BE(len, 1);
    buff.write(portal, 5, 'utf-8');
    buff[portalLength + 5] = 0; // null terminate portal cString
    buff.writeUInt32BE(rows, buff.length - 4);
    return buff;
};
const cancel = (processID, secretKey) => {
    const buffer = Buffer.allocUnsafe(16);
    buffer.writeInt32BE(16, 0);
    buffer.writeInt16BE(1234, 4);
    buffer.writeInt16BE(5678, 6);
    buffer.writeInt32BE(processID, 8);
    buffer.writeInt32BE(secretKey, 12);
    return buffer;
};
const cstringMessage = (code, string) => {
    const stringLen = Buffer.byteLength(string);
    const len = 4 + stringLen + 1;
    // one extra bit for code
    const buffer = Buffer.allocUnsafe(1 + len);
    buffer[0] = code;
    buffer.writeInt32BE(len, 1);
    buffer.write(string, 5, 'utf-8');
    buffer[len] = 0; // null terminate cString
    return buffer;
};
const emptyDescribePortal = writer.addCString('P').flush(68 /* code.describe */);
const emptyDescribeStatement = writer.addCString('S').flush(68 /* code.describe */);
const describe = (msg) => {
    return msg.name
        ? cstringMessage(68 /* code.describe */, `${msg.type}${msg.name || ''}`)
        : msg.type === 'P'
            ? emptyDescribePortal
            : emptyDescribeStatement;
};
const close = (msg) => {
    const text = `${msg.type}${msg.name || ''}`;
    return cstringMessage(67 /* code.close */, text);
};
const copyData = (chunk) => {
    return writer.add(chunk).flush(100 /* code.copyFromChunk */);
};
const copyFail = (message) => {
    return cstringMessage(102 /* code.copyFail */, message);
};
const codeOnlyBuffer = (code) => Buffer.from([code, 0x00, 0x00, 0x00, 0x04]);
const flushBuffer = codeOnlyBuffer(72 /* code.flush */);
const syncBuffer = codeOnlyBuffer(83 /* code.sync */);
const endBuffer = codeOnlyBuffer(88 /* code.end */);
const copyDoneBuffer = codeOnlyBuffer(99 /* code.copyDone */);
const serialize = {
    startup,
    password,
    requestSsl,
    sendSASLInitialResponseMessage,
    sendSCRAMClientFinalMessage,
    query,
    parse,
    bind,
    execute,
    describe,
    close,
    flush: () => flushBuffer,
    sync: () => syncBuffer,
    end: () => endBuffer,
    copyData,
    copyDone: () => copyDoneBuffer,
    copyFail,
    cancel,
};
exports.serialize = serialize;
//# sourceMappingURL=serializer.js.map

/***/ }),

/***/ 1549:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

var textParsers = __nccwpck_require__(4784);
var binaryParsers = __nccwpck_require__(7522);
var arrayParser = __nccwpck_require__(6471);
var builtinTypes = __nccwpck_require__(6345);

exports.getTypeParser = getTypeParser;
exports.setTypeParser = setTypeParser;
exports.arrayParser = arrayParser;
exports.builtins = builtinTypes;

var typeParsers = {
  text: {},
  binary: {}
};

//the empty parse function
function noParse (val) {
  return String(val);
};

//returns a function used to convert a specific type (specified by
//oid) into a result javascript type
//note: the oid can be obtained via the following sql query:
//SELECT oid FROM pg_type WHERE typname = 'TYPE_NAME_HERE';
function getTypeParser (oid, format) {
  format = format || 'text';
  if (!typeParsers[format]) {
    return noParse;
  }
  return typeParsers[format][oid] || noParse;
};

function setTypeParser (oid, format, parseFn) {
  if(typeof format == 'function') {
    parseFn = format;
    format = 'text';
  }
  typeParsers[format][oid] = parseFn;
};

textParsers.init(function(oid, converter) {
  typeParsers.text[oid] = converter;
});

binaryParsers.init(function(oid, converter) {
  typeParsers.binary[oid] = converter;
});


/***/ }),

/***/ 6471:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

var array = __nccwpck_require__(3879);

module.exports = {
  create: function (source, transform) {
    return {
      parse: function() {
        return array.parse(source, transform);
      }
    };
  }
};


/***/ }),

/***/ 7522:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

var parseInt64 = __nccwpck_require__(2299);

var parseBits = function(data, bits, offset, invert, callback) {
  offset = offset || 0;
  invert = invert || false;
  callback = callback || function(lastValue, newValue, bits) { return (lastValue * Math.pow(2, bits)) + newValue; };
  var offsetBytes = offset >> 3;

  var inv = function(value) {
    if (invert) {
      return ~value & 0xff;
    }

    return value;
  };

  // read first (maybe partial) byte
  var mask = 0xff;
  var firstBits = 8 - (offset % 8);
  if (bits < firstBits) {
    mask = (0xff << (8 - bits)) & 0xff;
    firstBits = bits;
  }

  if (offset) {
    mask = mask >> (offset % 8);
  }

  var result = 0;
  if ((offset % 8) + bits >= 8) {
    result = callback(0, inv(data[offsetBytes]) & mask, firstBits);
  }

  // read bytes
  var bytes = (bits + offset) >> 3;
  for (var i = offsetBytes + 1; i < bytes; i++) {
    result = callback(result, inv(data[i]), 8);
  }

  // bits to read, that are not a complete byte
  var lastBits = (bits + offset) % 8;
  if (lastBits > 0) {
    result = callback(result, inv(data[bytes]) >> (8 - lastBits), lastBits);
  }

  return result;
};

var parseFloatFromBits = function(data, precisionBits, exponentBits) {
  var bias = Math.pow(2, exponentBits - 1) - 1;
  var sign = parseBits(data, 1);
  var exponent = parseBits(data, exponentBits, 1);

  if (exponent === 0) {
    return 0;
  }

  // parse mantissa
  var precisionBitsCounter = 1;
  var parsePrecisionBits = function(lastValue, newValue, bits) {
    if (lastValue === 0) {
      lastValue = 1;
    }

    for (var i = 1; i <= bits; i++) {
      precisionBitsCounter /= 2;
      if ((newValue & (0x1 << (bits - i))) > 0) {
        lastValue += precisionBitsCounter;
      }
    }

    return lastValue;
  };

  var mantissa = parseBits(data, precisionBits, exponentBits + 1, false, parsePrecisionBits);

  // special cases
  if (exponent == (Math.pow(2, exponentBits + 1) - 1)) {
    if (mantissa === 0) {
      return (sign === 0) ? Infinity : -Infinity;
    }

    return NaN;
  }

  // normale number
  return ((sign === 0) ? 1 : -1) * Math.pow(2, exponent - bias) * mantissa;
};

var parseInt16 = function(value) {
  if (parseBits(value, 1) == 1) {
    return -1 * (parseBits(value, 15, 1, true) + 1);
  }

  return parseBits(value, 15, 1);
};

var parseInt32 = function(value) {
  if (parseBits(value, 1) == 1) {
    return -1 * (parseBits(value, 31, 1, true) + 1);
  }

  return parseBits(value, 31, 1);
};

var parseFloat32 = function(value) {
  return parseFloatFromBits(value, 23, 8);
};

var parseFloat64 = function(value) {
  return parseFloatFromBits(value, 52, 11);
};

var parseNumeric = function(value) {
  var sign = parseBits(value, 16, 32);
  if (sign == 0xc000) {
    return NaN;
  }

  var weight = Math.pow(10000, parseBits(value, 16, 16));
  var result = 0;

  var digits = [];
  var ndigits = parseBits(value, 16);
  for (var i = 0; i < ndigits; i++) {
    result += parseBits(value, 16, 64 + (16 * i)) * weight;
    weight /= 10000;
  }

  var scale = Math.pow(10, parseBits(value, 16, 48));
  return ((sign === 0) ? 1 : -1) * Math.round(result * scale) / scale;
};

var parseDate = function(isUTC, value) {
  var sign = parseBits(value, 1);
  var rawValue = parseBits(value, 63, 1);

  // discard usecs and shift from 2000 to 1970
  var result = new Date((((sign === 0) ? 1 : -1) * rawValue / 1000) + 946684800000);

  if (!isUTC) {
    result.setTime(result.getTime() + result.getTimezoneOffset() * 60000);
  }

  // add microseconds to the date
  result.usec = rawValue % 1000;
  result.getMicroSeconds = function() {
    return this.usec;
  };
  result.setMicroSeconds = function(value) {
    this.usec = value;
  };
  result.getUTCMicroSeconds = function() {
    return this.usec;
  };

  return result;
};

var parseArray = function(value) {
  var dim = parseBits(value, 32);

  var flags = parseBits(value, 32, 32);
  var elementType = parseBits(value, 32, 64);

  var offset = 96;
  var dims = [];
  for (var i = 0; i < dim; i++) {
    // parse dimension
    dims[i] = parseBits(value, 32, offset);
    offset += 32;

    // ignore lower bounds
    offset += 32;
  }

  var parseElement = function(elementType) {
    // parse content length
    var length = parseBits(value, 32, offset);
    offset += 32;

    // parse null values
    if (length == 0xffffffff) {
      return null;
    }

    var result;
    if ((elementType == 0x17) || (elementType == 0x14)) {
      // int/bigint
      result = parseBits(value, length * 8, offset);
      offset += length * 8;
      return result;
    }
    else if (elementType == 0x19) {
      // string
      result = value.toString(this.encoding, offset >> 3, (offset += (length << 3)) >> 3);
      return result;
    }
    else {
      console.log("ERROR: ElementType not implemented: " + elementType);
    }
  };

  var parse = function(dimension, elementType) {
    var array = [];
    var i;

    if (dimension.length > 1) {
      var count = dimension.shift();
      for (i = 0; i < count; i++) {
        array[i] = parse(dimension, elementType);
      }
      dimension.unshift(count);
    }
    else {
      for (i = 0; i < dimension[0]; i++) {
        array[i] = parseElement(elementType);
      }
    }

    return array;
  };

  return parse(dims, elementType);
};

var parseText = function(value) {
  return value.toString('utf8');
};

var parseBool = function(value) {
  if(value === null) return null;
  return (parseBits(value, 8) > 0);
};

var init = function(register) {
  register(20, parseInt64);
  register(21, parseInt16);
  register(23, parseInt32);
  register(26, parseInt32);
  register(1700, parseNumeric);
  register(700, parseFloat32);
  register(701, parseFloat64);
  register(16, parseBool);
  register(1114, parseDate.bind(null, false));
  register(1184, parseDate.bind(null, true));
  register(1000, parseArray);
  register(1007, parseArray);
  register(1016, parseArray);
  register(1008, parseArray);
  register(1009, parseArray);
  register(25, parseText);
};

module.exports = {
  init: init
};


/***/ }),

/***/ 6345:
/***/ ((module) => {

/**
 * Following query was used to generate this file:

 SELECT json_object_agg(UPPER(PT.typname), PT.oid::int4 ORDER BY pt.oid)
 FROM pg_type PT
 WHERE typnamespace = (SELECT pgn.oid FROM pg_namespace pgn WHERE nspname = 'pg_catalog') -- Take only builting Postgres types with stable OID (extension types are not guaranted to be stable)
 AND typtype = 'b' -- Only basic types
 AND typelem = 0 -- Ignore aliases
 AND typisdefined -- Ignore undefined types
 */

module.exports = {
    BOOL: 16,
    BYTEA: 17,
    CHAR: 18,
    INT8: 20,
    INT2: 21,
    INT4: 23,
    REGPROC: 24,
    TEXT: 25,
    OID: 26,
    TID: 27,
    XID: 28,
    CID: 29,
    JSON: 114,
    XML: 142,
    PG_NODE_TREE: 194,
    SMGR: 210,
    PATH: 602,
    POLYGON: 604,
    CIDR: 650,
    FLOAT4: 700,
    FLOAT8: 701,
    ABSTIME: 702,
    RELTIME: 703,
    TINTERVAL: 704,
    CIRCLE: 718,
    MACADDR8: 774,
    MONEY: 790,
    MACADDR: 829,
    INET: 869,
    ACLITEM: 1033,
    BPCHAR: 1042,
    VARCHAR: 1043,
    DATE: 1082,
    TIME: 1083,
    TIMESTAMP: 1114,
    TIMESTAMPTZ: 1184,
    INTERVAL: 1186,
    TIMETZ: 1266,
    BIT: 1560,
    VARBIT: 1562,
    NUMERIC: 1700,
    REFCURSOR: 1790,
    REGPROCEDURE: 2202,
    REGOPER: 2203,
    REGOPERATOR: 2204,
    REGCLASS: 2205,
    REGTYPE: 2206,
    UUID: 2950,
    TXID_SNAPSHOT: 2970,
    PG_LSN: 3220,
    PG_NDISTINCT: 3361,
    PG_DEPENDENCIES: 3402,
    TSVECTOR: 3614,
    TSQUERY: 3615,
    GTSVECTOR: 3642,
    REGCONFIG: 3734,
    REGDICTIONARY: 3769,
    JSONB: 3802,
    REGNAMESPACE: 4089,
    REGROLE: 4096
};


/***/ }),

/***/ 4784:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

var array = __nccwpck_require__(3879)
var arrayParser = __nccwpck_require__(6471);
var parseDate = __nccwpck_require__(2690);
var parseInterval = __nccwpck_require__(8755);
var parseByteA = __nccwpck_require__(463);

function allowNull (fn) {
  return function nullAllowed (value) {
    if (value === null) return value
    return fn(value)
  }
}

function parseBool (value) {
  if (value === null) return value
  return value === 'TRUE' ||
    value === 't' ||
    value === 'true' ||
    value === 'y' ||
    value === 'yes' ||
    value === 'on' ||
    value === '1';
}

function parseBoolArray (value) {
  if (!value) return null
  return array.parse(value, parseBool)
}

function parseBaseTenInt (string) {
  return parseInt(string, 10)
}

function parseIntegerArray (value) {
  if (!value) return null
  return array.parse(value, allowNull(parseBaseTenInt))
}

function parseBigIntegerArray (value) {
  if (!value) return null
  return array.parse(value, allowNull(function (entry) {
    return parseBigInteger(entry).trim()
  }))
}

var parsePointArray = function(value) {
  if(!value) { return null; }
  var p = arrayParser.create(value, function(entry) {
    if(entry !== null) {
      entry = parsePoint(entry);
    }
    return entry;
  });

  return p.parse();
};

var parseFloatArray = function(value) {
  if(!value) { return null; }
  var p = arrayParser.create(value, function(entry) {
    if(entry !== null) {
      entry = parseFloat(entry);
    }
    return entry;
  });

  return p.parse();
};

var parseStringArray = function(value) {
  if(!value) { return null; }

  var p = arrayParser.create(value);
  return p.parse();
};

var parseDateArray = function(value) {
  if (!value) { return null; }

  var p = arrayParser.create(value, function(entry) {
    if (entry !== null) {
      entry = parseDate(entry);
    }
    return entry;
  });

  return p.parse();
};

var parseIntervalArray = function(value) {
  if (!value) { return null; }

  var p = arrayParser.create(value, function(entry) {
    if (entry !== null) {
      entry = parseInterval(entry);
    }
    return entry;
  });

  return p.parse();
};

var parseByteAArray = function(value) {
  if (!value) { return null; }

  return array.parse(value, allowNull(parseByteA));
};

var parseInteger = function(value) {
  return parseInt(value, 10);
};

var parseBigInteger = function(value) {
  var valStr = String(value);
  if (/^\d+$/.test(valStr)) { return valStr; }
  return value;
};

var parseJsonArray = function(value) {
  if (!value) { return null; }

  return array.parse(value, allowNull(JSON.parse));
};

var parsePoint = function(value) {
  if (value[0] !== '(') { return null; }

  value = value.substring( 1, value.length - 1 ).split(',');

  return {
    x: parseFloat(value[0])
  , y: parseFloat(value[1])
  };
};

var parseCircle = function(value) {
  if (value[0] !== '<' && value[1] !== '(') { return null; }

  var point = '(';
  var radius = '';
  var pointParsed = false;
  for (var i = 2; i < value.length - 1; i++){
    if (!pointParsed) {
      point += value[i];
    }

    if (value[i] === ')') {
      pointParsed = true;
      continue;
    } else if (!pointParsed) {
      continue;
    }

    if (value[i] === ','){
      continue;
    }

    radius += value[i];
  }
  var result = parsePoint(point);
  result.radius = parseFloat(radius);

  return result;
};

var init = function(register) {
  register(20, parseBigInteger); // int8
  register(21, parseInteger); // int2
  register(23, parseInteger); // int4
  register(26, parseInteger); // oid
  register(700, parseFloat); // float4/real
  register(701, parseFloat); // float8/double
  register(16, parseBool);
  register(1082, parseDate); // date
  register(1114, parseDate); // timestamp without timezone
  register(1184, parseDate); // timestamp
  register(600, parsePoint); // point
  register(651, parseStringArray); // cidr[]
  register(718, parseCircle); // circle
  register(1000, parseBoolArray);
  register(1001, parseByteAArray);
  register(1005, parseIntegerArray); // _int2
  register(1007, parseIntegerArray); // _int4
  register(1028, parseIntegerArray); // oid[]
  register(1016, parseBigIntegerArray); // _int8
  register(1017, parsePointArray); // point[]
  register(1021, parseFloatArray); // _float4
  register(1022, parseFloatArray); // _float8
  register(1231, parseFloatArray); // _numeric
  register(1014, parseStringArray); //char
  register(1015, parseStringArray); //varchar
  register(1008, parseStringArray);
  register(1009, parseStringArray);
  register(1040, parseStringArray); // macaddr[]
  register(1041, parseStringArray); // inet[]
  register(1115, parseDateArray); // timestamp without time zone[]
  register(1182, parseDateArray); // _date
  register(1185, parseDateArray); // timestamp with time zone[]
  register(1186, parseInterval);
  register(1187, parseIntervalArray);
  register(17, parseByteA);
  register(114, JSON.parse.bind(JSON)); // json
  register(3802, JSON.parse.bind(JSON)); // jsonb
  register(199, parseJsonArray); // json[]
  register(3807, parseJsonArray); // jsonb[]
  register(3907, parseStringArray); // numrange[]
  register(2951, parseStringArray); // uuid[]
  register(791, parseStringArray); // money[]
  register(1183, parseStringArray); // time[]
  register(1270, parseStringArray); // timetz[]
};

module.exports = {
  init: init
};


/***/ }),

/***/ 5042:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

const EventEmitter = (__nccwpck_require__(4434).EventEmitter)
const utils = __nccwpck_require__(9652)
const nodeUtils = __nccwpck_require__(9023)
const sasl = __nccwpck_require__(948)
const TypeOverrides = __nccwpck_require__(365)

const ConnectionParameters = __nccwpck_require__(646)
const Query = __nccwpck_require__(4473)
const defaults = __nccwpck_require__(8995)
const Connection = __nccwpck_require__(9809)
const crypto = __nccwpck_require__(4150)

const activeQueryDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Client.activeQuery is deprecated and will be removed in pg@9.0'
)

const queryQueueDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Client.queryQueue is deprecated and will be removed in pg@9.0.'
)

const pgPassDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'pgpass support is deprecated and will be removed in pg@9.0. ' +
    'You can provide an async function as the password property to the Client/Pool constructor that returns a password instead. Within this function you can call the pgpass module in your own code.'
)

const byoPromiseDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Passing a custom Promise implementation to the Client/Pool constructor is deprecated and will be removed in pg@9.0.'
)

const queryQueueLengthDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Calling client.query() when the client is already executing a query is deprecated and will be removed in pg@9.0. Use async/await or an external async flow control mechanism instead.'
)

function coerceNumberOrDefault(value, defaultValue) {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : defaultValue
  }
  if (typeof value === 'string' && value.trim() !== '') {
    const n = Number(value)
    return Number.isFinite(n) ? n : defaultValue
  }
  return defaultValue
}

class Client extends EventEmitter {
  constructor(config) {
    super()

    this.connectionParameters = new ConnectionParameters(config)
    this.user = this.connectionParameters.user
    this.database = this.connectionParameters.database
    this.port = this.connectionParameters.port
    this.host = this.connectionParameters.host

    // "hiding" the password so it doesn't show up in stack traces
    // or if the client is console.logged
    Object.defineProperty(this, 'password', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: this.connectionParameters.password,
    })

    this.replication = this.connectionParameters.replication

    const c = config || {}

    if (c.Promise) {
      byoPromiseDeprecationNotice()
    }
    this._Promise = c.Promise || global.Promise
    this._types = new TypeOverrides(c.types)
    this._ending = false
    this._ended = false
    this._connecting = false
    this._connected = false
    this._connectionError = false
    this._queryable = true
    this._activeQuery = null
    this._txStatus = null

    this.enableChannelBinding = Boolean(c.enableChannelBinding) // set true to use SCRAM-SHA-256-PLUS when offered
    this.scramMaxIterations = coerceNumberOrDefault(c.scramMaxIterations, sasl.DEFAULT_MAX_SCRAM_ITERATIONS)
    this.connection =
      c.connection ||
      new Connection({
        stream: c.stream,
        ssl: this.connectionParameters.ssl,
        sslNegotiation: this.connectionParameters.sslnegotiation,
        keepAlive: c.keepAlive || false,
        keepAliveInitialDelayMillis: c.keepAliveInitialDelayMillis || 0,
        encoding: this.connectionParameters.client_encoding || 'utf8',
      })
    this._queryQueue = []
    this._sentQueryQueue = []
    this.pipeline = Boolean(c.pipeline)
    this.binary = c.binary || defaults.binary
    this.processID = null
    this.secretKey = null
    this.ssl = this.connectionParameters.ssl || false
    this.sslNegotiation = this.connectionParameters.sslnegotiation || 'postgres'
    // As with Password, make SSL->Key (the private key) non-enumerable.
    // It won't show up in stack traces
    // or if the client is console.logged
    if (this.ssl && this.ssl.key) {
      Object.defineProperty(this.ssl, 'key', {
        enumerable: false,
      })
    }

    this._connectionTimeoutMillis = c.connectionTimeoutMillis || 0
  }

  get activeQuery() {
    activeQueryDeprecationNotice()
    return this._activeQuery
  }

  set activeQuery(val) {
    activeQueryDeprecationNotice()
    this._activeQuery = val
  }

  _getActiveQuery() {
    return this._activeQuery
  }

  _errorAllQueries(err) {
    const enqueueError = (query) => {
      process.nextTick(() => {
        query.handleError(err, this.connection)
      })
    }

    const activeQuery = this._getActiveQuery()
    if (activeQuery) {
      enqueueError(activeQuery)
      this._activeQuery = null
    }

    this._sentQueryQueue.forEach(enqueueError)
    this._sentQueryQueue.length = 0

    this._queryQueue.forEach(enqueueError)
    this._queryQueue.length = 0
  }

  _connect(callback) {
    const self = this
    const con = this.connection
    this._connectionCallback = callback

    if (this._connecting || this._connected) {
      const err = new Error('Client has already been connected. You cannot reuse a client.')
      process.nextTick(() => {
        callback(err)
      })
      return
    }
    this._connecting = true

    if (this._connectionTimeoutMillis > 0) {
      this.connectionTimeoutHandle = setTimeout(() => {
        con._ending = true
        con.stream.destroy(new Error('timeout expired'))
      }, this._connectionTimeoutMillis)

      if (this.connectionTimeoutHandle.unref) {
        this.connectionTimeoutHandle.unref()
      }
    }

    if (this.host && this.host.indexOf('/') === 0) {
      con.connect(this.host + '/.s.PGSQL.' + this.port)
    } else {
      con.connect(this.port, this.host)
    }

    // once connection is established send startup message
    con.on('connect', function () {
      if (self.ssl) {
        // With direct SSL negotiation the connection upgrades to TLS without an
        // SSLRequest packet, so the startup message is sent after 'sslconnect'.
        if (self.sslNegotiation !== 'direct') {
          con.requestSsl()
        }
      } else {
        con.startup(self.getStartupConf())
      }
    })

    con.on('sslconnect', function () {
      con.startup(self.getStartupConf())
    })

    this._attachListeners(con)

    con.once('end', () => {
      const error = this._ending ? new Error('Connection terminated') : new Error('Connection terminated unexpectedly')

      clearTimeout(this.connectionTimeoutHandle)
      this._errorAllQueries(error)
      this._ended = true

      if (!this._ending) {
        // if the connection is ended without us calling .end()
        // on this client then we have an unexpected disconnection
        // treat this as an error unless we've already emitted an error
        // during connection.
        if (this._connecting && !this._connectionError) {
          if (this._connectionCallback) {
            this._connectionCallback(error)
          } else {
            this._handleErrorEvent(error)
          }
        } else if (!this._connectionError) {
          this._handleErrorEvent(error)
        }
      }

      process.nextTick(() => {
        this.emit('end')
      })
    })
  }

  connect(callback) {
    if (callback) {
      this._connect(callback)
      return
    }

    return new this._Promise((resolve, reject) => {
      this._connect((error) => {
        if (error) {
          reject(error)
        } else {
          resolve(this)
        }
      })
    })
  }

  _attachListeners(con) {
    // password request handling
    con.on('authenticationCleartextPassword', this._handleAuthCleartextPassword.bind(this))
    // password request handling
    con.on('authenticationMD5Password', this._handleAuthMD5Password.bind(this))
    // password request handling (SASL)
    con.on('authenticationSASL', this._handleAuthSASL.bind(this))
    con.on('authenticationSASLContinue', this._handleAuthSASLContinue.bind(this))
    con.on('authenticationSASLFinal', this._handleAuthSASLFinal.bind(this))
    con.on('backendKeyData', this._handleBackendKeyData.bind(this))
    con.on('error', this._handleErrorEvent.bind(this))
    con.on('errorMessage', this._handleErrorMessage.bind(this))
    con.on('readyForQuery', this._handleReadyForQuery.bind(this))
    con.on('notice', this._handleNotice.bind(this))
    con.on('rowDescription', this._handleRowDescription.bind(this))
    con.on('dataRow', this._handleDataRow.bind(this))
    con.on('portalSuspended', this._handlePortalSuspended.bind(this))
    con.on('emptyQuery', this._handleEmptyQuery.bind(this))
    con.on('commandComplete', this._handleCommandComplete.bind(this))
    con.on('parseComplete', this._handleParseComplete.bind(this))
    con.on('copyInResponse', this._handleCopyInResponse.bind(this))
    con.on('copyData', this._handleCopyData.bind(this))
    con.on('notification', this._handleNotification.bind(this))
  }

  _getPassword(cb) {
    const con = this.connection
    if (typeof this.password === 'function') {
      this._Promise
        .resolve()
        .then(() => this.password(this.connectionParameters))
        .then((pass) => {
          if (pass !== undefined) {
            if (typeof pass !== 'string') {
              con.emit('error', new TypeError('Password must be a string'))
              return
            }
            this.connectionParameters.password = this.password = pass
          } else {
            this.connectionParameters.password = this.password = null
          }
          cb()
        })
        .catch((err) => {
          con.emit('error', err)
        })
    } else if (this.password !== null) {
      cb()
    } else {
      try {
        const pgPass = __nccwpck_require__(3272)
        pgPass(this.connectionParameters, (pass) => {
          if (undefined !== pass) {
            pgPassDeprecationNotice()
            this.connectionParameters.password = this.password = pass
          }
          cb()
        })
      } catch (e) {
        this.emit('error', e)
      }
    }
  }

  _handleAuthCleartextPassword(msg) {
    this._getPassword(() => {
      this.connection.password(this.password)
    })
  }

  _handleAuthMD5Password(msg) {
    this._getPassword(async () => {
      try {
        const hashedPassword = await crypto.postgresMd5PasswordHash(this.user, this.password, msg.salt)
        this.connection.password(hashedPassword)
      } catch (e) {
        this.emit('error', e)
      }
    })
  }

  _handleAuthSASL(msg) {
    this._getPassword(() => {
      try {
        this.saslSession = sasl.startSession(
          msg.mechanisms,
          this.enableChannelBinding && this.connection.stream,
          this.scramMaxIterations
        )
        this.connection.sendSASLInitialResponseMessage(this.saslSession.mechanism, this.saslSession.response)
      } catch (err) {
        this.connection.emit('error', err)
      }
    })
  }

  async _handleAuthSASLContinue(msg) {
    try {
      await sasl.continueSession(
        this.saslSession,
        this.password,
        msg.data,
        this.enableChannelBinding && this.connection.stream
      )
      this.connection.sendSCRAMClientFinalMessage(this.saslSession.response)
    } catch (err) {
      this.connection.emit('error', err)
    }
  }

  _handleAuthSASLFinal(msg) {
    try {
      sasl.finalizeSession(this.saslSession, msg.data)
      this.saslSession = null
    } catch (err) {
      this.connection.emit('error', err)
    }
  }

  _handleBackendKeyData(msg) {
    this.processID = msg.processID
    this.secretKey = msg.secretKey
  }

  _handleReadyForQuery(msg) {
    if (this._connecting) {
      this._connecting = false
      this._connected = true
      clearTimeout(this.connectionTimeoutHandle)

      // process possible callback argument to Client#connect
      if (this._connectionCallback) {
        this._connectionCallback(null, this)
        // remove callback for proper error handling
        // after the connect event
        this._connectionCallback = null
      }
      this.emit('connect')
    }
    const activeQuery = this._getActiveQuery()
    this._activeQuery = null
    this._txStatus = msg?.status ?? null
    this.readyForQuery = true
    if (activeQuery) {
      activeQuery.handleReadyForQuery(this.connection)
    }
    this._pulseQueryQueue()
  }

  // if we receive an error event or error message
  // during the connection process we handle it here
  _handleErrorWhileConnecting(err) {
    if (this._connectionError) {
      // TODO(bmc): this is swallowing errors - we shouldn't do this
      return
    }
    this._connectionError = true
    clearTimeout(this.connectionTimeoutHandle)
    if (this._connectionCallback) {
      return this._connectionCallback(err)
    }
    this.emit('error', err)
  }

  // if we're connected and we receive an error event from the connection
  // this means the socket is dead - do a hard abort of all queries and emit
  // the socket error on the client as well
  _handleErrorEvent(err) {
    if (this._connecting) {
      return this._handleErrorWhileConnecting(err)
    }
    this._queryable = false
    this._errorAllQueries(err)
    this.emit('error', err)
  }

  // handle error messages from the postgres backend
  _handleErrorMessage(msg) {
    if (this._connecting) {
      return this._handleErrorWhileConnecting(msg)
    }
    const activeQuery = this._getActiveQuery()

    if (!activeQuery) {
      this._handleErrorEvent(msg)
      return
    }

    this._activeQuery = null
    if (activeQuery.name) {
      delete this.connection.submittedNamedStatements[activeQuery.name]
    }
    activeQuery.handleError(msg, this.connection)
  }

  _handleRowDescription(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected rowDescription message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // delegate rowDescription to active query
    activeQuery.handleRowDescription(msg)
  }

  _handleDataRow(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected dataRow message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // delegate dataRow to active query
    activeQuery.handleDataRow(msg)
  }

  _handlePortalSuspended(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected portalSuspended message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // delegate portalSuspended to active query
    activeQuery.handlePortalSuspended(this.connection)
  }

  _handleEmptyQuery(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected emptyQuery message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // delegate emptyQuery to active query
    activeQuery.handleEmptyQuery(this.connection)
  }

  _handleCommandComplete(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected commandComplete message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // delegate commandComplete to active query
    activeQuery.handleCommandComplete(msg, this.connection)
  }

  _handleParseComplete() {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected parseComplete message from backend.')
      this._handleErrorEvent(error)
      return
    }
    // if a prepared statement has a name and properly parses
    // we track that its already been executed so we don't parse
    // it again on the same client
    if (activeQuery.name) {
      this.connection.parsedStatements[activeQuery.name] = activeQuery.text
      delete this.connection.submittedNamedStatements[activeQuery.name]
    }
  }

  _handleCopyInResponse(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected copyInResponse message from backend.')
      this._handleErrorEvent(error)
      return
    }
    activeQuery.handleCopyInResponse(this.connection)
  }

  _handleCopyData(msg) {
    const activeQuery = this._getActiveQuery()
    if (activeQuery == null) {
      const error = new Error('Received unexpected copyData message from backend.')
      this._handleErrorEvent(error)
      return
    }
    activeQuery.handleCopyData(msg, this.connection)
  }

  _handleNotification(msg) {
    this.emit('notification', msg)
  }

  _handleNotice(msg) {
    this.emit('notice', msg)
  }

  getStartupConf() {
    const params = this.connectionParameters

    const data = {
      user: params.user,
      database: params.database,
    }

    const appName = params.application_name || params.fallback_application_name
    if (appName) {
      data.application_name = appName
    }
    if (params.replication) {
      data.replication = '' + params.replication
    }
    if (params.statement_timeout) {
      data.statement_timeout = String(parseInt(params.statement_timeout, 10))
    }
    if (params.lock_timeout) {
      data.lock_timeout = String(parseInt(params.lock_timeout, 10))
    }
    if (params.idle_in_transaction_session_timeout) {
      data.idle_in_transaction_session_timeout = String(parseInt(params.idle_in_transaction_session_timeout, 10))
    }
    if (params.options) {
      data.options = params.options
    }

    return data
  }

  cancel(client, query) {
    if (client.activeQuery === query) {
      const con = this.connection

      if (this.host && this.host.indexOf('/') === 0) {
        con.connect(this.host + '/.s.PGSQL.' + this.port)
      } else {
        con.connect(this.port, this.host)
      }

      // once connection is established send cancel message
      con.on('connect', function () {
        con.cancel(client.processID, client.secretKey)
      })
    } else if (client._queryQueue.indexOf(query) !== -1) {
      client._queryQueue.splice(client._queryQueue.indexOf(query), 1)
    } else if (client._sentQueryQueue.indexOf(query) !== -1) {
      // Query already sent on wire — can't remove it without corrupting the
      // pipeline. No-op the callback so the result is silently discarded.
      query.callback = () => {}
    }
  }

  setTypeParser(oid, format, parseFn) {
    return this._types.setTypeParser(oid, format, parseFn)
  }

  getTypeParser(oid, format) {
    return this._types.getTypeParser(oid, format)
  }

  // escapeIdentifier and escapeLiteral moved to utility functions & exported
  // on PG
  // re-exported here for backwards compatibility
  escapeIdentifier(str) {
    return utils.escapeIdentifier(str)
  }

  escapeLiteral(str) {
    return utils.escapeLiteral(str)
  }

  _pulseQueryQueue() {
    if (this.pipeline) {
      this._pulsePipelinedQueryQueue()
      return
    }
    if (this.readyForQuery === true) {
      this._activeQuery = this._queryQueue.shift()
      const activeQuery = this._getActiveQuery()
      if (activeQuery) {
        this.readyForQuery = false
        this.hasExecuted = true

        const queryError = activeQuery.submit(this.connection)
        if (queryError) {
          process.nextTick(() => {
            activeQuery.handleError(queryError, this.connection)
            this.readyForQuery = true
            this._pulseQueryQueue()
          })
        }
      } else if (this.hasExecuted) {
        this._activeQuery = null
        this.emit('drain')
      }
    }
  }

  _pulsePipelinedQueryQueue() {
    if (!this._connected || !this._queryable) {
      return
    }
    while (this._queryQueue.length > 0) {
      const query = this._queryQueue.shift()
      this.hasExecuted = true
      const queryError = query.submit(this.connection)
      if (queryError) {
        process.nextTick(() => {
          query.handleError(queryError, this.connection)
        })
        continue
      }
      this._sentQueryQueue.push(query)
    }
    if (this.readyForQuery && !this._activeQuery && this._sentQueryQueue.length > 0) {
      this._activeQuery = this._sentQueryQueue.shift()
      this.readyForQuery = false
    }
    if (!this._activeQuery && this._sentQueryQueue.length === 0 && this._queryQueue.length === 0 && this.hasExecuted) {
      this.emit('drain')
    }
  }

  query(config, values, callback) {
    // can take in strings, config object or query object
    let query
    let result

    if (config == null) {
      throw new TypeError('Client was passed a null or undefined query')
    }

    if (typeof config.submit === 'function') {
      result = query = config
      if (!query.callback) {
        if (typeof values === 'function') {
          query.callback = values
        } else if (callback) {
          query.callback = callback
        }
      }
    } else {
      query = new Query(config, values, callback)
      if (!query.callback) {
        result = new this._Promise((resolve, reject) => {
          query.callback = (err, res) => (err ? reject(err) : resolve(res))
        }).catch((err) => {
          // replace the stack trace that leads to `TCP.onStreamRead` with one that leads back to the
          // application that created the query
          Error.captureStackTrace(err)
          throw err
        })
      } else if (typeof query.callback !== 'function') {
        throw new TypeError('callback is not a function')
      }
    }

    const readTimeout = config.query_timeout || this.connectionParameters.query_timeout
    if (readTimeout) {
      const queryCallback = query.callback || (() => {})

      const readTimeoutTimer = setTimeout(() => {
        const error = new Error('Query read timeout')

        process.nextTick(() => {
          query.handleError(error, this.connection)
        })

        queryCallback(error)

        // we already returned an error,
        // just do nothing if query completes
        query.callback = () => {}

        // Remove from queue (only safe if not yet sent)
        const index = this._queryQueue.indexOf(query)
        if (index > -1) {
          this._queryQueue.splice(index, 1)
        } else if (this.pipeline) {
          // Query already sent — the pipeline is blocked until it completes.
          // Destroy the connection to unblock all remaining pipelined queries.
          this.connection.stream.destroy()
          return
        }

        this._pulseQueryQueue()
      }, readTimeout)

      query.callback = (err, res) => {
        clearTimeout(readTimeoutTimer)
        queryCallback(err, res)
      }
    }

    if (this.binary && !query.binary) {
      query.binary = true
    }

    if (query._result && !query._result._types) {
      query._result._types = this._types
    }

    // A query that keeps a portal open across round trips cannot share a pipelined connection: the
    // queries written behind it are answered out of its portal, so rows land on the wrong query and
    // the reads that follow fail with 'portal does not exist'. Refuse it instead of corrupting.
    if (this.pipeline) {
      const portalQuery =
        typeof config.submit === 'function' && !(query instanceof Query)
          ? 'Custom query classes such as pg-cursor and pg-query-stream are'
          : query.rows
          ? 'The `rows` option is'
          : null
      if (portalQuery) {
        process.nextTick(() => {
          query.handleError(new Error(`${portalQuery} not supported in pipeline mode`), this.connection)
        })
        return result
      }
    }

    if (!this._queryable) {
      process.nextTick(() => {
        query.handleError(new Error('Client has encountered a connection error and is not queryable'), this.connection)
      })
      return result
    }

    if (this._ending) {
      process.nextTick(() => {
        query.handleError(new Error('Client was closed and is not queryable'), this.connection)
      })
      return result
    }

    if (this._queryQueue.length > 0 && !this.pipeline) {
      queryQueueLengthDeprecationNotice()
    }
    this._queryQueue.push(query)
    this._pulseQueryQueue()
    return result
  }

  ref() {
    this.connection.ref()
  }

  unref() {
    this.connection.unref()
  }

  getTransactionStatus() {
    return this._txStatus
  }

  end(cb) {
    this._ending = true

    // if we have never connected, then end is a noop, callback immediately
    if (!this.connection._connecting || this._ended) {
      if (cb) {
        cb()
        return
      } else {
        return this._Promise.resolve()
      }
    }

    if (!this._queryable) {
      // socket is dead — force close
      this.connection.stream.destroy()
    } else if (
      this.pipeline &&
      (this._getActiveQuery() || this._sentQueryQueue.length > 0 || this._queryQueue.length > 0)
    ) {
      // pipelined queries are already on the wire (or queued to send) and will
      // complete normally; wait for drain then do a graceful goodbye
      this.once('drain', () => this.connection.end())
    } else if (this._getActiveQuery()) {
      // non-pipeline: a hung query could block end forever — force disconnect
      this.connection.stream.destroy()
    } else {
      this.connection.end()
    }

    if (cb) {
      this.connection.once('end', cb)
    } else {
      return new this._Promise((resolve) => {
        this.connection.once('end', resolve)
      })
    }
  }
  get queryQueue() {
    queryQueueDeprecationNotice()
    return this._queryQueue
  }
}

// expose a Query constructor
Client.Query = Query

module.exports = Client


/***/ }),

/***/ 646:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const dns = __nccwpck_require__(2250)

const defaults = __nccwpck_require__(8995)

const parse = (__nccwpck_require__(6122).parse) // parses a connection string

const val = function (key, config, envVar) {
  if (config[key]) {
    return config[key]
  }

  if (envVar === undefined) {
    envVar = process.env['PG' + key.toUpperCase()]
  } else if (envVar === false) {
    // do nothing ... use false
  } else {
    envVar = process.env[envVar]
  }

  return envVar || defaults[key]
}

const readSSLConfigFromEnvironment = function () {
  switch (process.env.PGSSLMODE) {
    case 'disable':
      return false
    case 'prefer':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true
    case 'no-verify':
      return { rejectUnauthorized: false }
  }
  return defaults.ssl
}

// Convert arg to a string, surround in single quotes, and escape single quotes and backslashes
const quoteParamValue = function (value) {
  return "'" + ('' + value).replace(/\\/g, '\\\\').replace(/'/g, "\\'") + "'"
}

const add = function (params, config, paramName) {
  const value = config[paramName]
  if (value !== undefined && value !== null) {
    params.push(paramName + '=' + quoteParamValue(value))
  }
}

class ConnectionParameters {
  constructor(config) {
    // if a string is passed, it is a raw connection string so we parse it into a config
    config = typeof config === 'string' ? parse(config) : config || {}

    // if the config has a connectionString defined, parse IT into the config we use
    // this will override other default values with what is stored in connectionString
    if (config.connectionString) {
      config = Object.assign({}, config, parse(config.connectionString))
    }

    this.user = val('user', config)
    this.database = val('database', config)

    if (this.database === undefined) {
      this.database = this.user
    }

    this.port = parseInt(val('port', config), 10)
    this.host = val('host', config)

    // "hiding" the password so it doesn't show up in stack traces
    // or if the client is console.logged
    Object.defineProperty(this, 'password', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: val('password', config),
    })

    this.binary = val('binary', config)
    this.options = val('options', config)

    this.ssl = typeof config.ssl === 'undefined' ? readSSLConfigFromEnvironment() : config.ssl

    if (typeof this.ssl === 'string') {
      if (this.ssl === 'true') {
        this.ssl = true
      }
    }
    // support passing in ssl=no-verify via connection string
    if (this.ssl === 'no-verify') {
      this.ssl = { rejectUnauthorized: false }
    }
    if (this.ssl && this.ssl.key) {
      Object.defineProperty(this.ssl, 'key', {
        enumerable: false,
      })
    }

    // How to negotiate SSL: 'postgres' (default, the traditional SSLRequest
    // handshake) or 'direct' (start the TLS handshake immediately on connect).
    this.sslnegotiation = val('sslnegotiation', config, 'PGSSLNEGOTIATION')
    if (this.sslnegotiation !== undefined && this.sslnegotiation !== 'postgres' && this.sslnegotiation !== 'direct') {
      throw new Error(
        `Invalid sslnegotiation value: "${this.sslnegotiation}". Valid values are "postgres" and "direct".`
      )
    }
    if (this.sslnegotiation === 'direct' && !this.ssl) {
      throw new Error('sslnegotiation=direct requires SSL to be enabled')
    }

    this.client_encoding = val('client_encoding', config)
    this.replication = val('replication', config)
    // a domain socket begins with '/'
    this.isDomainSocket = !(this.host || '').indexOf('/')

    this.application_name = val('application_name', config, 'PGAPPNAME')
    this.fallback_application_name = val('fallback_application_name', config, false)
    this.statement_timeout = val('statement_timeout', config, false)
    this.lock_timeout = val('lock_timeout', config, false)
    this.idle_in_transaction_session_timeout = val('idle_in_transaction_session_timeout', config, false)
    this.query_timeout = val('query_timeout', config, false)

    if (config.connectionTimeoutMillis === undefined) {
      this.connect_timeout = process.env.PGCONNECT_TIMEOUT || 0
    } else {
      this.connect_timeout = Math.floor(config.connectionTimeoutMillis / 1000)
    }

    if (config.keepAlive === false) {
      this.keepalives = 0
    } else if (config.keepAlive === true) {
      this.keepalives = 1
    }

    if (typeof config.keepAliveInitialDelayMillis === 'number') {
      this.keepalives_idle = Math.floor(config.keepAliveInitialDelayMillis / 1000)
    }
  }

  getLibpqConnectionString(cb) {
    const params = []
    add(params, this, 'user')
    add(params, this, 'password')
    add(params, this, 'port')
    add(params, this, 'application_name')
    add(params, this, 'fallback_application_name')
    add(params, this, 'connect_timeout')
    add(params, this, 'options')

    const ssl = typeof this.ssl === 'object' ? this.ssl : this.ssl ? { sslmode: this.ssl } : {}
    add(params, ssl, 'sslmode')
    add(params, ssl, 'sslca')
    add(params, ssl, 'sslkey')
    add(params, ssl, 'sslcert')
    add(params, ssl, 'sslrootcert')
    add(params, this, 'sslnegotiation')

    if (this.database) {
      params.push('dbname=' + quoteParamValue(this.database))
    }
    if (this.replication) {
      params.push('replication=' + quoteParamValue(this.replication))
    }
    if (this.host) {
      params.push('host=' + quoteParamValue(this.host))
    }
    if (this.isDomainSocket) {
      return cb(null, params.join(' '))
    }
    if (this.client_encoding) {
      params.push('client_encoding=' + quoteParamValue(this.client_encoding))
    }
    dns.lookup(this.host, function (err, address) {
      if (err) return cb(err, null)
      params.push('hostaddr=' + quoteParamValue(address))
      return cb(null, params.join(' '))
    })
  }
}

module.exports = ConnectionParameters


/***/ }),

/***/ 9809:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const EventEmitter = (__nccwpck_require__(4434).EventEmitter)

const { parse, serialize } = __nccwpck_require__(4233)
const stream = __nccwpck_require__(829)
const { getStream } = stream

const flushBuffer = serialize.flush()
const syncBuffer = serialize.sync()
const endBuffer = serialize.end()

// TODO(bmc) support binary mode at some point
class Connection extends EventEmitter {
  constructor(config) {
    super()
    config = config || {}

    this.stream = config.stream || getStream(config.ssl)
    if (typeof this.stream === 'function') {
      this.stream = this.stream(config)
    }

    this._keepAlive = config.keepAlive
    this._keepAliveInitialDelayMillis = config.keepAliveInitialDelayMillis
    this.parsedStatements = {}
    this.submittedNamedStatements = {}
    this.ssl = config.ssl || false
    this.sslNegotiation = config.sslNegotiation || 'postgres'
    this._ending = false
    this._emitMessage = false
    const self = this
    this.on('newListener', function (eventName) {
      if (eventName === 'message') {
        self._emitMessage = true
      }
    })
  }

  connect(port, host) {
    const self = this

    this._connecting = true
    this.stream.setNoDelay(true)
    this.stream.connect(port, host)

    this.stream.once('connect', function () {
      if (self._keepAlive) {
        self.stream.setKeepAlive(true, self._keepAliveInitialDelayMillis)
      }
      self.emit('connect')
    })

    const reportStreamError = function (error) {
      // errors about disconnections should be ignored during disconnect
      if (self._ending && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
        return
      }
      self.emit('error', error)
    }
    this.stream.on('error', reportStreamError)

    this.stream.on('close', function () {
      self.emit('end')
    })

    if (!this.ssl) {
      return this.attachListeners(this.stream)
    }

    // With direct SSL negotiation the TLS handshake starts immediately on the
    // raw socket, skipping the SSLRequest packet and the server's 'S'/'N' reply.
    if (this.sslNegotiation === 'direct') {
      return this.stream.once('connect', function () {
        self.upgradeToSSL(host, reportStreamError)
      })
    }

    this.stream.once('data', function (buffer) {
      const responseCode = buffer.toString('utf8')
      switch (responseCode) {
        case 'S': // Server supports SSL connections, continue with a secure connection
          break
        case 'N': // Server does not support SSL connections
          self.stream.end()
          return self.emit('error', new Error('The server does not support SSL connections'))
        default:
          // Any other response byte, including 'E' (ErrorResponse) indicating a server error
          self.stream.end()
          return self.emit('error', new Error('There was an error establishing an SSL connection'))
      }
      self.upgradeToSSL(host, reportStreamError)
    })
  }

  upgradeToSSL(host, reportStreamError) {
    const self = this
    const options = {
      socket: self.stream,
      // tls.connect checks the server identity against `servername`, falling
      // back to `host` and then to 'localhost'. `servername` must stay unset
      // for IP addresses (see below), so `host` is needed to keep certificate
      // validation working when connecting to an IP address.
      host,
    }

    if (self.ssl !== true) {
      Object.assign(options, self.ssl)

      if ('key' in self.ssl) {
        options.key = self.ssl.key
      }
    }

    // Direct SSL negotiation requires ALPN so the server can confirm it is
    // speaking the PostgreSQL protocol over the TLS connection.
    if (self.sslNegotiation === 'direct') {
      options.ALPNProtocols = ['postgresql']
    }

    // SNI must not be set to an IP address (RFC 6066 section 3)
    const net = __nccwpck_require__(9278)
    if (net.isIP && net.isIP(host) === 0) {
      options.servername = host
    }
    try {
      self.stream = stream.getSecureStream(options)
    } catch (err) {
      return self.emit('error', err)
    }
    self.attachListeners(self.stream)
    self.stream.on('error', reportStreamError)

    self.emit('sslconnect')
  }

  attachListeners(stream) {
    parse(stream, (msg) => {
      const eventName = msg.name === 'error' ? 'errorMessage' : msg.name
      if (this._emitMessage) {
        this.emit('message', msg)
      }
      this.emit(eventName, msg)
    })
  }

  requestSsl() {
    this.stream.write(serialize.requestSsl())
  }

  startup(config) {
    this.stream.write(serialize.startup(config))
  }

  cancel(processID, secretKey) {
    this._send(serialize.cancel(processID, secretKey))
  }

  password(password) {
    this._send(serialize.password(password))
  }

  sendSASLInitialResponseMessage(mechanism, initialResponse) {
    this._send(serialize.sendSASLInitialResponseMessage(mechanism, initialResponse))
  }

  sendSCRAMClientFinalMessage(additionalData) {
    this._send(serialize.sendSCRAMClientFinalMessage(additionalData))
  }

  _send(buffer) {
    if (!this.stream.writable) {
      return false
    }
    return this.stream.write(buffer)
  }

  query(text) {
    this._send(serialize.query(text))
  }

  // send parse message
  parse(query) {
    this._send(serialize.parse(query))
  }

  // send bind message
  bind(config) {
    this._send(serialize.bind(config))
  }

  // send execute message
  execute(config) {
    this._send(serialize.execute(config))
  }

  flush() {
    if (this.stream.writable) {
      this.stream.write(flushBuffer)
    }
  }

  sync() {
    // Sync is the extended-query protocol barrier, not a disconnect.
    // Only end()/Terminate (and connect-timeout teardown) should set _ending.
    this._send(syncBuffer)
  }

  ref() {
    this.stream.ref()
  }

  unref() {
    this.stream.unref()
  }

  end() {
    // 0x58 = 'X'
    this._ending = true
    if (!this._connecting || !this.stream.writable) {
      this.stream.end()
      return
    }
    return this.stream.write(endBuffer, () => {
      this.stream.end()
    })
  }

  close(msg) {
    this._send(serialize.close(msg))
  }

  describe(msg) {
    this._send(serialize.describe(msg))
  }

  sendCopyFromChunk(chunk) {
    this._send(serialize.copyData(chunk))
  }

  endCopyFrom() {
    this._send(serialize.copyDone())
  }

  sendCopyFail(msg) {
    this._send(serialize.copyFail(msg))
  }
}

module.exports = Connection


/***/ }),

/***/ 9765:
/***/ ((module) => {

function x509Error(msg, cert) {
  return new Error('SASL channel binding: ' + msg + ' when parsing public certificate ' + cert.toString('base64'))
}

function readASN1Length(data, index) {
  let length = data[index++]
  if (length < 0x80) return { length, index }

  const lengthBytes = length & 0x7f
  if (lengthBytes > 4) throw x509Error('bad length', data)

  length = 0
  for (let i = 0; i < lengthBytes; i++) {
    length = (length << 8) | data[index++]
  }

  return { length, index }
}

function readASN1OID(data, index) {
  if (data[index++] !== 0x6) throw x509Error('non-OID data', data) // 6 = OID

  const { length: OIDLength, index: indexAfterOIDLength } = readASN1Length(data, index)
  index = indexAfterOIDLength
  const lastIndex = index + OIDLength

  const byte1 = data[index++]
  let oid = ((byte1 / 40) >> 0) + '.' + (byte1 % 40)

  while (index < lastIndex) {
    // loop over numbers in OID
    let value = 0
    while (index < lastIndex) {
      // loop over bytes in number
      const nextByte = data[index++]
      value = (value << 7) | (nextByte & 0x7f)
      if (nextByte < 0x80) break
    }
    oid += '.' + value
  }

  return { oid, index }
}

function expectASN1Seq(data, index) {
  if (data[index++] !== 0x30) throw x509Error('non-sequence data', data) // 30 = Sequence
  return readASN1Length(data, index)
}

function signatureAlgorithmHashFromCertificate(data, index) {
  // read this thread: https://www.postgresql.org/message-id/17760-b6c61e752ec07060%40postgresql.org
  if (index === undefined) index = 0
  index = expectASN1Seq(data, index).index
  const { length: certInfoLength, index: indexAfterCertInfoLength } = expectASN1Seq(data, index)
  index = indexAfterCertInfoLength + certInfoLength // skip over certificate info
  index = expectASN1Seq(data, index).index // skip over signature length field
  const { oid, index: indexAfterOID } = readASN1OID(data, index)
  switch (oid) {
    // RSA
    case '1.2.840.113549.1.1.4':
      return 'MD5'
    case '1.2.840.113549.1.1.5':
      return 'SHA-1'
    case '1.2.840.113549.1.1.11':
      return 'SHA-256'
    case '1.2.840.113549.1.1.12':
      return 'SHA-384'
    case '1.2.840.113549.1.1.13':
      return 'SHA-512'
    case '1.2.840.113549.1.1.14':
      return 'SHA-224'
    case '1.2.840.113549.1.1.15':
      return 'SHA512-224'
    case '1.2.840.113549.1.1.16':
      return 'SHA512-256'
    // ECDSA
    case '1.2.840.10045.4.1':
      return 'SHA-1'
    case '1.2.840.10045.4.3.1':
      return 'SHA-224'
    case '1.2.840.10045.4.3.2':
      return 'SHA-256'
    case '1.2.840.10045.4.3.3':
      return 'SHA-384'
    case '1.2.840.10045.4.3.4':
      return 'SHA-512'
    // RSASSA-PSS: hash is indicated separately
    case '1.2.840.113549.1.1.10': {
      index = indexAfterOID
      index = expectASN1Seq(data, index).index
      if (data[index++] !== 0xa0) throw x509Error('non-tag data', data) // a0 = constructed tag 0
      index = readASN1Length(data, index).index // skip over tag length field
      index = expectASN1Seq(data, index).index // skip over sequence length field
      const { oid: hashOID } = readASN1OID(data, index)
      switch (hashOID) {
        // standalone hash OIDs
        case '1.2.840.113549.2.5':
          return 'MD5'
        case '1.3.14.3.2.26':
          return 'SHA-1'
        case '2.16.840.1.101.3.4.2.1':
          return 'SHA-256'
        case '2.16.840.1.101.3.4.2.2':
          return 'SHA-384'
        case '2.16.840.1.101.3.4.2.3':
          return 'SHA-512'
      }
      throw x509Error('unknown hash OID ' + hashOID, data)
    }
    // Ed25519 -- see https://github.com/openssl/openssl/issues/15477
    case '1.3.101.110':
    case '1.3.101.112': // ph
      return 'SHA-512'
    // Ed448 -- still not in pg 17.2 (if supported, digest would be SHAKE256 x 64 bytes)
    case '1.3.101.111':
    case '1.3.101.113': // ph
      throw x509Error('Ed448 certificate channel binding is not currently supported by Postgres')
  }
  throw x509Error('unknown OID ' + oid, data)
}

module.exports = { signatureAlgorithmHashFromCertificate }


/***/ }),

/***/ 948:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {


const crypto = __nccwpck_require__(4150)
const { signatureAlgorithmHashFromCertificate } = __nccwpck_require__(9765)

// SASLprep (RFC 4013) — minimal in-tree implementation.
//
// Per RFC 5802 §2.2, the SCRAM-SHA-256 client must normalize the password via
// SASLprep before feeding it into PBKDF2. PostgreSQL's server applies the same
// SASLprep when computing the stored verifier, and libpq does the same client
// side, so passwords whose NFKC form differs from the raw form
// would otherwise authenticate against psql/libpq but fail against pg with `28P01`.
//
// We deliberately implement only the three steps that change the byte content:
//   1. RFC 3454 Table C.1.2 (non-ASCII space) → U+0020 SPACE.
//   2. RFC 3454 Table B.1 (commonly mapped to nothing) → empty.
//   3. NFKC normalization.
// We skip the prohibition (RFC 4013 §2.3) and bidi (RFC 3454 §6) checks.
// libpq is forgiving on those paths and Postgres's own SASLprep matches that
// leniency for legacy roles, so omitting the rejection logic keeps existing
// roles working without adding complexity.
function saslprep(password) {
  // RFC 3454 Table C.1.2 — non-ASCII space characters, mapped to U+0020.
  const nonAsciiSpace = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g
  // RFC 3454 Table B.1 — "commonly mapped to nothing". The set intentionally
  // contains zero-width joiners and variation selectors — the very characters
  // ESLint's no-misleading-character-class warns about — because they combine
  // with their neighbors and the RFC strips them for that reason.
  // eslint-disable-next-line no-misleading-character-class
  const mappedToNothing = /[\u00AD\u034F\u1806\u180B\u180C\u180D\u200C\u200D\u2060\uFE00-\uFE0F\uFEFF]/g
  return password.replace(nonAsciiSpace, ' ').replace(mappedToNothing, '').normalize('NFKC')
}

const DEFAULT_MAX_SCRAM_ITERATIONS = 100000

function startSession(mechanisms, stream, scramMaxIterations = DEFAULT_MAX_SCRAM_ITERATIONS) {
  const candidates = ['SCRAM-SHA-256']
  if (stream) candidates.unshift('SCRAM-SHA-256-PLUS') // higher-priority, so placed first

  const mechanism = candidates.find((candidate) => mechanisms.includes(candidate))

  if (!mechanism) {
    throw new Error('SASL: Only mechanism(s) ' + candidates.join(' and ') + ' are supported')
  }

  if (mechanism === 'SCRAM-SHA-256-PLUS' && typeof stream.getPeerCertificate !== 'function') {
    // this should never happen if we are really talking to a Postgres server
    throw new Error('SASL: Mechanism SCRAM-SHA-256-PLUS requires a certificate')
  }

  const clientNonce = crypto.randomBytes(18).toString('base64')
  const gs2Header = mechanism === 'SCRAM-SHA-256-PLUS' ? 'p=tls-server-end-point' : stream ? 'y' : 'n'

  return {
    mechanism,
    clientNonce,
    response: gs2Header + ',,n=*,r=' + clientNonce,
    message: 'SASLInitialResponse',
    scramMaxIterations,
  }
}

async function continueSession(session, password, serverData, stream) {
  if (session.message !== 'SASLInitialResponse') {
    throw new Error('SASL: Last message was not SASLInitialResponse')
  }
  if (typeof password !== 'string') {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')
  }
  if (password === '') {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string')
  }
  if (typeof serverData !== 'string') {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: serverData must be a string')
  }

  const sv = parseServerFirstMessage(serverData)

  if (!sv.nonce.startsWith(session.clientNonce)) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: server nonce does not start with client nonce')
  } else if (sv.nonce.length === session.clientNonce.length) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: server nonce is too short')
  }

  const scramMaxIterations =
    typeof session.scramMaxIterations === 'number' ? session.scramMaxIterations : DEFAULT_MAX_SCRAM_ITERATIONS
  // a value of 0 disables the iteration count check
  if (scramMaxIterations !== 0 && sv.iteration > scramMaxIterations) {
    throw new Error(
      'SASL: SCRAM-SERVER-FIRST-MESSAGE: iteration count ' +
        sv.iteration +
        ' exceeds scramMaxIterations of ' +
        scramMaxIterations
    )
  }

  const clientFirstMessageBare = 'n=*,r=' + session.clientNonce
  const serverFirstMessage = 'r=' + sv.nonce + ',s=' + sv.salt + ',i=' + sv.iteration

  // without channel binding:
  let channelBinding = stream ? 'eSws' : 'biws' // 'y,,' or 'n,,', base64-encoded

  // override if channel binding is in use:
  if (session.mechanism === 'SCRAM-SHA-256-PLUS') {
    const peerCert = stream.getPeerCertificate().raw
    let hashName = signatureAlgorithmHashFromCertificate(peerCert)
    if (hashName === 'MD5' || hashName === 'SHA-1') hashName = 'SHA-256'
    const certHash = await crypto.hashByName(hashName, peerCert)
    const bindingData = Buffer.concat([Buffer.from('p=tls-server-end-point,,'), Buffer.from(certHash)])
    channelBinding = bindingData.toString('base64')
  }

  const clientFinalMessageWithoutProof = 'c=' + channelBinding + ',r=' + sv.nonce
  const authMessage = clientFirstMessageBare + ',' + serverFirstMessage + ',' + clientFinalMessageWithoutProof

  const saltBytes = Buffer.from(sv.salt, 'base64')
  const saltedPassword = await crypto.deriveKey(saslprep(password), saltBytes, sv.iteration)
  const clientKey = await crypto.hmacSha256(saltedPassword, 'Client Key')
  const storedKey = await crypto.sha256(clientKey)
  const clientSignature = await crypto.hmacSha256(storedKey, authMessage)
  const clientProof = xorBuffers(Buffer.from(clientKey), Buffer.from(clientSignature)).toString('base64')
  const serverKey = await crypto.hmacSha256(saltedPassword, 'Server Key')
  const serverSignatureBytes = await crypto.hmacSha256(serverKey, authMessage)

  session.message = 'SASLResponse'
  session.serverSignature = Buffer.from(serverSignatureBytes).toString('base64')
  session.response = clientFinalMessageWithoutProof + ',p=' + clientProof
}

function finalizeSession(session, serverData) {
  if (session.message !== 'SASLResponse') {
    throw new Error('SASL: Last message was not SASLResponse')
  }
  if (typeof serverData !== 'string') {
    throw new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: serverData must be a string')
  }

  const { serverSignature } = parseServerFinalMessage(serverData)

  if (serverSignature !== session.serverSignature) {
    throw new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match')
  }
}

/**
 * printable       = %x21-2B / %x2D-7E
 *                   ;; Printable ASCII except ",".
 *                   ;; Note that any "printable" is also
 *                   ;; a valid "value".
 */
function isPrintableChars(text) {
  if (typeof text !== 'string') {
    throw new TypeError('SASL: text must be a string')
  }
  return text
    .split('')
    .map((_, i) => text.charCodeAt(i))
    .every((c) => (c >= 0x21 && c <= 0x2b) || (c >= 0x2d && c <= 0x7e))
}

/**
 * base64-char     = ALPHA / DIGIT / "/" / "+"
 *
 * base64-4        = 4base64-char
 *
 * base64-3        = 3base64-char "="
 *
 * base64-2        = 2base64-char "=="
 *
 * base64          = *base64-4 [base64-3 / base64-2]
 */
function isBase64(text) {
  return /^(?:[a-zA-Z0-9+/]{4})*(?:[a-zA-Z0-9+/]{2}==|[a-zA-Z0-9+/]{3}=)?$/.test(text)
}

function parseAttributePairs(text) {
  if (typeof text !== 'string') {
    throw new TypeError('SASL: attribute pairs text must be a string')
  }

  return new Map(
    text.split(',').map((attrValue) => {
      if (!/^.=/.test(attrValue)) {
        throw new Error('SASL: Invalid attribute pair entry')
      }
      const name = attrValue[0]
      const value = attrValue.substring(2)
      return [name, value]
    })
  )
}

function parseServerFirstMessage(data) {
  const attrPairs = parseAttributePairs(data)

  const nonce = attrPairs.get('r')
  if (!nonce) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: nonce missing')
  } else if (!isPrintableChars(nonce)) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: nonce must only contain printable characters')
  }
  const salt = attrPairs.get('s')
  if (!salt) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: salt missing')
  } else if (!isBase64(salt)) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: salt must be base64')
  }
  const iterationText = attrPairs.get('i')
  if (!iterationText) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: iteration missing')
  } else if (!/^[1-9][0-9]*$/.test(iterationText)) {
    throw new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: invalid iteration count')
  }
  const iteration = parseInt(iterationText, 10)

  return {
    nonce,
    salt,
    iteration,
  }
}

function parseServerFinalMessage(serverData) {
  const attrPairs = parseAttributePairs(serverData)
  const error = attrPairs.get('e')
  const serverSignature = attrPairs.get('v')

  if (error) {
    throw new Error(`SASL: SCRAM-SERVER-FINAL-MESSAGE: server returned error: "${error}"`)
  }

  if (!serverSignature) {
    throw new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature is missing')
  } else if (!isBase64(serverSignature)) {
    throw new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature must be base64')
  }
  return {
    serverSignature,
  }
}

function xorBuffers(a, b) {
  if (!Buffer.isBuffer(a)) {
    throw new TypeError('first argument must be a Buffer')
  }
  if (!Buffer.isBuffer(b)) {
    throw new TypeError('second argument must be a Buffer')
  }
  if (a.length !== b.length) {
    throw new Error('Buffer lengths must match')
  }
  if (a.length === 0) {
    throw new Error('Buffers cannot be empty')
  }
  return Buffer.from(a.map((_, i) => a[i] ^ b[i]))
}

module.exports = {
  startSession,
  continueSession,
  finalizeSession,
  DEFAULT_MAX_SCRAM_ITERATIONS,
}


/***/ }),

/***/ 4150:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

const nodeCrypto = __nccwpck_require__(6982)

module.exports = {
  postgresMd5PasswordHash,
  randomBytes,
  deriveKey,
  sha256,
  hashByName,
  hmacSha256,
  md5,
}

/**
 * The Web Crypto API - grabbed from the Node.js library or the global
 * @type Crypto
 */
// eslint-disable-next-line no-undef
const webCrypto = nodeCrypto.webcrypto || globalThis.crypto
/**
 * The SubtleCrypto API for low level crypto operations.
 * @type SubtleCrypto
 */
const subtleCrypto = webCrypto.subtle
const textEncoder = new TextEncoder()

/**
 *
 * @param {*} length
 * @returns
 */
function randomBytes(length) {
  return webCrypto.getRandomValues(Buffer.alloc(length))
}

async function md5(string) {
  try {
    return nodeCrypto.createHash('md5').update(string, 'utf-8').digest('hex')
  } catch (e) {
    // `createHash()` failed so we are probably not in Node.js, use the WebCrypto API instead.
    // Note that the MD5 algorithm on WebCrypto is not available in Node.js.
    // This is why we cannot just use WebCrypto in all environments.
    const data = typeof string === 'string' ? textEncoder.encode(string) : string
    const hash = await subtleCrypto.digest('MD5', data)
    return Array.from(new Uint8Array(hash))
      .map((b) => b.toString(16).padStart(2, '0'))
      .join('')
  }
}

// See AuthenticationMD5Password at https://www.postgresql.org/docs/current/static/protocol-flow.html
async function postgresMd5PasswordHash(user, password, salt) {
  const inner = await md5(password + user)
  const outer = await md5(Buffer.concat([Buffer.from(inner), salt]))
  return 'md5' + outer
}

/**
 * Create a SHA-256 digest of the given data
 * @param {Buffer} data
 */
async function sha256(text) {
  return await subtleCrypto.digest('SHA-256', text)
}

async function hashByName(hashName, text) {
  return await subtleCrypto.digest(hashName, text)
}

/**
 * Sign the message with the given key
 * @param {ArrayBuffer} keyBuffer
 * @param {string} msg
 */
async function hmacSha256(keyBuffer, msg) {
  const key = await subtleCrypto.importKey('raw', keyBuffer, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return await subtleCrypto.sign('HMAC', key, textEncoder.encode(msg))
}

/**
 * Derive a key from the password and salt
 * @param {string} password
 * @param {Uint8Array} salt
 * @param {number} iterations
 */
async function deriveKey(password, salt, iterations) {
  const key = await subtleCrypto.importKey('raw', textEncoder.encode(password), 'PBKDF2', false, ['deriveBits'])
  const params = { name: 'PBKDF2', hash: 'SHA-256', salt: salt, iterations: iterations }
  return await subtleCrypto.deriveBits(params, key, 32 * 8, ['deriveBits'])
}


/***/ }),

/***/ 8995:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



let user
try {
  user = process.platform === 'win32' ? process.env.USERNAME : process.env.USER
} catch {
  // ignore, e.g., Deno without --allow-env
}

module.exports = {
  // database host. defaults to localhost
  host: 'localhost',

  // database user's name
  user,

  // name of database to connect
  database: undefined,

  // database user's password
  password: null,

  // a Postgres connection string to be used instead of setting individual connection items
  // NOTE:  Setting this value will cause it to override any other value (such as database or user) defined
  // in the defaults object.
  connectionString: undefined,

  // database port
  port: 5432,

  // number of rows to return at a time from a prepared statement's
  // portal. 0 will return all rows at once
  rows: 0,

  // binary result mode
  binary: false,

  // Connection pool options - see https://github.com/brianc/node-pg-pool

  // number of connections to use in connection pool
  // 0 will disable connection pooling
  max: 10,

  // max milliseconds a client can go unused before it is removed
  // from the pool and destroyed
  idleTimeoutMillis: 30000,

  client_encoding: '',

  ssl: false,

  // SSL negotiation style: 'postgres' (traditional SSLRequest) or 'direct'
  sslnegotiation: undefined,

  application_name: undefined,

  fallback_application_name: undefined,

  options: undefined,

  parseInputDatesAsUTC: false,

  // max milliseconds any query using this connection will execute for before timing out in error.
  // false=unlimited
  statement_timeout: false,

  // Abort any statement that waits longer than the specified duration in milliseconds while attempting to acquire a lock.
  // false=unlimited
  lock_timeout: false,

  // Terminate any session with an open transaction that has been idle for longer than the specified duration in milliseconds
  // false=unlimited
  idle_in_transaction_session_timeout: false,

  // max milliseconds to wait for query to complete (client side)
  query_timeout: false,

  connect_timeout: 0,

  keepalives: 1,

  keepalives_idle: 0,
}

const pgTypes = __nccwpck_require__(1549)
// save default parsers
const parseBigInteger = pgTypes.getTypeParser(20, 'text')
const parseBigIntegerArray = pgTypes.getTypeParser(1016, 'text')

// parse int8 so you can get your count values as actual numbers
module.exports.__defineSetter__('parseInt8', function (val) {
  pgTypes.setTypeParser(20, 'text', val ? pgTypes.getTypeParser(23, 'text') : parseBigInteger)
  pgTypes.setTypeParser(1016, 'text', val ? pgTypes.getTypeParser(1007, 'text') : parseBigIntegerArray)
})


/***/ }),

/***/ 3273:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const Client = __nccwpck_require__(5042)
const defaults = __nccwpck_require__(8995)
const Connection = __nccwpck_require__(9809)
const Result = __nccwpck_require__(6424)
const utils = __nccwpck_require__(9652)
const Pool = __nccwpck_require__(7558)
const TypeOverrides = __nccwpck_require__(365)
const { DatabaseError } = __nccwpck_require__(4233)
const { escapeIdentifier, escapeLiteral } = __nccwpck_require__(9652)

const poolFactory = (Client) => {
  return class BoundPool extends Pool {
    constructor(options) {
      super(options, Client)
    }
  }
}

const PG = function (clientConstructor) {
  this.defaults = defaults
  this.Client = clientConstructor
  this.Query = this.Client.Query
  this.Pool = poolFactory(this.Client)
  this._pools = []
  this.Connection = Connection
  this.types = __nccwpck_require__(1549)
  this.DatabaseError = DatabaseError
  this.TypeOverrides = TypeOverrides
  this.escapeIdentifier = escapeIdentifier
  this.escapeLiteral = escapeLiteral
  this.Result = Result
  this.utils = utils
}

let clientConstructor = Client

let forceNative = false
try {
  forceNative = !!process.env.NODE_PG_FORCE_NATIVE
} catch {
  // ignore, e.g., Deno without --allow-env
}

if (forceNative) {
  clientConstructor = __nccwpck_require__(5301)
}

module.exports = new PG(clientConstructor)

// lazy require native module...the native module may not have installed
Object.defineProperty(module.exports, "native", ({
  configurable: true,
  enumerable: false,
  get() {
    let native = null
    try {
      native = new PG(__nccwpck_require__(5301))
    } catch (err) {
      if (err.code !== 'MODULE_NOT_FOUND') {
        throw err
      }
    }

    // overwrite module.exports.native so that getter is never called again
    Object.defineProperty(module.exports, "native", ({
      value: native,
    }))

    return native
  },
}))


/***/ }),

/***/ 8942:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

const nodeUtils = __nccwpck_require__(9023)
// eslint-disable-next-line
var Native
// eslint-disable-next-line no-useless-catch
try {
  // Wrap this `require()` in a try-catch to avoid upstream bundlers from complaining that this might not be available since it is an optional import
  Native = __nccwpck_require__(4390)
} catch (e) {
  throw e
}
const TypeOverrides = __nccwpck_require__(365)
const EventEmitter = (__nccwpck_require__(4434).EventEmitter)
const util = __nccwpck_require__(9023)
const ConnectionParameters = __nccwpck_require__(646)

const NativeQuery = __nccwpck_require__(7581)

const queryQueueLengthDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Calling client.query() when the client is already executing a query is deprecated and will be removed in pg@9.0. Use async/await or an external async flow control mechanism instead.'
)

const Client = (module.exports = function (config) {
  EventEmitter.call(this)
  config = config || {}

  this._Promise = config.Promise || global.Promise
  this._types = new TypeOverrides(config.types)

  this.native = new Native({
    types: this._types,
  })

  this._queryQueue = []
  this._ending = false
  this._connecting = false
  this._connected = false
  this._queryable = true
  this.pipeline = Boolean(config.pipeline)
  this._pipelineInFlight = false

  // keep these on the object for legacy reasons
  // for the time being. TODO: deprecate all this jazz
  const cp = (this.connectionParameters = new ConnectionParameters(config))
  if (config.nativeConnectionString) cp.nativeConnectionString = config.nativeConnectionString
  this.user = cp.user

  // "hiding" the password so it doesn't show up in stack traces
  // or if the client is console.logged
  Object.defineProperty(this, 'password', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: cp.password,
  })
  this.database = cp.database
  this.host = cp.host
  this.port = cp.port

  // a hash to hold named queries
  this.namedQueries = {}
})

Client.Query = NativeQuery

util.inherits(Client, EventEmitter)

Client.prototype._errorAllQueries = function (err) {
  const enqueueError = (query) => {
    process.nextTick(() => {
      query.native = this.native
      query.handleError(err)
    })
  }

  if (this._hasActiveQuery()) {
    enqueueError(this._activeQuery)
    this._activeQuery = null
  }

  this._queryQueue.forEach(enqueueError)
  this._queryQueue.length = 0
}

// connect to the backend
// pass an optional callback to be called once connected
// or with an error if there was a connection error
Client.prototype._connect = function (cb) {
  const self = this

  if (this._connecting) {
    process.nextTick(() => cb(new Error('Client has already been connected. You cannot reuse a client.')))
    return
  }

  this._connecting = true

  this.connectionParameters.getLibpqConnectionString(function (err, conString) {
    if (self.connectionParameters.nativeConnectionString) conString = self.connectionParameters.nativeConnectionString
    if (err) return cb(err)
    self.native.connect(conString, function (err) {
      if (err) {
        self.native.end()
        return cb(err)
      }

      // set internal states to connected
      self._connected = true

      // handle connection errors from the native layer
      self.native.on('error', function (err) {
        self._queryable = false
        self._errorAllQueries(err)
        self.emit('error', err)
      })

      self.native.on('notification', function (msg) {
        self.emit('notification', {
          channel: msg.relname,
          payload: msg.extra,
        })
      })

      // signal we are connected now
      self.emit('connect')
      self._pulseQueryQueue(true)

      cb(null, this)
    })
  })
}

Client.prototype.connect = function (callback) {
  if (callback) {
    this._connect(callback)
    return
  }

  return new this._Promise((resolve, reject) => {
    this._connect((error) => {
      if (error) {
        reject(error)
      } else {
        resolve(this)
      }
    })
  })
}

// send a query to the server
// this method is highly overloaded to take
// 1) string query, optional array of parameters, optional function callback
// 2) object query with {
//    string query
//    optional array values,
//    optional function callback instead of as a separate parameter
//    optional string name to name & cache the query plan
//    optional string rowMode = 'array' for an array of results
//  }
Client.prototype.query = function (config, values, callback) {
  let query
  let result
  let readTimeout
  let readTimeoutTimer
  let queryCallback

  if (config === null || config === undefined) {
    throw new TypeError('Client was passed a null or undefined query')
  } else if (typeof config.submit === 'function') {
    readTimeout = config.query_timeout || this.connectionParameters.query_timeout
    result = query = config
    // accept query(new Query(...), (err, res) => { }) style
    if (typeof values === 'function') {
      config.callback = values
    }
  } else {
    readTimeout = config.query_timeout || this.connectionParameters.query_timeout
    query = new NativeQuery(config, values, callback)
    if (!query.callback) {
      let resolveOut, rejectOut
      result = new this._Promise((resolve, reject) => {
        resolveOut = resolve
        rejectOut = reject
      }).catch((err) => {
        Error.captureStackTrace(err)
        throw err
      })
      query.callback = (err, res) => (err ? rejectOut(err) : resolveOut(res))
    }
  }

  if (readTimeout) {
    queryCallback = query.callback || (() => {})

    readTimeoutTimer = setTimeout(() => {
      const error = new Error('Query read timeout')

      process.nextTick(() => {
        query.handleError(error, this.connection)
      })

      queryCallback(error)

      // we already returned an error,
      // just do nothing if query completes
      query.callback = () => {}

      // Remove from queue
      const index = this._queryQueue.indexOf(query)
      if (index > -1) {
        this._queryQueue.splice(index, 1)
      }

      this._pulseQueryQueue()
    }, readTimeout)

    query.callback = (err, res) => {
      clearTimeout(readTimeoutTimer)
      queryCallback(err, res)
    }
  }

  if (!this._queryable) {
    query.native = this.native
    process.nextTick(() => {
      query.handleError(new Error('Client has encountered a connection error and is not queryable'))
    })
    return result
  }

  if (this._ending) {
    query.native = this.native
    process.nextTick(() => {
      query.handleError(new Error('Client was closed and is not queryable'))
    })
    return result
  }

  if (this._queryQueue.length > 0 && !this.pipeline) {
    queryQueueLengthDeprecationNotice()
  }

  this._queryQueue.push(query)
  this._pulseQueryQueue()
  return result
}

// disconnect from the backend server
Client.prototype.end = function (cb) {
  const self = this

  this._ending = true

  if (this._connecting && !this._connected) {
    this.once('connect', () => {
      this.end(() => {})
    })
  }
  let result
  if (!cb) {
    result = new this._Promise(function (resolve, reject) {
      cb = (err) => (err ? reject(err) : resolve())
    })
  }

  const doEnd = function () {
    self.native.end(function () {
      self._connected = false

      self._errorAllQueries(new Error('Connection terminated'))

      process.nextTick(() => {
        self.emit('end')
        if (cb) cb()
      })
    })
  }

  // If pipeline has in-flight or queued queries, wait for them to drain before closing
  if (this.pipeline && (this._pipelineInFlight || this._queryQueue.length > 0)) {
    this.once('drain', doEnd)
  } else {
    doEnd()
  }
  return result
}

Client.prototype._hasActiveQuery = function () {
  return this._activeQuery && this._activeQuery.state !== 'error' && this._activeQuery.state !== 'end'
}

Client.prototype._pulseQueryQueue = function (initialConnection) {
  if (!this._connected) {
    return
  }
  if (this.pipeline && !initialConnection) {
    return this._pulsePipelinedQueryQueue()
  }
  if (this._hasActiveQuery()) {
    return
  }
  const query = this._queryQueue.shift()
  if (!query) {
    if (!initialConnection) {
      this.emit('drain')
    }
    return
  }
  this._activeQuery = query
  query.submit(this)
  const self = this
  query.once('_done', function () {
    self._pulseQueryQueue()
  })
}

Client.prototype._pulsePipelinedQueryQueue = function () {
  if (!this._connected || this._pipelineInFlight) {
    return
  }
  if (this._queryQueue.length === 0) {
    if (this.hasExecuted) {
      this.emit('drain')
    }
    return
  }

  this._pipelineInFlight = true
  const self = this
  const queries = []
  const nativeQueries = []
  const utils = __nccwpck_require__(9652)

  while (this._queryQueue.length > 0) {
    const query = this._queryQueue.shift()
    this.hasExecuted = true
    nativeQueries.push(query)

    const values = query.values ? query.values.map(utils.prepareValue) : null
    const pipelineEntry = { text: query.text, name: query.name, arrayMode: query._arrayMode }
    if (values) {
      pipelineEntry.values = values
    }
    if (query.name && this.namedQueries[query.name]) {
      pipelineEntry._alreadyPrepared = true
    }
    queries.push(pipelineEntry)
  }

  this.native.pipeline(queries, function (err, results) {
    self._pipelineInFlight = false

    if (err) {
      // Total pipeline failure. Per-query errors arrive on results[i].err, so reaching here means
      // the connection itself is gone: mark it unusable and say so, the way the JS client and the
      // non-pipelined native path both do. Without this the client looks healthy after losing its
      // backend, a Pool never discards it, and everything routed to it fails one query at a time
      // for the life of the process.
      self._connected = false
      self._queryable = false
      for (let i = 0; i < nativeQueries.length; i++) {
        const q = nativeQueries[i]
        q.native = self.native
        q.handleError(err)
      }
      self._errorAllQueries(err)
      self.emit('error', err)
      self.emit('end')
      return
    }

    // Deliver results to each query
    for (let i = 0; i < nativeQueries.length; i++) {
      const q = nativeQueries[i]
      const r = results[i]
      q.native = self.native

      if (r.err) {
        q.handleError(r.err)
      } else {
        // Track named queries on success
        if (q.name) {
          self.namedQueries[q.name] = q.text
        }
        q.state = 'end'
        q.emit('end', r.result)
        if (q.callback) {
          q.callback(null, r.result)
        }
      }

      setImmediate(function () {
        q.emit('_done')
      })
    }

    // Process any queries that arrived while we were reading
    self._pulsePipelinedQueryQueue()
  })
}

// attempt to cancel an in-progress query
Client.prototype.cancel = function (query) {
  if (this._activeQuery === query) {
    this.native.cancel(function () {})
  } else if (this._queryQueue.indexOf(query) !== -1) {
    this._queryQueue.splice(this._queryQueue.indexOf(query), 1)
  }
}

Client.prototype.ref = function () {}
Client.prototype.unref = function () {}

Client.prototype.setTypeParser = function (oid, format, parseFn) {
  return this._types.setTypeParser(oid, format, parseFn)
}

Client.prototype.getTypeParser = function (oid, format) {
  return this._types.getTypeParser(oid, format)
}

Client.prototype.isConnected = function () {
  return this._connected
}

Client.prototype.getTransactionStatus = function () {
  return this.native.getTransactionStatus()
}


/***/ }),

/***/ 5301:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {


module.exports = __nccwpck_require__(8942)


/***/ }),

/***/ 7581:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const EventEmitter = (__nccwpck_require__(4434).EventEmitter)
const util = __nccwpck_require__(9023)
const utils = __nccwpck_require__(9652)

const NativeQuery = (module.exports = function (config, values, callback) {
  EventEmitter.call(this)
  config = utils.normalizeQueryConfig(config, values, callback)
  this.text = config.text
  this.values = config.values
  this.name = config.name
  this.queryMode = config.queryMode
  this.callback = config.callback
  this.state = 'new'
  this._arrayMode = config.rowMode === 'array'

  // if the 'row' event is listened for
  // then emit them as they come in
  // without setting singleRowMode to true
  // this has almost no meaning because libpq
  // reads all rows into memory before returning any
  this._emitRowEvents = false
  this.on(
    'newListener',
    function (event) {
      if (event === 'row') this._emitRowEvents = true
    }.bind(this)
  )
})

util.inherits(NativeQuery, EventEmitter)

const errorFieldMap = {
  sqlState: 'code',
  statementPosition: 'position',
  messagePrimary: 'message',
  messageDetail: 'detail',
  messageHint: 'hint',
  context: 'where',
  schemaName: 'schema',
  tableName: 'table',
  columnName: 'column',
  dataTypeName: 'dataType',
  constraintName: 'constraint',
  sourceFile: 'file',
  sourceLine: 'line',
  sourceFunction: 'routine',
}

NativeQuery.prototype.handleError = function (err) {
  // copy pq error fields into the error object
  const fields = this.native && this.native.pq.resultErrorFields()
  if (fields) {
    for (const key in fields) {
      const normalizedFieldName = errorFieldMap[key] || key
      err[normalizedFieldName] = fields[key]
    }
  }
  if (this.callback) {
    this.callback(err)
  } else {
    this.emit('error', err)
  }
  this.state = 'error'
}

NativeQuery.prototype.then = function (onSuccess, onFailure) {
  return this._getPromise().then(onSuccess, onFailure)
}

NativeQuery.prototype.catch = function (callback) {
  return this._getPromise().catch(callback)
}

NativeQuery.prototype._getPromise = function () {
  if (this._promise) return this._promise
  this._promise = new Promise(
    function (resolve, reject) {
      this._once('end', resolve)
      this._once('error', reject)
    }.bind(this)
  )
  return this._promise
}

NativeQuery.prototype.submit = function (client) {
  this.state = 'running'
  const self = this
  this.native = client.native
  client.native.arrayMode = this._arrayMode

  let after = function (err, rows, results) {
    client.native.arrayMode = false
    setImmediate(function () {
      self.emit('_done')
    })

    // handle possible query error
    if (err) {
      return self.handleError(err)
    }

    // emit row events for each row in the result
    if (self._emitRowEvents) {
      if (results.length > 1) {
        rows.forEach((rowOfRows, i) => {
          rowOfRows.forEach((row) => {
            self.emit('row', row, results[i])
          })
        })
      } else {
        rows.forEach(function (row) {
          self.emit('row', row, results)
        })
      }
    }

    // handle successful result
    self.state = 'end'
    self.emit('end', results)
    if (self.callback) {
      self.callback(null, results)
    }
  }

  if (process.domain) {
    after = process.domain.bind(after)
  }

  // named query
  if (this.name) {
    if (this.name.length > 63) {
      console.error('Warning! Postgres only supports 63 characters for query names.')
      console.error('You supplied %s (%s)', this.name, this.name.length)
      console.error('This can cause conflicts and silent errors executing queries')
    }
    const values = (this.values || []).map(utils.prepareValue)

    // check if the client has already executed this named query
    // if so...just execute it again - skip the planning phase
    if (client.namedQueries[this.name] !== undefined) {
      if (this.text && client.namedQueries[this.name] !== this.text) {
        const err = new Error(`Prepared statements must be unique - '${this.name}' was used for a different statement`)
        return after(err)
      }
      return client.native.execute(this.name, values, after)
    }
    // plan the named query the first time, then execute it
    return client.native.prepare(this.name, this.text, values.length, function (err) {
      if (err) return after(err)
      client.namedQueries[self.name] = self.text
      return self.native.execute(self.name, values, after)
    })
  } else if (this.values) {
    if (!Array.isArray(this.values)) {
      const err = new Error('Query values must be an array')
      return after(err)
    }
    const vals = this.values.map(utils.prepareValue)
    client.native.query(this.text, vals, after)
  } else if (this.queryMode === 'extended') {
    client.native.query(this.text, [], after)
  } else {
    client.native.query(this.text, after)
  }
}


/***/ }),

/***/ 4473:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const { EventEmitter } = __nccwpck_require__(4434)

const Result = __nccwpck_require__(6424)
const utils = __nccwpck_require__(9652)

class Query extends EventEmitter {
  constructor(config, values, callback) {
    super()

    config = utils.normalizeQueryConfig(config, values, callback)

    this.text = config.text
    this.values = config.values
    this.rows = config.rows
    this.types = config.types
    this.name = config.name
    this.queryMode = config.queryMode
    this.binary = config.binary
    // use unique portal name each time
    this.portal = config.portal || ''
    this.callback = config.callback
    this._rowMode = config.rowMode
    if (process.domain && config.callback) {
      this.callback = process.domain.bind(config.callback)
    }
    this._result = new Result(this._rowMode, this.types)

    // potential for multiple results
    this._results = this._result
    this._canceledDueToError = false
  }

  requiresPreparation() {
    if (this.queryMode === 'extended') {
      return true
    }

    // named queries must always be prepared
    if (this.name) {
      return true
    }
    // always prepare if there are max number of rows expected per
    // portal execution
    if (this.rows) {
      return true
    }
    // don't prepare empty text queries
    if (!this.text) {
      return false
    }
    // prepare if there are values
    if (!this.values) {
      return false
    }
    return this.values.length > 0
  }

  _checkForMultirow() {
    // if we already have a result with a command property
    // then we've already executed one query in a multi-statement simple query
    // turn our results into an array of results
    if (this._result.command) {
      if (!Array.isArray(this._results)) {
        this._results = [this._result]
      }
      this._result = new Result(this._rowMode, this._result._types)
      this._results.push(this._result)
    }
  }

  // associates row metadata from the supplied
  // message with this query object
  // metadata used when parsing row results
  handleRowDescription(msg) {
    this._checkForMultirow()
    this._result.addFields(msg.fields)
    this._accumulateRows = this.callback || !this.listeners('row').length
  }

  handleDataRow(msg) {
    let row

    if (this._canceledDueToError) {
      return
    }

    try {
      row = this._result.parseRow(msg.fields)
    } catch (err) {
      this._canceledDueToError = err
      return
    }

    this.emit('row', row, this._result)
    if (this._accumulateRows) {
      this._result.addRow(row)
    }
  }

  handleCommandComplete(msg, connection) {
    this._checkForMultirow()
    this._result.addCommandComplete(msg)
    // need to sync after each command complete of a prepared statement
    // if we were using a row count which results in multiple calls to _getRows
    if (this.rows) {
      connection.sync()
    }
  }

  // if a named prepared statement is created with empty query text
  // the backend will send an emptyQuery message but *not* a command complete message
  // since we pipeline sync immediately after execute we don't need to do anything here
  // unless we have rows specified, in which case we did not pipeline the initial sync call
  handleEmptyQuery(connection) {
    if (this.rows) {
      connection.sync()
    }
  }

  handleError(err, connection) {
    // need to sync after error during a prepared statement
    if (this._canceledDueToError) {
      err = this._canceledDueToError
      this._canceledDueToError = false
    }
    // if callback supplied do not emit error event as uncaught error
    // events will bubble up to node process
    if (this.callback) {
      return this.callback(err)
    }
    this.emit('error', err)
  }

  handleReadyForQuery(con) {
    if (this._canceledDueToError) {
      return this.handleError(this._canceledDueToError, con)
    }
    if (this.callback) {
      try {
        this.callback(null, this._results)
      } catch (err) {
        process.nextTick(() => {
          throw err
        })
      }
    }
    this.emit('end', this._results)
  }

  submit(connection) {
    if (typeof this.text !== 'string' && typeof this.name !== 'string') {
      return new Error('A query must have either text or a name. Supplying neither is unsupported.')
    }
    const previous = connection.parsedStatements[this.name] || connection.submittedNamedStatements[this.name]
    if (this.text && previous && this.text !== previous) {
      return new Error(`Prepared statements must be unique - '${this.name}' was used for a different statement`)
    }
    if (this.values && !Array.isArray(this.values)) {
      return new Error('Query values must be an array')
    }
    if (this.requiresPreparation()) {
      // If we're using the extended query protocol we fire off several separate commands
      // to the backend. On some versions of node & some operating system versions
      // the network stack writes each message separately instead of buffering them together
      // causing the client & network to send more slowly. Corking & uncorking the stream
      // allows node to buffer up the messages internally before sending them all off at once.
      // note: we're checking for existence of cork/uncork because some versions of streams
      // might not have this (cloudflare?)
      connection.stream.cork && connection.stream.cork()
      try {
        this.prepare(connection)
      } finally {
        // while unlikely for this.prepare to throw, if it does & we don't uncork this stream
        // this client becomes unresponsive, so put in finally block "just in case"
        connection.stream.uncork && connection.stream.uncork()
      }
    } else {
      connection.query(this.text)
    }
    return null
  }

  hasBeenParsed(connection) {
    return (
      this.name &&
      (connection.parsedStatements[this.name] !== undefined ||
        connection.submittedNamedStatements[this.name] !== undefined)
    )
  }

  handlePortalSuspended(connection) {
    this._getRows(connection, this.rows)
  }

  _getRows(connection, rows) {
    connection.execute({
      portal: this.portal,
      rows: rows,
    })
    // if we're not reading pages of rows send the sync command
    // to indicate the pipeline is finished
    if (!rows) {
      connection.sync()
    } else {
      // otherwise flush the call out to read more rows
      connection.flush()
    }
  }

  // http://developer.postgresql.org/pgdocs/postgres/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
  prepare(connection) {
    // TODO refactor this poor encapsulation
    if (!this.hasBeenParsed(connection)) {
      connection.parse({
        text: this.text,
        name: this.name,
        types: this.types,
      })
      if (this.name) {
        connection.submittedNamedStatements[this.name] = this.text
      }
    }

    // because we're mapping user supplied values to
    // postgres wire protocol compatible values it could
    // throw an exception, so try/catch this section
    try {
      connection.bind({
        portal: this.portal,
        statement: this.name,
        values: this.values,
        binary: this.binary,
        valueMapper: utils.prepareValue,
      })
    } catch (err) {
      // we should close parse to avoid leaking connections
      connection.close({ type: 'S', name: this.name })
      connection.sync()

      this.handleError(err, connection)
      return
    }

    connection.describe({
      type: 'P',
      name: this.portal || '',
    })

    this._getRows(connection, this.rows)
  }

  handleCopyInResponse(connection) {
    connection.sendCopyFail('No source stream defined')
  }

  handleCopyData(msg, connection) {
    // noop
  }
}

module.exports = Query


/***/ }),

/***/ 6424:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const types = __nccwpck_require__(1549)

const matchRegexp = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/

// result object returned from query
// in the 'end' event and also
// passed as second argument to provided callback
class Result {
  constructor(rowMode, types) {
    this.command = null
    this.rowCount = null
    this.oid = null
    this.rows = []
    this.fields = []
    this._parsers = undefined
    this._types = types
    this.RowCtor = null
    this.rowAsArray = rowMode === 'array'
    if (this.rowAsArray) {
      this.parseRow = this._parseRowAsArray
    }
    this._prebuiltEmptyResultObject = null
  }

  // adds a command complete message
  addCommandComplete(msg) {
    let match
    if (msg.text) {
      // pure javascript
      match = matchRegexp.exec(msg.text)
    } else {
      // native bindings
      match = matchRegexp.exec(msg.command)
    }
    if (match) {
      this.command = match[1]
      if (match[3]) {
        // COMMAND OID ROWS
        this.oid = parseInt(match[2], 10)
        this.rowCount = parseInt(match[3], 10)
      } else if (match[2]) {
        // COMMAND ROWS
        this.rowCount = parseInt(match[2], 10)
      }
    }
  }

  _parseRowAsArray(rowData) {
    const row = new Array(rowData.length)
    for (let i = 0, len = rowData.length; i < len; i++) {
      const rawValue = rowData[i]
      if (rawValue !== null) {
        row[i] = this._parsers[i](rawValue)
      } else {
        row[i] = null
      }
    }
    return row
  }

  parseRow(rowData) {
    const row = { ...this._prebuiltEmptyResultObject }
    for (let i = 0, len = rowData.length; i < len; i++) {
      const rawValue = rowData[i]
      const field = this.fields[i].name
      if (rawValue !== null) {
        const v = this.fields[i].format === 'binary' ? Buffer.from(rawValue) : rawValue
        row[field] = this._parsers[i](v)
      } else {
        row[field] = null
      }
    }
    return row
  }

  addRow(row) {
    this.rows.push(row)
  }

  addFields(fieldDescriptions) {
    // clears field definitions
    // multiple query statements in 1 action can result in multiple sets
    // of rowDescriptions...eg: 'select NOW(); select 1::int;'
    // you need to reset the fields
    this.fields = fieldDescriptions
    if (this.fields.length) {
      this._parsers = new Array(fieldDescriptions.length)
    }

    const row = Object.create(null)

    for (let i = 0; i < fieldDescriptions.length; i++) {
      const desc = fieldDescriptions[i]
      row[desc.name] = null

      if (this._types) {
        this._parsers[i] = this._types.getTypeParser(desc.dataTypeID, desc.format || 'text')
      } else {
        this._parsers[i] = types.getTypeParser(desc.dataTypeID, desc.format || 'text')
      }
    }

    this._prebuiltEmptyResultObject = { ...row }
  }
}

module.exports = Result


/***/ }),

/***/ 829:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

const { getStream, getSecureStream } = getStreamFuncs()

module.exports = {
  /**
   * Get a socket stream compatible with the current runtime environment.
   * @returns {Duplex}
   */
  getStream,
  /**
   * Get a TLS secured socket, compatible with the current environment,
   * using the socket and other settings given in `options`.
   * @returns {Duplex}
   */
  getSecureStream,
}

/**
 * The stream functions that work in Node.js
 */
function getNodejsStreamFuncs() {
  function getStream(ssl) {
    const net = __nccwpck_require__(9278)
    return new net.Socket()
  }

  function getSecureStream(options) {
    const tls = __nccwpck_require__(4756)
    return tls.connect(options)
  }
  return {
    getStream,
    getSecureStream,
  }
}

/**
 * The stream functions that work in Cloudflare Workers
 */
function getCloudflareStreamFuncs() {
  function getStream(ssl) {
    const { CloudflareSocket } = __nccwpck_require__(785)
    return new CloudflareSocket(ssl)
  }

  function getSecureStream(options) {
    options.socket.startTls(options)
    return options.socket
  }
  return {
    getStream,
    getSecureStream,
  }
}

/**
 * Are we running in a Cloudflare Worker?
 *
 * @returns true if the code is currently running inside a Cloudflare Worker.
 */
function isCloudflareRuntime() {
  // Since 2022-03-21 the `global_navigator` compatibility flag is on for Cloudflare Workers
  // which means that `navigator.userAgent` will be defined.
  // eslint-disable-next-line no-undef
  if (typeof navigator === 'object' && navigator !== null && typeof navigator.userAgent === 'string') {
    // eslint-disable-next-line no-undef
    return navigator.userAgent === 'Cloudflare-Workers'
  }
  // In case `navigator` or `navigator.userAgent` is not defined then try a more sneaky approach
  if (typeof Response === 'function') {
    const resp = new Response(null, { cf: { thing: true } })
    if (typeof resp.cf === 'object' && resp.cf !== null && resp.cf.thing) {
      return true
    }
  }
  return false
}

function getStreamFuncs() {
  if (isCloudflareRuntime()) {
    return getCloudflareStreamFuncs()
  }
  return getNodejsStreamFuncs()
}


/***/ }),

/***/ 365:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const types = __nccwpck_require__(1549)

function TypeOverrides(userTypes) {
  this._types = userTypes || types
  this.text = {}
  this.binary = {}
}

TypeOverrides.prototype.getOverrides = function (format) {
  switch (format) {
    case 'text':
      return this.text
    case 'binary':
      return this.binary
    default:
      return {}
  }
}

TypeOverrides.prototype.setTypeParser = function (oid, format, parseFn) {
  if (typeof format === 'function') {
    parseFn = format
    format = 'text'
  }
  this.getOverrides(format)[oid] = parseFn
}

TypeOverrides.prototype.getTypeParser = function (oid, format) {
  format = format || 'text'
  return this.getOverrides(format)[oid] || this._types.getTypeParser(oid, format)
}

module.exports = TypeOverrides


/***/ }),

/***/ 9652:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



const defaults = __nccwpck_require__(8995)
const nodeUtils = __nccwpck_require__(9023)

const { isDate } = __nccwpck_require__(8253)

const invalidDateDeprecationNotice = nodeUtils.deprecate(
  () => {},
  'Sending an invalid date to Postgres is deprecated and will throw an error in the next major version of pg. Ensure any Date object passed as a query parameter is valid.',
  'PG_INVALID_DATE'
)

function escapeElement(elementRepresentation) {
  const escaped = elementRepresentation.replace(/\\/g, '\\\\').replace(/"/g, '\\"')

  return '"' + escaped + '"'
}

// convert a JS array to a postgres array literal
// uses comma separator so won't work for types like box that use
// a different array separator.
function arrayString(val) {
  let result = '{'
  for (let i = 0; i < val.length; i++) {
    if (i > 0) {
      result += ','
    }
    let item = val[i]
    if (item == null) {
      result += 'NULL'
    } else if (Array.isArray(item)) {
      result += arrayString(item)
    } else if (ArrayBuffer.isView(item)) {
      if (!(item instanceof Buffer)) {
        item = Buffer.from(item.buffer, item.byteOffset, item.byteLength)
      }
      result += '\\\\x' + item.toString('hex')
    } else {
      result += escapeElement(prepareValue(item))
    }
  }
  result += '}'
  return result
}

// converts values from javascript types
// to their 'raw' counterparts for use as a postgres parameter
// note: you can override this function to provide your own conversion mechanism
// for complex types, etc...
const prepareValue = function (val, seen) {
  // null and undefined are both null for postgres
  if (val == null) {
    return null
  }
  if (typeof val === 'object') {
    if (val instanceof Buffer) {
      return val
    }
    if (ArrayBuffer.isView(val)) {
      return Buffer.from(val.buffer, val.byteOffset, val.byteLength)
    }
    if (isDate(val)) {
      if (isNaN(val.getTime())) {
        invalidDateDeprecationNotice()
      }
      if (defaults.parseInputDatesAsUTC) {
        return dateToStringUTC(val)
      } else {
        return dateToString(val)
      }
    }
    if (Array.isArray(val)) {
      return arrayString(val)
    }

    return prepareObject(val, seen)
  }
  return val.toString()
}

function prepareObject(val, seen) {
  if (val && typeof val.toPostgres === 'function') {
    seen = seen || []
    if (seen.indexOf(val) !== -1) {
      throw new Error('circular reference detected while preparing "' + val + '" for query')
    }
    seen.push(val)

    return prepareValue(val.toPostgres(prepareValue), seen)
  }
  return JSON.stringify(val)
}

function dateToString(date) {
  let offset = -date.getTimezoneOffset()

  let year = date.getFullYear()
  const isBCYear = year < 1
  if (isBCYear) year = Math.abs(year) + 1 // negative years are 1 off their BC representation

  let ret =
    String(year).padStart(4, '0') +
    '-' +
    String(date.getMonth() + 1).padStart(2, '0') +
    '-' +
    String(date.getDate()).padStart(2, '0') +
    'T' +
    String(date.getHours()).padStart(2, '0') +
    ':' +
    String(date.getMinutes()).padStart(2, '0') +
    ':' +
    String(date.getSeconds()).padStart(2, '0') +
    '.' +
    String(date.getMilliseconds()).padStart(3, '0')

  if (offset < 0) {
    ret += '-'
    offset *= -1
  } else {
    ret += '+'
  }

  ret += String(Math.floor(offset / 60)).padStart(2, '0') + ':' + String(offset % 60).padStart(2, '0')
  if (isBCYear) ret += ' BC'
  return ret
}

function dateToStringUTC(date) {
  let year = date.getUTCFullYear()
  const isBCYear = year < 1
  if (isBCYear) year = Math.abs(year) + 1 // negative years are 1 off their BC representation

  let ret =
    String(year).padStart(4, '0') +
    '-' +
    String(date.getUTCMonth() + 1).padStart(2, '0') +
    '-' +
    String(date.getUTCDate()).padStart(2, '0') +
    'T' +
    String(date.getUTCHours()).padStart(2, '0') +
    ':' +
    String(date.getUTCMinutes()).padStart(2, '0') +
    ':' +
    String(date.getUTCSeconds()).padStart(2, '0') +
    '.' +
    String(date.getUTCMilliseconds()).padStart(3, '0')

  ret += '+00:00'
  if (isBCYear) ret += ' BC'
  return ret
}

function normalizeQueryConfig(config, values, callback) {
  // can take in strings or config objects
  // Copy config so normalization does not mutate the caller's object.
  config = typeof config === 'string' ? { text: config } : cloneQueryConfig(config)
  if (values) {
    if (typeof values === 'function') {
      config.callback = values
    } else {
      config.values = values
    }
  }
  if (callback) {
    config.callback = callback
  }
  return config
}

function cloneQueryConfig(config) {
  if (config == null) {
    return config
  }
  return Object.defineProperties(Object.create(Object.getPrototypeOf(config)), Object.getOwnPropertyDescriptors(config))
}

// Ported from PostgreSQL 9.2.4 source code in src/interfaces/libpq/fe-exec.c
const escapeIdentifier = function (str) {
  return '"' + str.replace(/"/g, '""') + '"'
}

const escapeLiteral = function (str) {
  let hasBackslash = false
  let escaped = "'"

  if (str == null) {
    return "''"
  }

  if (typeof str !== 'string') {
    return "''"
  }

  for (let i = 0; i < str.length; i++) {
    const c = str[i]
    if (c === "'") {
      escaped += c + c
    } else if (c === '\\') {
      escaped += c + c
      hasBackslash = true
    } else {
      escaped += c
    }
  }

  escaped += "'"

  if (hasBackslash === true) {
    escaped = ' E' + escaped
  }

  return escaped
}

module.exports = {
  prepareValue: function prepareValueWrapper(value) {
    // this ensures that extra arguments do not get passed into prepareValue
    // by accident, eg: from calling values.map(utils.prepareValue)
    return prepareValue(value)
  },
  normalizeQueryConfig,
  escapeIdentifier,
  escapeLiteral,
}


/***/ }),

/***/ 8702:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



var path = __nccwpck_require__(6928)
  , Stream = (__nccwpck_require__(2203).Stream)
  , split = __nccwpck_require__(5286)
  , util = __nccwpck_require__(9023)
  , defaultPort = 5432
  , isWin = (process.platform === 'win32')
  , warnStream = process.stderr
;


var S_IRWXG = 56     //    00070(8)
  , S_IRWXO = 7      //    00007(8)
  , S_IFMT  = 61440  // 00170000(8)
  , S_IFREG = 32768  //  0100000(8)
;
function isRegFile(mode) {
    return ((mode & S_IFMT) == S_IFREG);
}

var fieldNames = [ 'host', 'port', 'database', 'user', 'password' ];
var nrOfFields = fieldNames.length;
var passKey = fieldNames[ nrOfFields -1 ];


function warn() {
    var isWritable = (
        warnStream instanceof Stream &&
          true === warnStream.writable
    );

    if (isWritable) {
        var args = Array.prototype.slice.call(arguments).concat("\n");
        warnStream.write( util.format.apply(util, args) );
    }
}


Object.defineProperty(module.exports, "isWin", ({
    get : function() {
        return isWin;
    } ,
    set : function(val) {
        isWin = val;
    }
}));


module.exports.warnTo = function(stream) {
    var old = warnStream;
    warnStream = stream;
    return old;
};

module.exports.getFileName = function(rawEnv){
    var env = rawEnv || process.env;
    var file = env.PGPASSFILE || (
        isWin ?
          path.join( env.APPDATA || './' , 'postgresql', 'pgpass.conf' ) :
          path.join( env.HOME || './', '.pgpass' )
    );
    return file;
};

module.exports.usePgPass = function(stats, fname) {
    if (Object.prototype.hasOwnProperty.call(process.env, 'PGPASSWORD')) {
        return false;
    }

    if (isWin) {
        return true;
    }

    fname = fname || '<unkn>';

    if (! isRegFile(stats.mode)) {
        warn('WARNING: password file "%s" is not a plain file', fname);
        return false;
    }

    if (stats.mode & (S_IRWXG | S_IRWXO)) {
        /* If password file is insecure, alert the user and ignore it. */
        warn('WARNING: password file "%s" has group or world access; permissions should be u=rw (0600) or less', fname);
        return false;
    }

    return true;
};


var matcher = module.exports.match = function(connInfo, entry) {
    return fieldNames.slice(0, -1).reduce(function(prev, field, idx){
        if (idx == 1) {
            // the port
            if ( Number( connInfo[field] || defaultPort ) === Number( entry[field] ) ) {
                return prev && true;
            }
        }
        return prev && (
            entry[field] === '*' ||
              entry[field] === connInfo[field]
        );
    }, true);
};


module.exports.getPassword = function(connInfo, stream, cb) {
    var pass;
    var lineStream = stream.pipe(split());

    function onLine(line) {
        var entry = parseLine(line);
        if (entry && isValidEntry(entry) && matcher(connInfo, entry)) {
            pass = entry[passKey];
            lineStream.end(); // -> calls onEnd(), but pass is set now
        }
    }

    var onEnd = function() {
        stream.destroy();
        cb(pass);
    };

    var onErr = function(err) {
        stream.destroy();
        warn('WARNING: error on reading file: %s', err);
        cb(undefined);
    };

    stream.on('error', onErr);
    lineStream
        .on('data', onLine)
        .on('end', onEnd)
        .on('error', onErr)
    ;

};


var parseLine = module.exports.parseLine = function(line) {
    if (line.length < 11 || line.match(/^\s+#/)) {
        return null;
    }

    var curChar = '';
    var prevChar = '';
    var fieldIdx = 0;
    var startIdx = 0;
    var endIdx = 0;
    var obj = {};
    var isLastField = false;
    var addToObj = function(idx, i0, i1) {
        var field = line.substring(i0, i1);

        if (! Object.hasOwnProperty.call(process.env, 'PGPASS_NO_DEESCAPE')) {
            field = field.replace(/\\([:\\])/g, '$1');
        }

        obj[ fieldNames[idx] ] = field;
    };

    for (var i = 0 ; i < line.length-1 ; i += 1) {
        curChar = line.charAt(i+1);
        prevChar = line.charAt(i);

        isLastField = (fieldIdx == nrOfFields-1);

        if (isLastField) {
            addToObj(fieldIdx, startIdx);
            break;
        }

        if (i >= 0 && curChar == ':' && prevChar !== '\\') {
            addToObj(fieldIdx, startIdx, i+1);

            startIdx = i+2;
            fieldIdx += 1;
        }
    }

    obj = ( Object.keys(obj).length === nrOfFields ) ? obj : null;

    return obj;
};


var isValidEntry = module.exports.isValidEntry = function(entry){
    var rules = {
        // host
        0 : function(x){
            return x.length > 0;
        } ,
        // port
        1 : function(x){
            if (x === '*') {
                return true;
            }
            x = Number(x);
            return (
                isFinite(x) &&
                  x > 0 &&
                  x < 9007199254740992 &&
                  Math.floor(x) === x
            );
        } ,
        // database
        2 : function(x){
            return x.length > 0;
        } ,
        // username
        3 : function(x){
            return x.length > 0;
        } ,
        // password
        4 : function(x){
            return x.length > 0;
        }
    };

    for (var idx = 0 ; idx < fieldNames.length ; idx += 1) {
        var rule = rules[idx];
        var value = entry[ fieldNames[idx] ] || '';

        var res = rule(value);
        if (!res) {
            return false;
        }
    }

    return true;
};



/***/ }),

/***/ 3272:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



var path = __nccwpck_require__(6928)
  , fs = __nccwpck_require__(9896)
  , helper = __nccwpck_require__(8702)
;


module.exports = function(connInfo, cb) {
    var file = helper.getFileName();
    
    fs.stat(file, function(err, stat){
        if (err || !helper.usePgPass(stat, file)) {
            return cb(undefined);
        }

        var st = fs.createReadStream(file);

        helper.getPassword(connInfo, st, cb);
    });
};

module.exports.warnTo = helper.warnTo;


/***/ }),

/***/ 3879:
/***/ ((__unused_webpack_module, exports) => {



exports.parse = function (source, transform) {
  return new ArrayParser(source, transform).parse()
}

class ArrayParser {
  constructor (source, transform) {
    this.source = source
    this.transform = transform || identity
    this.position = 0
    this.entries = []
    this.recorded = []
    this.dimension = 0
  }

  isEof () {
    return this.position >= this.source.length
  }

  nextCharacter () {
    var character = this.source[this.position++]
    if (character === '\\') {
      return {
        value: this.source[this.position++],
        escaped: true
      }
    }
    return {
      value: character,
      escaped: false
    }
  }

  record (character) {
    this.recorded.push(character)
  }

  newEntry (includeEmpty) {
    var entry
    if (this.recorded.length > 0 || includeEmpty) {
      entry = this.recorded.join('')
      if (entry === 'NULL' && !includeEmpty) {
        entry = null
      }
      if (entry !== null) entry = this.transform(entry)
      this.entries.push(entry)
      this.recorded = []
    }
  }

  consumeDimensions () {
    if (this.source[0] === '[') {
      while (!this.isEof()) {
        var char = this.nextCharacter()
        if (char.value === '=') break
      }
    }
  }

  parse (nested) {
    var character, parser, quote
    this.consumeDimensions()
    while (!this.isEof()) {
      character = this.nextCharacter()
      if (character.value === '{' && !quote) {
        this.dimension++
        if (this.dimension > 1) {
          parser = new ArrayParser(this.source.substr(this.position - 1), this.transform)
          this.entries.push(parser.parse(true))
          this.position += parser.position - 2
        }
      } else if (character.value === '}' && !quote) {
        this.dimension--
        if (!this.dimension) {
          this.newEntry()
          if (nested) return this.entries
        }
      } else if (character.value === '"' && !character.escaped) {
        if (quote) this.newEntry(true)
        quote = !quote
      } else if (character.value === ',' && !quote) {
        this.newEntry()
      } else {
        this.record(character.value)
      }
    }
    if (this.dimension !== 0) {
      throw new Error('array dimension not balanced')
    }
    return this.entries
  }
}

function identity (value) {
  return value
}


/***/ }),

/***/ 463:
/***/ ((module) => {



var bufferFrom = Buffer.from || Buffer

module.exports = function parseBytea (input) {
  if (/^\\x/.test(input)) {
    // new 'hex' style response (pg >9.0)
    return bufferFrom(input.substr(2), 'hex')
  }
  var output = ''
  var i = 0
  while (i < input.length) {
    if (input[i] !== '\\') {
      output += input[i]
      ++i
    } else {
      if (/[0-7]{3}/.test(input.substr(i + 1, 3))) {
        output += String.fromCharCode(parseInt(input.substr(i + 1, 3), 8))
        i += 4
      } else {
        var backslashes = 1
        while (i + backslashes < input.length && input[i + backslashes] === '\\') {
          backslashes++
        }
        for (var k = 0; k < Math.floor(backslashes / 2); ++k) {
          output += '\\'
        }
        i += Math.floor(backslashes / 2) * 2
      }
    }
  }
  return bufferFrom(output, 'binary')
}


/***/ }),

/***/ 2690:
/***/ ((module) => {



var DATE_TIME = /(\d{1,})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})(\.\d{1,})?.*?( BC)?$/
var DATE = /^(\d{1,})-(\d{2})-(\d{2})( BC)?$/
var TIME_ZONE = /([Z+-])(\d{2})?:?(\d{2})?:?(\d{2})?/
var INFINITY = /^-?infinity$/

module.exports = function parseDate (isoDate) {
  if (INFINITY.test(isoDate)) {
    // Capitalize to Infinity before passing to Number
    return Number(isoDate.replace('i', 'I'))
  }
  var matches = DATE_TIME.exec(isoDate)

  if (!matches) {
    // Force YYYY-MM-DD dates to be parsed as local time
    return getDate(isoDate) || null
  }

  var isBC = !!matches[8]
  var year = parseInt(matches[1], 10)
  if (isBC) {
    year = bcYearToNegativeYear(year)
  }

  var month = parseInt(matches[2], 10) - 1
  var day = matches[3]
  var hour = parseInt(matches[4], 10)
  var minute = parseInt(matches[5], 10)
  var second = parseInt(matches[6], 10)

  var ms = matches[7]
  ms = ms ? 1000 * parseFloat(ms) : 0

  var date
  var offset = timeZoneOffset(isoDate)
  if (offset != null) {
    date = new Date(Date.UTC(year, month, day, hour, minute, second, ms))

    // Account for years from 0 to 99 being interpreted as 1900-1999
    // by Date.UTC / the multi-argument form of the Date constructor
    if (is0To99(year)) {
      date.setUTCFullYear(year)
    }

    if (offset !== 0) {
      date.setTime(date.getTime() - offset)
    }
  } else {
    date = new Date(year, month, day, hour, minute, second, ms)

    if (is0To99(year)) {
      date.setFullYear(year)
    }
  }

  return date
}

function getDate (isoDate) {
  var matches = DATE.exec(isoDate)
  if (!matches) {
    return
  }

  var year = parseInt(matches[1], 10)
  var isBC = !!matches[4]
  if (isBC) {
    year = bcYearToNegativeYear(year)
  }

  var month = parseInt(matches[2], 10) - 1
  var day = matches[3]
  // YYYY-MM-DD will be parsed as local time
  var date = new Date(year, month, day)

  if (is0To99(year)) {
    date.setFullYear(year)
  }

  return date
}

// match timezones:
// Z (UTC)
// -05
// +06:30
function timeZoneOffset (isoDate) {
  if (isoDate.endsWith('+00')) {
    return 0
  }

  var zone = TIME_ZONE.exec(isoDate.split(' ')[1])
  if (!zone) return
  var type = zone[1]

  if (type === 'Z') {
    return 0
  }
  var sign = type === '-' ? -1 : 1
  var offset = parseInt(zone[2], 10) * 3600 +
    parseInt(zone[3] || 0, 10) * 60 +
    parseInt(zone[4] || 0, 10)

  return offset * sign * 1000
}

function bcYearToNegativeYear (year) {
  // Account for numerical difference between representations of BC years
  // See: https://github.com/bendrucker/postgres-date/issues/5
  return -(year - 1)
}

function is0To99 (num) {
  return num >= 0 && num < 100
}


/***/ }),

/***/ 8755:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {



var extend = __nccwpck_require__(223)

module.exports = PostgresInterval

function PostgresInterval (raw) {
  if (!(this instanceof PostgresInterval)) {
    return new PostgresInterval(raw)
  }
  extend(this, parse(raw))
}
var properties = ['seconds', 'minutes', 'hours', 'days', 'months', 'years']
PostgresInterval.prototype.toPostgres = function () {
  var filtered = properties.filter(this.hasOwnProperty, this)

  // In addition to `properties`, we need to account for fractions of seconds.
  if (this.milliseconds && filtered.indexOf('seconds') < 0) {
    filtered.push('seconds')
  }

  if (filtered.length === 0) return '0'
  return filtered
    .map(function (property) {
      var value = this[property] || 0

      // Account for fractional part of seconds,
      // remove trailing zeroes.
      if (property === 'seconds' && this.milliseconds) {
        value = (value + this.milliseconds / 1000).toFixed(6).replace(/\.?0+$/, '')
      }

      return value + ' ' + property
    }, this)
    .join(' ')
}

var propertiesISOEquivalent = {
  years: 'Y',
  months: 'M',
  days: 'D',
  hours: 'H',
  minutes: 'M',
  seconds: 'S'
}
var dateProperties = ['years', 'months', 'days']
var timeProperties = ['hours', 'minutes', 'seconds']
// according to ISO 8601
PostgresInterval.prototype.toISOString = PostgresInterval.prototype.toISO = function () {
  var datePart = dateProperties
    .map(buildProperty, this)
    .join('')

  var timePart = timeProperties
    .map(buildProperty, this)
    .join('')

  return 'P' + datePart + 'T' + timePart

  function buildProperty (property) {
    var value = this[property] || 0

    // Account for fractional part of seconds,
    // remove trailing zeroes.
    if (property === 'seconds' && this.milliseconds) {
      value = (value + this.milliseconds / 1000).toFixed(6).replace(/0+$/, '')
    }

    return value + propertiesISOEquivalent[property]
  }
}

var NUMBER = '([+-]?\\d+)'
var YEAR = NUMBER + '\\s+years?'
var MONTH = NUMBER + '\\s+mons?'
var DAY = NUMBER + '\\s+days?'
var TIME = '([+-])?([\\d]*):(\\d\\d):(\\d\\d)\\.?(\\d{1,6})?'
var INTERVAL = new RegExp([YEAR, MONTH, DAY, TIME].map(function (regexString) {
  return '(' + regexString + ')?'
})
  .join('\\s*'))

// Positions of values in regex match
var positions = {
  years: 2,
  months: 4,
  days: 6,
  hours: 9,
  minutes: 10,
  seconds: 11,
  milliseconds: 12
}
// We can use negative time
var negatives = ['hours', 'minutes', 'seconds', 'milliseconds']

function parseMilliseconds (fraction) {
  // add omitted zeroes
  var microseconds = fraction + '000000'.slice(fraction.length)
  return parseInt(microseconds, 10) / 1000
}

function parse (interval) {
  if (!interval) return {}
  var matches = INTERVAL.exec(interval)
  var isNegative = matches[8] === '-'
  return Object.keys(positions)
    .reduce(function (parsed, property) {
      var position = positions[property]
      var value = matches[position]
      // no empty string
      if (!value) return parsed
      // milliseconds are actually microseconds (up to 6 digits)
      // with omitted trailing zeroes.
      value = property === 'milliseconds'
        ? parseMilliseconds(value)
        : parseInt(value, 10)
      // no zeros
      if (!value) return parsed
      if (isNegative && ~negatives.indexOf(property)) {
        value *= -1
      }
      parsed[property] = value
      return parsed
    }, {})
}


/***/ }),

/***/ 5286:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

/*
Copyright (c) 2014-2021, Matteo Collina <hello@matteocollina.com>

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR
IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
*/



const { Transform } = __nccwpck_require__(2203)
const { StringDecoder } = __nccwpck_require__(3193)
const kLast = Symbol('last')
const kDecoder = Symbol('decoder')

function transform (chunk, enc, cb) {
  let list
  if (this.overflow) { // Line buffer is full. Skip to start of next line.
    const buf = this[kDecoder].write(chunk)
    list = buf.split(this.matcher)

    if (list.length === 1) return cb() // Line ending not found. Discard entire chunk.

    // Line ending found. Discard trailing fragment of previous line and reset overflow state.
    list.shift()
    this.overflow = false
  } else {
    this[kLast] += this[kDecoder].write(chunk)
    list = this[kLast].split(this.matcher)
  }

  this[kLast] = list.pop()

  for (let i = 0; i < list.length; i++) {
    try {
      push(this, this.mapper(list[i]))
    } catch (error) {
      return cb(error)
    }
  }

  this.overflow = this[kLast].length > this.maxLength
  if (this.overflow && !this.skipOverflow) {
    cb(new Error('maximum buffer reached'))
    return
  }

  cb()
}

function flush (cb) {
  // forward any gibberish left in there
  this[kLast] += this[kDecoder].end()

  if (this[kLast]) {
    try {
      push(this, this.mapper(this[kLast]))
    } catch (error) {
      return cb(error)
    }
  }

  cb()
}

function push (self, val) {
  if (val !== undefined) {
    self.push(val)
  }
}

function noop (incoming) {
  return incoming
}

function split (matcher, mapper, options) {
  // Set defaults for any arguments not supplied.
  matcher = matcher || /\r?\n/
  mapper = mapper || noop
  options = options || {}

  // Test arguments explicitly.
  switch (arguments.length) {
    case 1:
      // If mapper is only argument.
      if (typeof matcher === 'function') {
        mapper = matcher
        matcher = /\r?\n/
      // If options is only argument.
      } else if (typeof matcher === 'object' && !(matcher instanceof RegExp) && !matcher[Symbol.split]) {
        options = matcher
        matcher = /\r?\n/
      }
      break

    case 2:
      // If mapper and options are arguments.
      if (typeof matcher === 'function') {
        options = mapper
        mapper = matcher
        matcher = /\r?\n/
      // If matcher and options are arguments.
      } else if (typeof mapper === 'object') {
        options = mapper
        mapper = noop
      }
  }

  options = Object.assign({}, options)
  options.autoDestroy = true
  options.transform = transform
  options.flush = flush
  options.readableObjectMode = true

  const stream = new Transform(options)

  stream[kLast] = ''
  stream[kDecoder] = new StringDecoder('utf8')
  stream.matcher = matcher
  stream.mapper = mapper
  stream.maxLength = options.maxLength
  stream.skipOverflow = options.skipOverflow || false
  stream.overflow = false
  stream._destroy = function (err, cb) {
    // Weird Node v12 bug that we need to work around
    this._writableState.errorEmitted = false
    cb(err)
  }

  return stream
}

module.exports = split


/***/ }),

/***/ 223:
/***/ ((module) => {

module.exports = extend

var hasOwnProperty = Object.prototype.hasOwnProperty;

function extend(target) {
    for (var i = 1; i < arguments.length; i++) {
        var source = arguments[i]

        for (var key in source) {
            if (hasOwnProperty.call(source, key)) {
                target[key] = source[key]
            }
        }
    }

    return target
}


/***/ }),

/***/ 8206:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ conclude)
/* harmony export */ });
/* harmony import */ var _github_commands_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4897);
/* harmony import */ var _postgres_failure_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8829);
/* harmony import */ var _publish_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(3817);
/* harmony import */ var _report_exit_js__WEBPACK_IMPORTED_MODULE_7__ = __nccwpck_require__(1036);
/* harmony import */ var _report_log_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(6472);
/* harmony import */ var _report_redact_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(649);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(9836);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(5655);








/** Returns the exit code. */
async function conclude(outcome, setting) {
    const { door, folder, keep, redact, audience } = setting;
    const shown = (0,_report_redact_js__WEBPACK_IMPORTED_MODULE_4__/* .redactOutcome */ .Ah)(outcome, redact);
    keep({ outcome: shown, over: true });
    folder.write(shown);
    const text = (0,_report_log_js__WEBPACK_IMPORTED_MODULE_3__/* .renderText */ .S)(shown);
    folder.logLine(text);
    door.console.finish(shown, text, folder, setting.known.workingDirectory);
    // All but what is said of the telling itself is redacted already.
    const now = (told) => asItEnds({ ...told, warnings: told.warnings.map(redact) }, door.signal);
    const shared = await (0,_publish_js__WEBPACK_IMPORTED_MODULE_2__/* .shareFolder */ .wL)(shown, audience);
    const known = now(shared.outcome);
    if (differ(known, shown))
        keep({ outcome: known, over: true });
    const told = await (0,_publish_js__WEBPACK_IMPORTED_MODULE_2__/* .tell */ .qz)(known, audience);
    const last = now(told.outcome);
    for (const { level, text: word } of [...shared.words, ...told.words])
        door.console[level]((0,_report_text_js__WEBPACK_IMPORTED_MODULE_6__/* .clean */ .uH)(redact(word)));
    const { log } = last.artifacts;
    if (log)
        door.console.line(`artifact: ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_6__/* .clean */ .uH)(log.url ?? log.name)}`);
    if (last.error !== null && last.result !== shown.result)
        door.console.warning((0,_report_text_js__WEBPACK_IMPORTED_MODULE_6__/* .clean */ .uH)(last.error.message));
    if (differ(last, shown))
        folder.write(last);
    (0,_github_commands_js__WEBPACK_IMPORTED_MODULE_0__/* .saveState */ .LZ)(door.env, 'reported', 'true');
    folder.close();
    door.console.ended(folder);
    return last.exitCode;
}
/** In what the telling may have changed. */
function differ(a, b) {
    return a.result !== b.result || a.artifacts.log !== b.artifacts.log || a.warnings.length !== b.warnings.length;
}
/** Whoever cancels wants what comes after not to happen, however far this step was. */
function asItEnds(outcome, signal) {
    const { result } = outcome;
    if (!signal.aborted || outcome.exitCode !== 0)
        return outcome;
    const stop = (0,_report_stop_js__WEBPACK_IMPORTED_MODULE_5__/* .cancelled */ .K)(`when the run itself was over (${result})`, 'Nothing is left to be done; run again if the deployment is wanted after all.');
    const error = (0,_postgres_failure_js__WEBPACK_IMPORTED_MODULE_1__/* .failureFrom */ .J)(stop, null, { phase: 'other', showData: true });
    return { ...outcome, result: 'cancelled', exitCode: (0,_report_exit_js__WEBPACK_IMPORTED_MODULE_7__/* .exitCodeOf */ .F)('cancelled', outcome.databaseState, {}), error };
}


/***/ }),

/***/ 6627:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  cz: () => (/* binding */ WORK_ENDS_MS),
  NU: () => (/* binding */ later),
  Gs: () => (/* binding */ logOf),
  y7: () => (/* binding */ settingOf)
});

// EXTERNAL MODULE: ./src/github/commands.ts
var commands = __nccwpck_require__(4897);
// EXTERNAL MODULE: ./src/report/redact.ts
var redact = __nccwpck_require__(649);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __nccwpck_require__(5655);
// EXTERNAL MODULE: ./src/report-folder.ts + 2 modules
var report_folder = __nccwpck_require__(5921);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
var external_node_path_default = /*#__PURE__*/__nccwpck_require__.n(external_node_path_);
// EXTERNAL MODULE: ./src/plan/settle.ts
var settle = __nccwpck_require__(9108);
// EXTERNAL MODULE: ./src/request/event.ts
var request_event = __nccwpck_require__(9369);
// EXTERNAL MODULE: ./src/request/inputs.ts
var inputs = __nccwpck_require__(4332);
;// CONCATENATED MODULE: ./src/request/request.ts
/** What a run was asked to do: read once, checked once, frozen. Every other room takes this and never a raw input. */
const MODES = ['dry-run', 'apply', 'status', 'verify', 'rollback', 'baseline', 'repair'];
const ENVIRONMENTS = ['production', 'staging', 'development'];

// EXTERNAL MODULE: ./src/request/url.ts
var request_url = __nccwpck_require__(7800);
;// CONCATENATED MODULE: ./src/request/target.ts

/** The target of the run: `database-url`, else `DATABASE_URL`, else `DATABASE_*`, else `PG*`. */
function readTarget(question) {
    const { given, env } = question;
    if (given !== '' && given !== 'env')
        return fromUrl(given, 'input database-url', '', question);
    if (given === '' && question.emptyRefused !== null) {
        return bad([
            `it is empty, as an unset secret is; in ${question.emptyRefused} the action does not look elsewhere: set the secret, or write \`env\` to read DATABASE_URL from the environment`,
        ]);
    }
    const url = env.DATABASE_URL ?? '';
    if (url !== '')
        return fromUrl(url, 'environment variable DATABASE_URL', 'the environment variable DATABASE_URL: ', question);
    if (DATABASE_PARTS.some((name) => isSet(env, name)))
        return fromParts(DATABASE_NAMES, question);
    if (['PGHOST', 'PGDATABASE', 'PGUSER'].some((name) => isSet(env, name)))
        return fromParts(PG_NAMES, question);
    return bad([
        'no database is named; set this input or DATABASE_URL, or all of DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD, or PGHOST, PGDATABASE and PGUSER',
    ]);
}
/** The copy to rehearse on; null without problems when none was asked for. */
function readRehearsalTarget(question) {
    if (question.given === '')
        return bad([]);
    if (question.given !== 'env')
        return fromUrl(question.given, 'input rehearsal-database-url', '', question);
    const url = question.env.REHEARSAL_DATABASE_URL ?? '';
    if (url === '')
        return bad(['`env` was given, and the environment variable REHEARSAL_DATABASE_URL is not set']);
    const name = 'environment variable REHEARSAL_DATABASE_URL';
    return fromUrl(url, name, `the ${name}: `, question);
}
/** Whether both are one database: a copy must be another one. */
function isSameDatabase(one, other) {
    return (one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port && one.database === other.database);
}
/**
 * What must never be seen of the inputs and of the environment, whichever of it is used in the end. However short: to drop
 * a real password because it is short would show it. Only '' is left out.
 */
function databaseSecrets(urls, env) {
    const found = new Set();
    for (const url of [...urls, env.DATABASE_URL ?? '', env.REHEARSAL_DATABASE_URL ?? '']) {
        if (url === 'env')
            continue;
        for (const secret of (0,request_url/* secretsInUrl */.Ct)(url))
            found.add(secret);
    }
    for (const password of [env.DATABASE_PASSWORD ?? '', env.PGPASSWORD ?? ''])
        (0,request_url/* addForms */.dH)(password, found);
    found.delete('');
    return [...found];
}
function fromUrl(text, source, prefix, settings) {
    const reading = (0,request_url/* readUrl */.wo)(text);
    if (reading.kind === 'bad')
        return bad(reading.problems.map((problem) => prefix + problem));
    return withTls(reading.url, source, settings, reading.url.connectTimeoutMs);
}
const DATABASE_NAMES = {
    host: 'DATABASE_HOST',
    port: 'DATABASE_PORT',
    database: 'DATABASE_NAME',
    user: 'DATABASE_USER',
    password: 'DATABASE_PASSWORD',
    // An empty password here is a secret that was not set.
    required: ['DATABASE_HOST', 'DATABASE_NAME', 'DATABASE_USER', 'DATABASE_PASSWORD'],
};
const DATABASE_PARTS = [...DATABASE_NAMES.required, 'DATABASE_PORT'];
const PG_NAMES = {
    host: 'PGHOST',
    port: 'PGPORT',
    database: 'PGDATABASE',
    user: 'PGUSER',
    password: 'PGPASSWORD',
    required: ['PGHOST', 'PGDATABASE', 'PGUSER'],
};
function fromParts(names, settings) {
    const { env } = settings;
    const source = `environment variables ${names.host}, ${names.database}, ${names.user}`;
    const missing = names.required.filter((name) => !isSet(env, name));
    const problems = [];
    if (missing.length > 0) {
        const there = [...names.required, names.port].filter((name) => isSet(env, name));
        problems.push(`the environment sets ${there.join(', ')} but not ${missing.join(', ')}; set those too, or DATABASE_URL`);
    }
    const host = env[names.host] ?? '';
    const hostFault = host === '' ? null : (0,request_url/* hostProblem */.Q8)(host);
    if (hostFault !== null)
        problems.push(`the environment variable ${names.host}: ${hostFault}`);
    const port = isSet(env, names.port) ? (0,request_url/* readPort */.Sr)(env[names.port] ?? '') : 5432;
    if (port === null)
        problems.push(`the environment variable ${names.port} is not a number from 1 to 65535`);
    if (problems.length > 0 || port === null)
        return bad(problems);
    return withTls({
        host,
        port,
        database: env[names.database] ?? '',
        user: env[names.user] ?? '',
        password: env[names.password] || null,
        sslMode: null,
        sslRootCert: null,
        channelBinding: null,
    }, source, settings, null);
}
/** As in libpq, PGSSLMODE, PGSSLROOTCERT and PGCHANNELBINDING hold for every connection that does not say otherwise. */
function withTls(parts, source, settings, connectTimeoutMs) {
    const asked = parts.sslMode ?? (settings.env.PGSSLMODE || null);
    const sslRootCert = settings.sslRootCert || parts.sslRootCert || settings.env.PGSSLROOTCERT || null;
    const sslMode = 
    // With the system's roots anybody has a valid certificate, so libpq demands the host name as well.
    asked === null
        ? sslRootCert === 'system'
            ? 'verify-full'
            : 'prefer'
        : request_url/* SSL_MODES */.yj.find((candidate) => candidate === asked);
    if (sslMode === undefined) {
        return bad([`the environment variable PGSSLMODE is not one of ${request_url/* SSL_MODES */.yj.join(', ')}`]);
    }
    if (sslRootCert === 'system' && sslMode !== 'verify-full') {
        return bad([`sslmode ${sslMode} is too weak for the root certificate \`system\`; write sslmode=verify-full`]);
    }
    const { host, port, database, user, password } = parts;
    const channelBinding = parts.channelBinding ?? (0,request_url/* channelBindingOf */.O0)(settings.env.PGCHANNELBINDING || 'prefer');
    if (channelBinding === undefined)
        return bad(['the environment variable PGCHANNELBINDING is not known']);
    const bound = channelBinding === 'require';
    if (bound && (sslMode === 'disable' || host.startsWith('/')))
        return bad(['channel_binding=require needs TLS, and this connection has none; leave one of the two out']);
    return {
        target: {
            ...{ host, port, database, user, password, sslMode, sslRootCert, source },
            ...(bound ? { needsChannelBinding: true } : {}),
        },
        problems: [],
        connectTimeoutMs,
    };
}
function bad(problems) {
    return { target: null, problems, connectTimeoutMs: null };
}
function isSet(env, name) {
    return (env[name] ?? '') !== '';
}

// EXTERNAL MODULE: ./src/request/tool.ts + 1 modules
var tool = __nccwpck_require__(8607);
// EXTERNAL MODULE: ./src/request/values.ts
var values = __nccwpck_require__(671);
;// CONCATENATED MODULE: ./src/request/parse.ts
/** Raw strings, the environment and the event become one frozen Request, or the list of everything that is wrong. */









/**
 * Reads the inputs of a run. An event that may not do this is refused before anything else is looked at; then all problems
 * at once (`invalid`); then a wrong confirmation (`refused`). No message repeats a secret.
 */
function parseRequest(raw, context) {
    const run = (0,request_event/* identifyRun */.yn)(context.env, context.event);
    const secrets = secretsOf(raw, context.env);
    const reader = makeReader({ ...raw, ...fromEnvironment(raw, context.env) }, secrets, context.problems ?? []);
    const isMisread = (name) => context.problems?.some(({ input }) => input === name) ?? false;
    const mode = isMisread('mode') ? null : peek(MODES, reader.text('mode'));
    const environment = decideEnvironment(reader, context);
    const known = {
        mode,
        environment: environment?.environment ?? null,
        workingDirectory: external_node_path_default().resolve(context.cwd, reader.text('working-directory')),
        target: targetOf(reader, context, environment).target,
        run,
        publishing: readPublishing(reader, readableArtifactName(reader, mode, environment, run)),
        json: context.json ?? false,
        secrets,
    };
    const asked = { environment: known.environment, smokeTests: reader.text('smoke-tests') !== '' };
    const eventRefusal = mode === null ? null : (0,request_event/* refuseEvent */.DO)(run, context.event, { ...asked, mode });
    if (eventRefusal !== null)
        return deepFreeze({ kind: 'refused', ...eventRefusal, known });
    const fields = readFields(reader, context, known, environment);
    checkEngine(reader, fields);
    checkNames(reader, raw);
    checkLaterInputs(reader);
    checkTag(reader, run, environment);
    if (reader.problems.length > 0 || fields.target === null || environment === null) {
        return deepFreeze({ kind: 'invalid', problems: inTableOrder(reader.problems), known });
    }
    const confirmation = parse_confirm(reader, context, fields.mode, environment);
    if (confirmation === 'wrong') {
        return deepFreeze({
            kind: 'refused',
            reason: `confirm-token is not the phrase that mode ${fields.mode} asks for in production`,
            next: `Set confirm-token to ${phraseOf(fields.mode)}, exactly: no other case, no white space.`,
            known,
        });
    }
    if (goesUnprobed(fields)) {
        return deepFreeze({
            kind: 'refused',
            reason: 'engine command has no command-probe: nothing would show that the tool connects to the rehearsal and not past it, to the database itself',
            next: 'Set command-probe to a harmless command of the same tool, such as its status; or accept it for this run with allow-hazards: unprobed-command.',
            known,
        });
    }
    const request = {
        ...fields,
        door: context.door,
        environment: environment.environment,
        environmentSource: environment.source,
        toolRefused: (0,request_event/* refuseTool */.tl)(run, context.event),
        target: fields.target,
        confirmation,
        publishing: known.publishing,
        run,
        verbose: context.verbose ?? false,
        json: known.json,
        secrets,
    };
    return deepFreeze({ kind: 'request', request });
}
/** Of one list. */
const SHOWN_ITEMS = 5;
/** `before`: an input that is named there has no value, and nothing more is to be said of it. */
function makeReader(raw, secrets, before) {
    const problems = [...before];
    const given = (name) => raw[name] ?? '';
    const text = (name) => given(name).trim() || specOf(name).default;
    const show = (value) => (0,values/* shown */.SP)(value, secrets);
    const problem = (input, message) => {
        if (!before.some((one) => one.input === input))
            problems.push({ input, message });
    };
    const notAllowed = (name, allowed) => problem(name, `${show(text(name))} is not allowed; allowed: ${allowed}`);
    return {
        problems,
        problem,
        given,
        text,
        show,
        choice: (name, fallback) => {
            const { choices = [], later = [] } = specOf(name);
            const value = text(name) || (fallback ?? '');
            const now = choices.filter((choice) => !later.includes(choice));
            if (later.includes(value))
                problem(name, `not supported yet: ${show(value)}; allowed in this release: ${now.join(', ')}`);
            else if (!choices.includes(value)) {
                notAllowed(name, `${now.join(', ')}${(0,values/* suggestion */.h)(value, now)}`);
            }
            return value;
        },
        boolean: (name) => {
            const value = (0,values/* parseBoolean */.yG)(text(name));
            if (value === null)
                notAllowed(name, 'true, false');
            return value ?? false;
        },
        integer: (name) => {
            const { min = 0, max = Number.MAX_SAFE_INTEGER } = specOf(name);
            const value = (0,values/* parseInteger */.cG)(text(name));
            if (value !== null && value >= min && value <= max)
                return value;
            notAllowed(name, `a whole number from ${min} to ${max}`);
            return min;
        },
        duration: (name, fallback) => {
            if (text(name) === '' && fallback !== undefined)
                return fallback;
            const value = (0,values/* parseDuration */.E9)(text(name));
            if (value === null)
                notAllowed(name, values/* DURATION_FORM */.ec);
            return value ?? 0;
        },
        size: (name) => {
            const value = (0,values/* parseSize */.DB)(text(name));
            if (value === null)
                notAllowed(name, values/* SIZE_FORM */.F$);
            return value ?? 0;
        },
        list: (name, isItem, form) => {
            const items = (0,values/* parseList */.E1)(given(name));
            const wrong = items.filter((item) => !isItem(item));
            for (const item of wrong.slice(0, SHOWN_ITEMS))
                problem(name, `${show(item)} is not allowed; allowed: ${form}`);
            if (wrong.length > SHOWN_ITEMS)
                problem(name, `and ${(0,report_text/* plural */.LS)(wrong.length - SHOWN_ITEMS, 'other item')}`);
            return items;
        },
    };
}
function specOf(name) {
    const spec = (0,inputs/* findInput */.cu)(name);
    if (spec === null)
        throw new Error(`the table of inputs has no ${name}`);
    return spec;
}
function readFields(reader, context, known, environment) {
    const inProduction = environment?.environment === 'production';
    const maxBlockingMs = reader.duration('max-blocking');
    return {
        ...readDatabases(reader, context, environment),
        mode: asRunMode(reader.choice('mode')),
        planDigest: readDigest(reader),
        reviewDelayMs: reader.duration('review-delay', inProduction ? 30_000 : 0),
        engine: reader.choice('engine'),
        ...readTool(reader),
        migrationsPath: readInnerPath(reader, 'migrations-path'),
        workingDirectory: readWorkingDirectory(reader, context, known.workingDirectory),
        targetVersion: readTargetVersion(reader),
        transactionMode: reader.choice('transaction-mode'),
        allowOutOfOrder: reader.boolean('allow-out-of-order'),
        trackingSchema: readSchema(reader),
        lockTimeoutMs: reader.duration('lock-timeout'),
        statementTimeoutMs: reader.duration('statement-timeout'),
        lockRetries: reader.integer('lock-retries'),
        lockWaitMs: reader.duration('lock-wait'),
        maxBlockingMs,
        maxExclusiveMs: reader.duration('max-exclusive', maxBlockingMs),
        dryRunTimeoutMs: reader.duration('dry-run-timeout'),
        dryRunMaxBytes: reader.size('dry-run-max-bytes'),
        assumeRows: reader.integer('assume-rows'),
        rehearseRollback: reader.text('rehearse-rollback') === '' ? null : reader.boolean('rehearse-rollback'),
        settle: readSettle(reader),
        failOn: reader.choice('fail-on'),
        allowHazards: reader.list('allow-hazards', isRuleId, 'ids of hazard rules, such as dry-run-inconclusive'),
        criticalTables: reader.list('critical-tables', isRelationName, '`schema.table` or `table`'),
        criticalIndexes: reader.list('critical-indexes', isRelationName, '`schema.index` or `index`'),
        smokeTests: readInnerPath(reader, 'smoke-tests'),
        backup: reader.choice('backup', inProduction ? 'marker' : 'none') === 'marker' ? 'marker' : 'none',
        showData: reader.boolean('show-data'),
    };
}
function readDatabases(reader, context, environment) {
    const main = targetOf(reader, context, environment);
    const sslRootCert = reader.given('ssl-root-cert').trim();
    const copy = readRehearsalTarget({ env: context.env, sslRootCert, given: reader.given('rehearsal-database-url') });
    for (const problem of main.problems)
        reader.problem('database-url', problem);
    for (const problem of copy.problems)
        reader.problem('rehearsal-database-url', problem);
    if (main.target !== null && copy.target !== null && isSameDatabase(main.target, copy.target)) {
        reader.problem('rehearsal-database-url', 'it is the target itself; name a copy of it, or leave it out to rehearse on the target');
    }
    const connectTimeoutMs = reader.duration('connect-timeout');
    // The action always has a text here, so the default counts as not said and leaves the word to the URL.
    const said = reader.text('connect-timeout') !== specOf('connect-timeout').default;
    return {
        target: main.target,
        rehearsalTarget: copy.target,
        connectTimeoutMs: said ? connectTimeoutMs : (main.connectTimeoutMs ?? connectTimeoutMs),
    };
}
function targetOf(reader, context, environment) {
    const lookedUp = context.door === 'cli' || environment?.environment !== 'production';
    return readTarget({
        env: context.env,
        sslRootCert: reader.given('ssl-root-cert').trim(),
        given: reader.given('database-url'),
        emptyRefused: lookedUp ? null : `production (${environment.source})`,
    });
}
/** Null when the input holds something that is no environment. */
function decideEnvironment(reader, context) {
    const text = reader.text('environment');
    if (text === '')
        return (0,request_event/* inferEnvironment */.E$)(context.door, context.env);
    const environment = peek(ENVIRONMENTS, text);
    if (environment !== null)
        return { environment, source: 'input' };
    reader.choice('environment');
    return null;
}
function checkTag(reader, run, environment) {
    const tag = (0,request_event/* badPushedTag */.hp)(run);
    if (tag === null || environment?.environment !== 'production')
        return;
    reader.problem('environment', `production was reached by a push of the tag ${reader.show(tag)}, which is no semantic version; allowed: vMAJOR.MINOR.PATCH, such as v1.4.0 or v2.0.0-rc.1`);
}
function checkNames(reader, raw) {
    const names = inputs/* INPUTS */.mc.map((spec) => spec.name);
    for (const [name, value] of Object.entries(raw)) {
        if (value === undefined || (0,inputs/* isInputName */.wp)(name))
            continue;
        reader.problem(name, `there is no such input${(0,values/* suggestion */.h)(name, names)}`);
    }
}
function checkLaterInputs(reader) {
    for (const spec of inputs/* INPUTS */.mc) {
        if (spec.supported || reader.text(spec.name) === spec.default)
            continue;
        const leave = spec.default === '' ? 'leave it out' : `leave it out, or at ${spec.default}`;
        reader.problem(spec.name, `not supported yet; ${leave}`);
    }
}
function readWorkingDirectory(reader, context, resolved) {
    const workspace = context.env.GITHUB_WORKSPACE ?? '';
    if (context.door === 'action' && workspace !== '' && leaves(external_node_path_default().relative(workspace, resolved))) {
        reader.problem('working-directory', `${reader.show(reader.text('working-directory'))} leaves the workspace; allowed: a folder inside it`);
    }
    return resolved;
}
/** A path that stays inside the working directory, or null when it was not given. */
function readInnerPath(reader, name) {
    const text = reader.text(name);
    if (text === '')
        return null;
    const absolute = external_node_path_default().posix.isAbsolute(text) || external_node_path_default().win32.isAbsolute(text) || /^[a-z]:/i.test(text);
    if (absolute || text.includes('\0') || leaves(external_node_path_default().posix.normalize(text.replaceAll('\\', '/')))) {
        reader.problem(name, `${reader.show(text)} is not allowed; allowed: a path inside the working directory, relative to it`);
    }
    return text;
}
/** Whether a relative path goes up and out; between two drives it is no relative path at all. */
function leaves(relative) {
    return /^\.\.(?:[/\\]|$)/.test(relative) || external_node_path_default().isAbsolute(relative);
}
function readSettle(reader) {
    const form = '`<version>=<word>`, the word applied, pending, done or again';
    const items = reader.list('settle', (item) => (0,settle/* readSettleWord */.Wh)(item) !== null, form);
    const pairs = items.map(settle/* readSettleWord */.Wh).filter((pair) => pair !== null);
    const words = new Map(pairs);
    const twice = pairs.find(([version], index) => pairs.findIndex(([other]) => other === version) < index);
    const reason = readReason(reader);
    if (twice)
        reader.problem('settle', `version ${reader.show(twice[0])} is named twice; say one word of each`);
    if (items.length > 0 && reason === null)
        reader.problem('settle-reason', '`settle` needs it: why, for whoever reads the history');
    if (items.length > 0 && reader.text('mode') !== 'repair')
        reader.problem('settle', `it goes with mode repair only, and this is mode ${reader.show(reader.text('mode'))}`);
    return { words, reason };
}
const MAX_REASON = 1_000;
/** It goes into the history, the log and the summary: one line that shows as it is. */
function readReason(reader) {
    const text = reader.text('settle-reason').replace(/[\r\n]+/g, '\n');
    if (text.length > MAX_REASON)
        reader.problem('settle-reason', `it has ${text.length} characters; allowed: at most ${MAX_REASON}`);
    else if ((0,report_text/* clean */.uH)(text) !== text)
        reader.problem('settle-reason', 'it holds characters that cannot be seen; allowed: letters, digits, marks and spaces');
    return (0,report_text/* oneLine */.TN)(text) || null;
}
/** As it was given: one with white space around it, or of nothing else, is not what a dry run gave. */
function readDigest(reader) {
    const text = reader.given('plan-digest');
    if (text === '')
        return null;
    if (!/^[0-9a-f]{64}$/.test(text)) {
        reader.problem('plan-digest', `${reader.show(text)} is not allowed; allowed: the 64 hexadecimal digits, in lower case, that a dry run gave as plan-digest`);
    }
    return text;
}
/** With `auto` it may become either, as a revision that Alembic makes up has hexadecimal digits only. */
const VERSION_FORMS = {
    sql: { form: /^\d+$/, is: 'the digits that a migration file begins with, such as 0012, or latest' },
    alembic: { form: /^[\w.]+$/, is: 'a revision, such as 1975ea83b712, or latest' },
    auto: {
        form: /^[0-9a-f]+$/,
        is: 'the digits that a migration file begins with, such as 0012, or a revision of Alembic, or latest (with `engine: alembic` a revision of any name)',
    },
};
function readTargetVersion(reader) {
    const text = reader.text('target-version');
    const engine = reader.text('engine');
    const named = engine === 'alembic' || engine === 'sql' ? engine : 'auto';
    const latest = named === 'sql' ? ['latest'] : ['latest', 'head', 'heads'];
    if (text === '' || latest.includes(text))
        return null;
    const { form, is } = VERSION_FORMS[named];
    // With a command it is a problem whatever it holds, and said as that.
    if (engine !== 'command' && !form.test(text))
        reader.problem('target-version', `${reader.show(text)} is not allowed; allowed: ${is}`);
    return text;
}
function readTool(reader) {
    const { variables, problems } = (0,tool/* readUrlVariables */.rW)(reader.text('database-url-env'), reader.show);
    for (const problem of problems)
        reader.problem('database-url-env', problem);
    return {
        alembicConfig: readInnerPath(reader, 'alembic-config') ?? specOf('alembic-config').default,
        alembicCommand: readWords(reader, 'alembic-command'),
        command: readWords(reader, 'command'),
        commandProbe: readWords(reader, 'command-probe'),
        urlVariables: variables,
    };
}
function readWords(reader, name) {
    const text = reader.text(name);
    if (text === '')
        return null;
    const { words, problems } = (0,tool/* readCommandLine */.ye)(text);
    for (const problem of problems)
        reader.problem(name, problem);
    return words;
}
function checkEngine(reader, fields) {
    // What is no engine has been said, and nothing follows from it.
    if (!specOf('engine').choices?.includes(fields.engine))
        return;
    for (const { input, message } of (0,tool/* engineProblems */.p7)(fields.engine, fields))
        reader.problem(input, message);
}
/** Whether a tool would be run without having been seen to connect through us, and nobody has said that this is fine. */
function goesUnprobed(fields) {
    const executes = inputs/* MODE_TABLE */.TL.find((spec) => spec.name === fields.mode)?.executes ?? true;
    return (fields.engine === 'command' &&
        executes &&
        fields.commandProbe === null &&
        !fields.allowHazards.includes('unprobed-command'));
}
const MAX_IDENTIFIER_BYTES = 63;
/** Lower case only: whether `App` or `app` is meant would depend on who quotes it. */
function readSchema(reader) {
    const text = reader.text('tracking-schema');
    const plain = /^[a-z_][a-z0-9_]*$/.test(text) && text.length <= MAX_IDENTIFIER_BYTES;
    if (!plain || text.startsWith('pg_') || text === 'information_schema') {
        reader.problem('tracking-schema', `${reader.show(text)} is not allowed; allowed: a plain identifier of at most ${MAX_IDENTIFIER_BYTES} bytes (a-z, 0-9, _, no digit first), none of PostgreSQL's own schemas`);
    }
    return text;
}
function isRuleId(text) {
    return /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}
function isRelationName(text) {
    return /^(?:"[^"]+"|[^\s".]+)(?:\.(?:"[^"]+"|[^\s".]+))?$/.test(text);
}
/** The name of the artifact where it can be said at all. */
function readableArtifactName(reader, mode, environment, run) {
    const given = reader.text('artifact-name');
    if (given !== '') {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is a name's.
        if (!/[":<>|*?\\/\u0000-\u001f\u007f]/.test(given))
            return given;
        reader.problem('artifact-name', `${reader.show(given)} is not allowed; allowed: a name without " : < > | * ? \\ / and line breaks`);
        return null;
    }
    if (mode === null || environment === null)
        return null;
    return `migration-log-${environment.environment}-${mode}-${run.runId ?? 'local'}-${run.attempt ?? '1'}`;
}
function readPublishing(reader, artifactName) {
    return {
        artifactName,
        uploadArtifact: reader.boolean('upload-artifact'),
        retentionDays: reader.text('artifact-retention-days') === '' ? null : reader.integer('artifact-retention-days'),
        githubToken: readToken(reader),
        commentOnPr: reader.boolean('comment-on-pr'),
        createRelease: readCreateRelease(reader),
        notifyUrl: readNotifyUrl(reader),
    };
}
/** What goes into a header must be able to stand there. */
function readToken(reader) {
    const text = reader.text('github-token');
    if (text === '')
        return null;
    if (!/^[\x21-\x7e]+$/.test(text)) {
        reader.problem('github-token', 'it holds white space or characters that no token has; allowed: one token');
        return null;
    }
    return text;
}
function readCreateRelease(reader) {
    const wanted = reader.boolean('create-release');
    if (wanted && reader.text('github-token') === '')
        reader.problem('create-release', 'it needs github-token, with the permission contents: write');
    return wanted;
}
function readNotifyUrl(reader) {
    const text = reader.text('notify-url');
    if (text === '')
        return null;
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) {
        reader.problem('notify-url', 'it is not the address of a webhook; allowed: a URL that begins with https://');
        return null;
    }
    return text;
}
/** Compared in constant time: how much of a guess was right must not show. */
function parse_confirm(reader, context, mode, environment) {
    const phrase = phraseOf(mode);
    if (phrase === null || environment.environment !== 'production')
        return 'not-needed';
    const token = reader.given('confirm-token');
    if (token !== '')
        return (0,values/* equalInConstantTime */.x_)(token, phrase) ? 'confirmed' : 'wrong';
    const stoodFor = context.door === 'cli' && context.env.CONFIRM_PRODUCTION_MIGRATION === 'true';
    return stoodFor && phrase === 'MIGRATE-PRODUCTION' ? 'confirmed' : 'missing';
}
function phraseOf(mode) {
    return inputs/* MODE_TABLE */.TL.find((spec) => spec.name === mode)?.phrase ?? null;
}
/** Secrets have no place on a command line: `env` reads them where nobody else can. */
const FROM_ENVIRONMENT = { 'github-token': 'GITHUB_TOKEN', 'notify-url': 'NOTIFY_URL' };
function fromEnvironment(raw, env) {
    return Object.fromEntries(Object.entries(FROM_ENVIRONMENT).flatMap(([name, variable]) => raw[name]?.trim() === 'env' ? [[name, env[variable] ?? '']] : []));
}
/** Inputs that are no secrets, and into which somebody may write one. */
const WRITTEN_BY_HAND = ['alembic-command', 'command', 'command-probe', 'database-url-env'];
function secretsOf(raw, env) {
    const found = databaseSecrets([raw['database-url'] ?? '', raw['rehearsal-database-url'] ?? ''], env);
    const given = { ...raw, ...fromEnvironment(raw, env) };
    const others = [given['github-token'] ?? '', given['notify-url'] ?? ''].filter((text) => text !== '');
    const written = WRITTEN_BY_HAND.flatMap((name) => (0,tool/* passwordsIn */.gW)(raw[name] ?? ''));
    return [...new Set([...found, ...others, ...written])];
}
function peek(values, text) {
    return values.find((value) => value === text) ?? null;
}
/** A mode of a later release has made a problem already, and a request with problems is not made. */
function asRunMode(mode) {
    return mode === 'rollback' || mode === 'baseline' ? 'dry-run' : mode;
}
/** As the documentation lists them; unknown names last. */
function inTableOrder(problems) {
    const place = (problem) => {
        const index = inputs/* INPUTS */.mc.findIndex((spec) => spec.name === problem.input);
        return index < 0 ? inputs/* INPUTS */.mc.length : index;
    };
    return [...problems].sort((a, b) => place(a) - place(b));
}
function deepFreeze(value) {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value))
        return value;
    for (const inner of Object.values(value))
        deepFreeze(inner);
    return Object.freeze(value);
}

;// CONCATENATED MODULE: ./src/door.ts
/** What a run begins with, whichever door it came through and whichever step of the action it is. */





/** A runner that cancels kills 10 s after its first signal; we promise 5: the work ends first, then the artifact, then the telling. */
const WORK_ENDS_MS = 3_000;
const UPLOAD_ENDS_MS = 4_000;
const TELLING_ENDS_MS = 4_500;
function settingOf(door, folder) {
    const parsed = parseRequest(door.raw, door.context);
    const known = parsed.kind === 'request' ? parsed.request : parsed.known;
    const secrets = [...known.secrets, ...keyOf(known.publishing.notifyUrl)];
    door.console.secrets(secrets);
    (0,commands/* saveState */.LZ)(door.env, 'began', 'true');
    return {
        door,
        parsed,
        known,
        folder,
        keep: (0,report_folder/* keeper */.tF)(door.env),
        redact: (0,redact/* redactor */.$p)(secrets, { publicNames: publicNames(parsed) }),
        audience: {
            publishing: known.publishing,
            run: known.run,
            env: door.env,
            folder: folder.path,
            files: () => folder.files(),
            cancelled: door.signal,
            uploadEnds: later(door.signal, UPLOAD_ENDS_MS),
            tellingEnds: later(door.signal, TELLING_ENDS_MS),
        },
    };
}
/** A webhook's path and query let anybody post, whatever host they are said with. `/` and `/hook` are no keys. */
function keyOf(notifyUrl) {
    if (notifyUrl === null || !URL.canParse(notifyUrl))
        return [];
    const { pathname, search } = new URL(notifyUrl);
    return [`${pathname}${search}`, pathname].filter((part) => part.length >= 8);
}
/** Aborted `ms` after `signal` is. */
function later(signal, ms) {
    const end = new AbortController();
    signal.addEventListener('abort', () => setTimeout(() => end.abort(), ms).unref(), { once: true });
    return end.signal;
}
/** Names that are said anyway: a password that equals one of them is not made harder to guess by stars. */
function publicNames(parsed) {
    if (parsed.kind !== 'request')
        return [];
    const { host, database, user } = parsed.request.target;
    return [host, database, user, 'migration-log'];
}
function logOf({ door, folder, redact }) {
    const { console } = door;
    const stamp = () => new Date().toISOString().slice(11, 19);
    const lines = (text) => redact(text).split('\n').map(report_text/* clean */.uH);
    return {
        line: (text) => {
            for (const line of lines(text)) {
                folder.logLine(`${stamp()} ${line}`);
                console.line(line);
            }
        },
        detail: (text) => {
            for (const line of lines(text)) {
                folder.logLine(`${stamp()} ${line}`);
                if (door.context.verbose)
                    console.line(line);
            }
        },
        chapter: (title) => {
            folder.logLine(`${stamp()} ${title}`);
            console.chapter(title);
        },
        progress: (text) => console.progress(lines(text).join(' ')),
    };
}


/***/ }),

/***/ 146:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ chooseEngine)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_path__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9836);
/* harmony import */ var _request_tool_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(8607);
/* harmony import */ var _sql_files_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(8363);
/** Which engine a run has: the one that was named, or the one that the project speaks for. */





/** Only the engine that is wanted is loaded. What speaks against the choice is said when it is asked to inspect. */
async function chooseEngine(choosing) {
    const { request, env } = choosing;
    const kind = kindOf(request, request.door === 'action' ? env.GITHUB_WORKSPACE : undefined);
    if (kind instanceof _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V)
        return new Unusable(kind);
    if (kind === 'sql') {
        const { sqlEngine } = await Promise.all(/* import() */[__nccwpck_require__.e(281), __nccwpck_require__.e(840), __nccwpck_require__.e(448), __nccwpck_require__.e(175), __nccwpck_require__.e(187)]).then(__nccwpck_require__.bind(__nccwpck_require__, 2187));
        return sqlEngine(choosing);
    }
    const [{ ToolEngine }, tool] = await Promise.all([Promise.all(/* import() */[__nccwpck_require__.e(281), __nccwpck_require__.e(840), __nccwpck_require__.e(448), __nccwpck_require__.e(175), __nccwpck_require__.e(601), __nccwpck_require__.e(649)]).then(__nccwpck_require__.bind(__nccwpck_require__, 8649)), toolOf(kind, choosing)]);
    return new ToolEngine(choosing, tool);
}
async function toolOf(kind, { request, env, log, signal }) {
    if (kind === 'alembic') {
        const { AlembicTool } = await Promise.all(/* import() */[__nccwpck_require__.e(281), __nccwpck_require__.e(840), __nccwpck_require__.e(601), __nccwpck_require__.e(31)]).then(__nccwpck_require__.bind(__nccwpck_require__, 3031));
        return new AlembicTool(request, env, log, signal);
    }
    const { CommandTool } = await Promise.all(/* import() */[__nccwpck_require__.e(281), __nccwpck_require__.e(840), __nccwpck_require__.e(822)]).then(__nccwpck_require__.bind(__nccwpck_require__, 6822));
    return new CommandTool(request);
}
/** `workspace`: what the working directory must lie in, where there is such. */
function kindOf(request, workspace) {
    const stop = (message, next) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({ result: 'failed', class: 'input', message, next, badInput: true });
    const folder = (0,_sql_files_js__WEBPACK_IMPORTED_MODULE_4__/* .requireFolder */ .OK)(request.workingDirectory, workspace || null);
    if (folder)
        return folder;
    const kind = request.engine === 'auto' ? foundKind(request) : request.engine;
    if (kind === 'both')
        return stop('engine: there are an alembic.ini and SQL migrations', 'Say which is meant: engine: alembic, or engine: sql.');
    const { toolRefused } = request;
    if (kind !== 'sql' && toolRefused) {
        const { reason: message, next } = toolRefused;
        return new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({ result: 'refused', class: 'input', message, next });
    }
    const [problem, ...others] = (0,_request_tool_js__WEBPACK_IMPORTED_MODULE_3__/* .engineProblems */ .p7)(kind, request);
    if (!problem)
        return kind;
    const more = others.map(({ input, message }) => `; ${input}: ${message}`).join('');
    return stop(`${problem.input}: ${problem.message}${more}`, 'Correct the inputs, then run again.');
}
function foundKind({ workingDirectory, alembicConfig, migrationsPath }) {
    if (!(0,node_fs__WEBPACK_IMPORTED_MODULE_0__.existsSync)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(workingDirectory, alembicConfig)))
        return 'sql';
    return migrationsPath !== null || (0,_sql_files_js__WEBPACK_IMPORTED_MODULE_4__/* .holdsSqlMigrations */ .cI)(workingDirectory) ? 'both' : 'alembic';
}
/** For a run whose inputs name no engine that could do it. */
class Unusable {
    kind = 'sql';
    why;
    constructor(why) {
        this.why = why;
    }
    async inspect() {
        throw this.why;
    }
    inspected = () => {
        throw this.why;
    };
    planText = this.inspected;
    health = this.inspected;
    rehearse = this.inspected;
    release = this.inspected;
    resume = this.inspected;
    mark = this.inspected;
    apply = this.inspected;
    verify = this.inspected;
    prove = this.inspected;
    settle = this.inspected;
    repair = this.inspected;
    async close() { }
}


/***/ }),

/***/ 8951:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Tq: () => (/* binding */ openFile),
/* harmony export */   UO: () => (/* binding */ isWithin),
/* harmony export */   gz: () => (/* binding */ refuseOutside),
/* harmony export */   hF: () => (/* binding */ reading)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_path__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9836);
/** Files of the project's that we read: ordinary ones, inside of the working directory, or an error that names the file. */



/** Runs `read` and turns the file system's error into one that names the file. `shown`: its path as reports have it. */
function reading(shown, read) {
    try {
        return read();
    }
    catch (cause) {
        if (cause instanceof _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V)
            throw cause;
        const code = cause.code ?? 'error';
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
            result: 'failed',
            class: 'input',
            message: `${shown} cannot be read (${code})`,
            next: 'Make the file readable for the runner (its permissions, or a dangling link), then run again.',
            file: shown,
        }, { cause });
    }
}
/** A descriptor for reading. A pipe would be waited for without end, and a device has none: only ordinary files are opened. */
function openFile(path, shown) {
    return reading(shown, () => {
        const descriptor = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.openSync)(path, node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_RDONLY | (node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_NONBLOCK ?? 0));
        const stat = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.fstatSync)(descriptor);
        // A folder has an error of its own once it is read.
        if (stat.isFile() || stat.isDirectory())
            return descriptor;
        (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.closeSync)(descriptor);
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
            result: 'failed',
            class: 'input',
            message: `${shown} is not an ordinary file (a pipe, a socket or a device)`,
            next: 'Replace it by a file, then run again.',
            file: shown,
        });
    });
}
/** Both as `realpath` gives them. */
function isWithin(root, path) {
    return path === root || path.startsWith(root.endsWith(node_path__WEBPACK_IMPORTED_MODULE_1__.sep) ? root : root + node_path__WEBPACK_IMPORTED_MODULE_1__.sep);
}
/** A link may not lead out: what the runner can read elsewhere is none of a migration's. */
function refuseOutside(root, path, shown) {
    const real = reading(shown, () => (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.realpathSync)(path));
    if (isWithin(root, real))
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V({
        result: 'failed',
        class: 'input',
        message: `${shown} is a symbolic link that leads out of the working directory`,
        next: 'Replace the link by the file itself.',
        file: shown,
    });
}


/***/ }),

/***/ 8363:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AC: () => (/* binding */ rawChecksum),
/* harmony export */   OK: () => (/* binding */ requireFolder),
/* harmony export */   Qc: () => (/* binding */ TextHash),
/* harmony export */   Wj: () => (/* binding */ findFolder),
/* harmony export */   YJ: () => (/* binding */ listMigrations),
/* harmony export */   _5: () => (/* binding */ versionKey),
/* harmony export */   _J: () => (/* binding */ sourceLine),
/* harmony export */   cI: () => (/* binding */ holdsSqlMigrations),
/* harmony export */   yR: () => (/* binding */ readText)
/* harmony export */ });
/* unused harmony export USUAL_FOLDERS */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6760);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2___default = /*#__PURE__*/__nccwpck_require__.n(node_path__WEBPACK_IMPORTED_MODULE_2__);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(9836);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(5655);
/* harmony import */ var _shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(8951);
/** Migration files on disk: found, listed, hashed, read in chunks. A whole file is never held: one may be 300 MB. */






/** Where migrations are looked for when no one says. */
const USUAL_FOLDERS = ['migrations', 'db/migrations', 'database/migrations', 'supabase/migrations', 'scripts'];
const CHUNK_BYTES = 1 << 20;
/** `0001_create_users.sql`, `0001-create-users.up.sql`; the way back is `.down.sql`. */
const FILE_NAME = /^(\d+)[_-](.+?)(\.up|\.down)?\.sql$/i;
function isFolder(path) {
    return (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.statSync)(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
function holdsMigrations(path) {
    return isFolder(path) && (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readdirSync)(path).some((name) => FILE_NAME.test(name));
}
/** Why the working directory cannot be one, or null. `workspace`: what it must not leave by a link, or null. */
function requireFolder(workingDirectory, workspace) {
    const stop = (message, next) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({ result: 'failed', class: 'input', message: `working-directory: ${message}`, next, badInput: true });
    if (!isFolder(workingDirectory)) {
        return stop(`there is no folder ${workingDirectory}`, 'Correct working-directory, or check the repository out first.');
    }
    if (workspace === null || (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .isWithin */ .UO)((0,node_fs__WEBPACK_IMPORTED_MODULE_1__.realpathSync)(workspace), (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.realpathSync)(workingDirectory)))
        return null;
    return stop(`${workingDirectory} leads out of the workspace by a symbolic link`, 'Keep the project inside the checkout; a link that leads out of it is not followed.');
}
/** Whether one of the usual folders holds SQL migrations. */
function holdsSqlMigrations(workingDirectory) {
    return USUAL_FOLDERS.some((folder) => holdsMigrations((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(workingDirectory, folder)));
}
/** The folder that was named, or the one usual folder that there is. Throws a Stop: none, two, or outside the working directory. */
function findFolder(workingDirectory, given) {
    const stop = (message, next) => new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({ result: 'failed', class: 'input', message, next });
    if (given !== null) {
        const path = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.resolve)(workingDirectory, given);
        if (!isFolder(path))
            throw stop(`migrations-path: there is no folder ${given}`, 'Correct migrations-path, or check the repository out first.');
        return within(workingDirectory, path);
    }
    const found = USUAL_FOLDERS.filter((folder) => 
    // Many projects have a folder of scripts; only one with migration files is meant.
    folder === 'scripts' ? holdsMigrations((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(workingDirectory, folder)) : isFolder((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(workingDirectory, folder)));
    const [first, second] = found;
    if (first === undefined) {
        throw stop(`no migrations folder found: looked for ${USUAL_FOLDERS.join(', ')}`, 'Set migrations-path, or check the repository out first.');
    }
    if (second !== undefined) {
        throw stop(`two migrations folders found: ${found.join(', ')}`, 'Set migrations-path to the one that is meant.');
    }
    return within(workingDirectory, (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(workingDirectory, first));
}
function within(workingDirectory, path) {
    const root = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.realpathSync)(workingDirectory);
    const real = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.realpathSync)(path);
    if (!(0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .isWithin */ .UO)(root, real)) {
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({
            result: 'failed',
            class: 'input',
            message: 'migrations-path leads out of the working directory',
            next: 'Keep the migration files inside the repository; a symbolic link that leads out of it is not followed.',
        });
    }
    return { path, shown: (0,node_path__WEBPACK_IMPORTED_MODULE_2__.relative)(workingDirectory, path).split(node_path__WEBPACK_IMPORTED_MODULE_2__.sep).join('/') || '.' };
}
/** The number a version stands for, without leading zeros: `007` and `7` are one version. */
function versionKey(version) {
    return version.replace(/^0+(?=\d)/, '');
}
/**
 * A name that a reviewer can't see as it is (control and direction characters, bytes that are no text), or one that
 * begins with digits that are none to us, would make a migration of it that is not run, or run unseen.
 */
function refuseUnreadableName(name, folder) {
    const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffd]/u.test(name);
    if (!hidden && !/^(?![0-9])\p{Nd}/u.test(name))
        return;
    const shown = [...name].map((char) => (/[\x20-\x7e]/.test(char) ? char : codePoint(char))).join('');
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({
        result: 'failed',
        class: 'input',
        message: `${folder} holds a file whose name ${hidden ? 'has characters that cannot be seen' : 'begins with digits other than 0 to 9'}: ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_5__/* .cut */ .Jj)(shown, 200)}`,
        next: 'Rename the file: <digits>_<name>.sql, of letters, digits, _ and -.',
    });
}
function codePoint(char) {
    return `\\u{${char.codePointAt(0)?.toString(16)}}`;
}
/** Lists and hashes the folder's migration files. Throws a Stop for a file that cannot be read. */
function listMigrations(workingDirectory, folder) {
    const files = [];
    const downFiles = new Map();
    const warnings = [];
    const root = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.realpathSync)(workingDirectory);
    for (const entry of (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readdirSync)(folder.path, { withFileTypes: true })) {
        if (!/\.sql$/i.test(entry.name))
            continue;
        const shown = folder.shown === '.' ? entry.name : `${folder.shown}/${entry.name}`;
        const path = (0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder.path, entry.name);
        if (entry.isDirectory()) {
            warnings.push(`${shown} is a folder, not a migration file`);
            continue;
        }
        refuseUnreadableName(entry.name, folder.shown);
        const match = FILE_NAME.exec(entry.name);
        if (!match) {
            warnings.push(`${shown} has no version prefix (<digits>_<name>.sql): it is not a migration and is not run`);
            continue;
        }
        if (entry.isSymbolicLink())
            (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .refuseOutside */ .gz)(root, path, shown);
        const [, version = '', name = '', side] = match;
        if (side?.toLowerCase() === '.down') {
            downFiles.set(versionKey(version), shown);
            continue;
        }
        const { bytes, checksum } = hashFile(path, shown);
        files.push({ version, key: versionKey(version), name, file: shown, path, bytes, checksum });
    }
    return { folder, files, downFiles, warnings };
}
const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];
/** SHA-256 of the text with BOM dropped and CRLF turned to LF, fed in pieces. */
class TextHash {
    hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256');
    heldCr = false;
    first = true;
    update(bytes) {
        let rest = bytes;
        if (this.first) {
            if (rest[0] === BOM[0] && rest[1] === BOM[1] && rest[2] === BOM[2])
                rest = rest.subarray(3);
            this.first = false;
        }
        if (this.heldCr && rest.length > 0) {
            if (rest[0] !== 0x0a)
                this.hash.update('\r');
            this.heldCr = false;
        }
        let at = rest.indexOf(CR);
        if (at === -1) {
            this.hash.update(rest);
            return;
        }
        let from = 0;
        while (at !== -1) {
            if (at === rest.length - 1) {
                this.hash.update(rest.subarray(from, at));
                this.heldCr = true;
                return;
            }
            if (rest[at + 1] === 0x0a) {
                this.hash.update(rest.subarray(from, at));
                from = at + 1;
            }
            at = rest.indexOf(CR, at + 1);
        }
        this.hash.update(rest.subarray(from));
    }
    digest() {
        if (this.heldCr)
            this.hash.update('\r');
        return this.hash.digest('hex');
    }
}
/** Where small files are read to be hashed: a folder may hold thousands, and nothing is kept of them. */
const scratch = Buffer.allocUnsafe(64 * 1024);
function hashFile(path, shown) {
    return (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .reading */ .hF)(shown, () => {
        const descriptor = (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .openFile */ .Tq)(path, shown);
        try {
            let read = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, scratch, 0, scratch.length, null);
            let bytes = read;
            // A file's short read is its end.
            if (read < scratch.length)
                return { bytes, checksum: hashOnce(scratch.subarray(0, read)) };
            const hash = new TextHash();
            while (read > 0) {
                hash.update(scratch.subarray(0, read));
                read = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, scratch, 0, scratch.length, null);
                bytes += read;
            }
            return { bytes, checksum: hash.digest() };
        }
        finally {
            (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
        }
    });
}
/** The same as a TextHash of it, in one call where the text needs no change, as nearly all do. */
function hashOnce(text) {
    if (text[0] !== BOM[0] && !text.includes(CR))
        return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('sha256', text, 'hex');
    const hash = new TextHash();
    hash.update(text);
    return hash.digest();
}
/** SHA-256 of the raw bytes: what other runners may have recorded. */
function rawChecksum(file) {
    return (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .reading */ .hF)(file.file, () => {
        const hash = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256');
        const descriptor = (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .openFile */ .Tq)(file.path, file.file);
        try {
            for (const chunk of chunksOf(descriptor))
                hash.update(chunk);
        }
        finally {
            (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
        }
        return hash.digest('hex');
    });
}
function* chunksOf(descriptor) {
    // Most files are far smaller than a chunk; one byte more than the file finds its end in one read.
    const size = Math.min(CHUNK_BYTES, (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.fstatSync)(descriptor).size + 1);
    for (;;) {
        // A buffer of its own each time: what was yielded may still be in use.
        const chunk = Buffer.allocUnsafe(size);
        const read = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.readSync)(descriptor, chunk, 0, size, null);
        if (read === 0)
            return;
        yield chunk.subarray(0, read);
    }
}
/**
 * The file's text in chunks, decoded strictly as UTF-8. `hash`, where given, sees the very bytes that are decoded.
 * Throws a Stop naming the encoding where it is another.
 */
function* readText(file, hash = null) {
    const descriptor = (0,_shared_source_file_js__WEBPACK_IMPORTED_MODULE_4__/* .openFile */ .Tq)(file.path, file.file);
    try {
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
        let line = 1;
        let first = true;
        for (const chunk of chunksOf(descriptor)) {
            if (first)
                refuseOtherEncodings(chunk, file.file);
            first = false;
            hash?.update(chunk);
            // Before a statement is looked for: a file of nothing else is one of gigabytes.
            if (chunk.includes(0))
                throw holdsNul(file.file, line + linesBefore(chunk, chunk.indexOf(0)));
            let text;
            try {
                text = decoder.decode(chunk, { stream: true });
            }
            catch (cause) {
                throw notUtf8(file.file, line + firstBadLine(chunk), cause);
            }
            for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
                line += 1;
            yield text;
        }
        try {
            decoder.decode();
        }
        catch (cause) {
            throw notUtf8(file.file, line, cause);
        }
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(descriptor);
    }
}
function refuseOtherEncodings(chunk, shown) {
    const [a, b] = chunk;
    if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({
            result: 'failed',
            class: 'syntax',
            message: `${shown} is UTF-16; migration files are UTF-8`,
            next: `Save ${shown} as UTF-8.`,
            file: shown,
            line: 1,
        });
    }
}
/** How many line ends stand before the first byte that is not UTF-8. */
function firstBadLine(chunk) {
    let lines = 0;
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
        if (chunk.subarray(from, at).toString('utf8').includes('\ufffd'))
            return lines;
        lines += 1;
        from = at + 1;
    }
    return lines;
}
function linesBefore(chunk, end) {
    let lines = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1 && at < end; at = chunk.indexOf(0x0a, at + 1))
        lines += 1;
    return lines;
}
function holdsNul(shown, line) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({
        result: 'failed',
        class: 'syntax',
        message: `${shown} holds a NUL character at line ${line}, which PostgreSQL does not take`,
        next: `Save ${shown} as UTF-8 without it (a file of UTF-16 without a mark is the usual cause).`,
        file: shown,
        line,
        column: 1,
    });
}
function notUtf8(shown, line, cause) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_3__/* .Stop */ .V({
        result: 'failed',
        class: 'syntax',
        message: `${shown} is not UTF-8 at line ${line}`,
        next: `Save ${shown} as UTF-8 (a Latin-1 or Windows-1252 file is the usual cause).`,
        file: shown,
        line,
        column: 1,
    }, { cause });
}
/** One line of a file (1-based), for a caret; null where there is none. */
function sourceLine(file, line) {
    let at = 1;
    let held = '';
    for (const chunk of readText(file)) {
        let from = 0;
        for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
            if (at === line)
                return (held + chunk.slice(from, end)).replace(/\r$/, '');
            at += 1;
            held = '';
            from = end + 1;
        }
        if (at === line)
            held += chunk.slice(from);
    }
    return at === line ? held : null;
}


/***/ }),

/***/ 4897:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Gu: () => (/* binding */ getState),
/* harmony export */   LZ: () => (/* binding */ saveState),
/* harmony export */   Lb: () => (/* binding */ issueCommand),
/* harmony export */   Sy: () => (/* binding */ writeSummary),
/* harmony export */   gh: () => (/* binding */ maskAll),
/* harmony export */   uH: () => (/* binding */ setOutput)
/* harmony export */ });
/* unused harmony exports commandLine, fence */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_1__);
/** The four things that we need of the runner's toolkit: outputs, summary, state, commands. Files and lines, as GitHub documents them. */


/** Appends to `$GITHUB_OUTPUT`, on disk when it returns. A later value of the same name wins. False: no runner, nothing written. */
function setOutput(env, name, value) {
    return appendPair(env.GITHUB_OUTPUT, name, value);
}
/** For this action's own `post` step, which reads it with `getState`. False: no runner, nothing written. */
function saveState(env, name, value) {
    return appendPair(env.GITHUB_STATE, name, value);
}
/** What an earlier step of this action saved; null: nothing. */
function getState(env, name) {
    return env[`STATE_${name}`] || null;
}
/** Replaces what this step has written to the job summary so far: the truth that was left for the case of a death gives way to the report. */
function writeSummary(env, markdown) {
    return writeFile(env.GITHUB_STEP_SUMMARY, markdown, 'w');
}
function appendPair(path, name, value) {
    const delimiter = `ghadelimiter_${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomUUID)()}`;
    if (/[\r\n=]|<</.test(name) || name === '')
        throw new Error(`The name of an output or a state cannot be ${JSON.stringify(name)}.`);
    if (value.includes(delimiter))
        throw new Error(`The value of ${name} holds the delimiter that was just made at random.`);
    return writeFile(path, `${name}<<${delimiter}\n${value}\n${delimiter}\n`, 'a');
}
/** In the kernel's hands when it returns: a kill of this process right after it loses nothing. */
function writeFile(path, text, flag) {
    if (path === undefined || path === '')
        return false;
    const handle = (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.openSync)(path, flag);
    try {
        const bytes = Buffer.from(text, 'utf8');
        for (let at = 0; at < bytes.length;)
            at += (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.writeSync)(handle, bytes, at);
    }
    finally {
        (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.closeSync)(handle);
    }
    return true;
}
/** The line of a workflow command, without its line end. */
function commandLine(name, properties, message) {
    const pairs = Object.entries(properties)
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
    // A runner prints what an annotation says into the log, line by line, and the log's reader takes `##[group]` in it for a group.
    const said = name === 'add-mask' || name === 'stop-commands' ? message : message.replaceAll('##[', '## [');
    return `::${name}${pairs.length === 0 ? '' : ` ${pairs.join(',')}`}::${escapeData(said)}`;
}
/** Writes a workflow command on a line of its own. */
function issueCommand(write, name, properties = {}, message = '') {
    write(`${commandLine(name, properties, message)}\n`);
}
/**
 * Masks each value and, since the runner masks line by line, each of its lines. Written before the value's first use.
 * The command itself carries the value: for stdout of a runner only.
 */
function maskAll(write, values) {
    for (const value of new Set(values))
        if (value.trim() !== '')
            issueCommand(write, 'add-mask', {}, value);
}
/** A writer for untrusted text: what goes through it reaches the log and no `::command::` in it does anything. */
function fence(write) {
    return (text) => {
        // A new word each time: whatever was printed before cannot hold it.
        const token = randomUUID();
        write(`${commandLine('stop-commands', {}, token)}\n${text}${text.endsWith('\n') ? '' : '\n'}::${token}::\n`);
    };
}
function escapeData(text) {
    return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
function escapeProperty(text) {
    return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}


/***/ }),

/***/ 9965:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   N: () => (/* binding */ asked)
/* harmony export */ });
function* asked(pending) {
    for (const { version, file, script } of pending) {
        for (const { index, line, sql } of script.texts) {
            yield { version, file, index, line, sql, transactional: script.transactional };
        }
    }
}


/***/ }),

/***/ 562:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  f6: () => (/* binding */ hazardsOf),
  NO: () => (/* binding */ isHazard),
  Qk: () => (/* binding */ notRead)
});

// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __nccwpck_require__(5655);
;// CONCATENATED MODULE: ./src/hazards/observed.ts

function observedHazards({ pending, rehearsal }) {
    const hazards = [
        ...rehearsal.migrations.flatMap((migration) => ofMigration(migration)),
        ...rehearsal.observations.map(ofObservation),
        ...rehearsal.findings.map(ofFinding),
        ...pending.flatMap(ofForm),
    ];
    return hazards;
}
function hazard(rule, severity, effects, at, message, more = {}) {
    return {
        rule,
        severity,
        effects,
        version: at?.migration.version ?? null,
        file: at?.migration.file ?? null,
        line: at?.line ?? null,
        statement: at ? (0,report_text/* cut */.Jj)(at.sql, 200) : null,
        relation: more.relation ?? null,
        message,
        safer: more.safer ?? null,
        source: 'observed',
        allowed: null,
    };
}
function ofMigration(migration) {
    return migration.statements.flatMap((statement) => {
        const at = { migration, line: statement.line, sql: statement.sql };
        if (statement.error !== null)
            return [hazard('statement-fails', 'danger', ['fails'], at, statement.error)];
        return notExecuted(statement, at);
    });
}
function notExecuted(statement, at) {
    if (statement.executed || statement.reason === null)
        return [];
    return [hazard('not-executed', isTold(statement.reason) ? 'info' : 'warning', [], at, statement.reason)];
}
/** What it does is known without it: rehearsed in another form, judged by its text, or one number of a sequence. */
function isTold(reason) {
    return /^rehearsed|^setval\b|cannot run in a transaction$/.test(reason);
}
function ofObservation(seen) {
    if (seen.kind === 'external') {
        if (seen.withheld) {
            return hazard('external-effects', 'danger', ['external'], seen, `${seen.what}: it reaches out of this database, so it was not rehearsed and cannot be undone`);
        }
        return hazard('external-effects', 'warning', ['external'], seen, `${seen.what}: its effect outside of this database is not undone by the dry run's rollback`);
    }
    return hazard('external-effects', 'info', [], seen, `${seen.what} runs code that its text does not show in full; what such code does outside of this database a rollback does not undo`);
}
function ofFinding({ sql, ...finding }) {
    return {
        ...finding,
        statement: sql,
        effects: finding.rule.endsWith('fails') ? ['may-fail'] : [],
        source: 'observed',
        allowed: null,
    };
}
function ofForm(migration) {
    const { script } = migration;
    if (script.transactional)
        return [];
    const at = { migration, line: 1, sql: '' };
    const form = script.ownTransactions
        ? hazard('own-transactions', 'warning', ['non-transactional'], at, 'the file holds transactions of its own: they commit one by one, and a failure half way leaves the earlier ones', {
            safer: 'One file, one transaction: take BEGIN and COMMIT out, or split the file.',
        })
        : hazard('non-transactional', 'info', ['non-transactional'], at, `applied outside of a transaction, statement by statement (${script.reason})`);
    return [{ ...form, statement: null }];
}

// EXTERNAL MODULE: ./src/hazards/names.ts
var names = __nccwpck_require__(9453);
;// CONCATENATED MODULE: ./src/hazards/gone.ts

/** Of these clients know the names. */
const NAMED = new Set([
    'table',
    'column',
    'view',
    'function',
    'type',
    'sequence',
    'schema',
    'extension',
]);
class Gone {
    changes;
    constructor(changes) {
        this.changes = changes;
    }
    /** What clients could name before: each once, a column only where its relation is still there. */
    named() {
        const removed = this.changes.filter(({ change, kind }) => change === 'removed' && NAMED.has(kind));
        const whole = removed.filter(({ kind }) => kind !== 'column').map(({ name }) => `${name}.`);
        return removed.filter(({ kind, name }) => kind !== 'column' || !whole.some((one) => name.startsWith(one)));
    }
    /** Something of that name is gone, whatever it was. */
    has(name) {
        return this.changes.some((one) => one.change === 'removed' && NAMED.has(one.kind) && (0,names/* sameRelation */.PW)(name, withoutArguments(one.name)));
    }
    /** Columns that a view of that name no longer has. */
    viewColumns(name) {
        const found = this.changes.find((one) => one.change === 'changed' && one.kind === 'view' && (0,names/* sameRelation */.PW)(name, one.name));
        if (!found)
            return [];
        const now = columnsOf(found.after);
        return columnsOf(found.before).filter((column) => !now.includes(column));
    }
    /** The type of a column before and after; null: the same, or not known. */
    typeChange(relation, column) {
        const found = this.changes.find(({ change, kind, name }) => change === 'changed' && kind === 'column' && (0,names/* sameRelation */.PW)(`${relation}.${column}`, name));
        if (found?.before == null || found.after === null)
            return null;
        return { from: typeIn(found.before), to: typeIn(found.after) };
    }
}
/** `public.f(integer)` -> `public.f`. */
function withoutArguments(name) {
    const open = name.indexOf('(');
    return open < 0 ? name : name.slice(0, open);
}
/** `(id integer, total numeric(10,2)) as SELECT ...` -> the names. */
function columnsOf(definition) {
    const columns = [];
    let depth = 0;
    let start = 1;
    if (!definition?.startsWith('('))
        return columns;
    for (const { 0: piece, index } of definition.matchAll(/"(?:[^"]|"")*"|[(),]/g)) {
        if (piece === '(')
            depth++;
        if (piece === ')')
            depth--;
        if ((piece !== ',' || depth !== 1) && depth > 0)
            continue;
        const name = /^\s*("(?:[^"]|"")*"|\S+)/.exec(definition.slice(start, index))?.[1];
        if (name !== undefined)
            columns.push(name);
        start = index + 1;
        if (depth === 0)
            break;
    }
    return columns;
}
/** `character varying(10) not null default 'x'` -> `character varying(10)`. */
function typeIn(definition) {
    return definition.replace(/ (?:not null|default|collate|generated|storage)\b.*$/is, '');
}
const FRACTIONS = /^(?:numeric|real|double precision)/;
const WHOLE = /^(?:smallint|integer|bigint)$/;
/** Whether an assignment from one type to the other drops something without a word; null: not known. */
function losesValues(from, to) {
    if (FRACTIONS.test(from) && WHOLE.test(to))
        return true;
    if (WHOLE.test(from) && (WHOLE.test(to) || /^numeric/.test(to)))
        return false;
    const [old, now] = [numeric(from), numeric(to)];
    if (now)
        return old ? now.scale < old.scale : /^(?:real|double)/.test(from) ? true : null;
    const [before, after] = [seconds(from), seconds(to)];
    if (before && after)
        return before.type === after.type ? after.digits < before.digits : null;
    if (/^timestamp/.test(from) && to === 'date')
        return true;
    return null;
}
function numeric(type) {
    const found = /^numeric(?:\((\d+)(?:,(-?\d+))?\))?$/.exec(type);
    if (!found)
        return null;
    return { scale: found[1] === undefined ? Number.POSITIVE_INFINITY : Number(found[2] ?? 0) };
}
function seconds(type) {
    const found = /^(timestamp|time)(?:\((\d)\))?( with(?:out)? time zone)$/.exec(type);
    return found ? { type: `${found[1]}${found[3]}`, digits: Number(found[2] ?? 6) } : null;
}

;// CONCATENATED MODULE: ./src/hazards/weigh.ts



/**
 * From here on work under a blocking lock is worth a warning, and a danger. A table counts by whichever of the three is
 * worst: about 10 ms, and about a second, of scanning on ordinary hardware.
 */
const THRESHOLDS = {
    rows: { warning: 10_000, danger: 1_000_000 },
    bytes: { warning: 10 * 1024 * 1024, danger: 1024 * 1024 * 1024 },
    ms: { warning: 200, danger: 2_000 },
    /** Reads and writes per minute from which a table is busy: what blocks it counts one step worse. */
    busyPerMinute: 600,
    /** Deleting or updating this many rows in one statement. */
    touched: { warning: 10_000, danger: 1_000_000 },
};
/** Locks under which nobody else writes; under the last one nobody reads either. */
const BLOCKS_WRITES = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];
const OF_WORK = ['blocks-reads', 'blocks-writes', 'rewrites', 'scans'];
const RANK = { info: 0, warning: 1, danger: 2 };
const SEVERITIES = ['info', 'warning', 'danger'];
function weigh(input) {
    const sizes = new Sizes(input.sizes, input.assumeRows);
    const claims = new Map();
    for (const claim of input.claims) {
        const key = `${claim.version}:${claim.index}`;
        claims.set(key, [...(claims.get(key) ?? []), claim]);
    }
    const hazards = [];
    const taken = new Set();
    const gone = input.schemaDiff == null ? null : new Gone(input.schemaDiff);
    let held = new Map();
    // All that was locked so far: what is locked again, in a later file, shows no lock of its own.
    const before = new Map();
    const opaque = [];
    for (const migration of input.migrations) {
        if (!input.oneTransaction)
            held = new Map();
        for (const statement of migration.statements) {
            const key = `${migration.version}:${statement.index}`;
            taken.add(key);
            if (!migration.transactional)
                held = new Map();
            const said = claims.get(key) ?? [];
            if (statement.executed) {
                for (const lock of statement.locks)
                    hold(held, lock.relation, lock.mode);
                for (const [relation, mode] of lockedAgain(said, before))
                    hold(held, relation, mode);
                for (const lock of statement.locks)
                    hold(before, lock.relation, lock.mode);
                if (isOpaque(statement, said))
                    opaque.push({ migration, statement });
            }
            hazards.push(...ofStatement(migration, statement, said, held, sizes, gone));
        }
    }
    // What was never come to is judged by its text alone.
    for (const [key, left] of claims)
        if (!taken.has(key))
            hazards.push(...left.map((claim) => claimed(claim, sizes)));
    return gone === null ? hazards : [...hazards, ...removedByCode(hazards, gone, opaque)];
}
/** What the text claims to lock, of what an earlier file has locked already. */
function lockedAgain(claims, before) {
    return claims.flatMap(({ weight, relation, lock }) => weight === 'work' && relation !== null && lock !== null
        ? [...before.keys()].filter((one) => (0,names/* sameRelation */.PW)(relation, one)).map((one) => [one, lock])
        : []);
}
/** It may do what its words do not show. */
function isOpaque({ sql }, claims) {
    return /^\s*(?:do|call|select)\b/i.test(sql) || claims.some(({ rule }) => rule === 'dynamic-sql');
}
function hold(held, relation, mode) {
    if (BLOCKS_WRITES.indexOf(mode) > BLOCKS_WRITES.indexOf(held.get(relation) ?? ''))
        held.set(relation, mode);
}
function ofStatement(migration, statement, claims, held, sizes, gone) {
    // A failed statement has not done its work: what it would have done its text says.
    if (!statement.executed || statement.error !== null || !statement.watched)
        return claims.map((claim) => claimed(claim, sizes, statement));
    const works = workSeen(statement, held).filter((work) => !isSmallLook(work, statement, claims, sizes));
    const about = { migration, statement };
    const hazards = [];
    const settle = (claim, hazard) => (gone === null ? hazard : bySchema(hazard, claim, gone));
    const explained = new Set();
    for (const claim of claims) {
        if (claim.weight !== 'work') {
            // It says itself what the work is worth.
            if (claim.work !== 'none')
                for (const work of works)
                    if (isAbout(claim, work, claims) && !isStronger(work.mode, claim.lock))
                        explained.add(work);
            const not = onlyMayFail(claim) ? 'it did not fail in the dry run' : stillThere(claim, statement, gone);
            hazards.push(not === null ? settle(claim, claimed(claim, sizes, statement)) : disproved(claim, not));
            continue;
        }
        const matching = works.filter((work) => isAbout(claim, work, claims));
        for (const work of matching) {
            explained.add(work);
            hazards.push(settle(claim, seen(work, about, sizes, claim)));
        }
        if (matching.length === 0) {
            const work = claim.work === 'rewrite' ? 'rewrite' : 'scan';
            hazards.push(settle(claim, disproved(claim, `the dry run saw no ${work} under a lock that blocks anybody`)));
        }
    }
    const [first] = claims.filter((claim) => claim.weight === 'work');
    for (const work of works)
        if (!explained.has(work))
            hazards.push(seen(work, about, sizes, first ?? null));
    return [...hazards, ...unclaimed(about, claims, sizes)];
}
function isStronger(mode, than) {
    return BLOCKS_WRITES.indexOf(mode) > BLOCKS_WRITES.indexOf(than ?? '');
}
/** Work on what is locked against others, and time that passed while it was. */
function workSeen(statement, held) {
    const long = (statement.ms ?? 0) >= THRESHOLDS.ms.warning;
    return [...held].flatMap(([relation, mode]) => {
        const rewritten = statement.rewrites.includes(relation);
        const scanned = statement.scans.includes(relation);
        return rewritten || scanned || long ? [{ relation, mode, rewritten, scanned, ms: statement.ms }] : [];
    });
}
/** So few rows that PostgreSQL reads them all to find one: where there are more it would go by an index. */
const SMALL = { rows: 1_000, bytes: 256 * 1024 };
/** A foreign key's look at the other table, a row found by its key. */
function isSmallLook(work, { sql }, claims, sizes) {
    if (work.rewritten || !/^\s*(?:insert|update|delete|merge)\b/i.test(sql))
        return false;
    if (claims.some(({ weight, relation }) => weight === 'work' && relation !== null && (0,names/* sameRelation */.PW)(relation, work.relation)))
        return false;
    const size = sizes.of(work.relation);
    return size !== null && (size.rows ?? SMALL.rows) < SMALL.rows && size.bytes <= SMALL.bytes;
}
/** A claim that names another relation is about the work on this one too where it alone explains it: partitions, users of a domain. */
function isAbout(claim, work, claims) {
    if (claim.relation === null || (0,names/* sameRelation */.PW)(claim.relation, work.relation))
        return work.rewritten || work.scanned;
    const elsewhere = claims.some((one) => one.relation !== null && (0,names/* sameRelation */.PW)(one.relation, work.relation));
    return !elsewhere && (work.rewritten || work.scanned) && claims.filter((one) => one.weight === 'work').length === 1;
}
function seen(work, { migration, statement }, sizes, claim) {
    const readsToo = work.mode === 'AccessExclusiveLock';
    const effects = readsToo ? ['blocks-reads', 'blocks-writes'] : ['blocks-writes'];
    if (work.rewritten)
        effects.push('rewrites');
    if (work.scanned)
        effects.push('scans');
    // What the text says beside the work: what it loses, whom it breaks.
    effects.push(...(claim?.effects ?? []).filter((effect) => !OF_WORK.includes(effect)));
    const size = sizes.of(work.relation);
    const what = work.rewritten ? 'is rewritten' : work.scanned ? 'is read from end to end' : 'is held';
    const took = work.ms === null ? '' : `, ${(0,report_text/* duration */.p0)(work.ms)} in the dry run`;
    const observed = `${work.relation}${size ? ` (${sizeWords(size)})` : ''} ${what} while nobody can ${readsToo ? 'read or write' : 'write'} it (${work.mode})${took}`;
    const direct = claim !== null && (claim.relation === null || (0,names/* sameRelation */.PW)(claim.relation, work.relation));
    return {
        rule: claim?.rule ?? (work.rewritten ? 'rewrites-under-lock' : work.scanned ? 'scans-under-lock' : 'long-under-lock'),
        // Where nothing but time was seen, it is the time that counts.
        severity: work.rewritten || work.scanned ? gravity(sizes.rows(work.relation), size, work.ms) : gravity(null, null, work.ms),
        effects,
        version: migration.version,
        file: migration.file,
        line: statement.line,
        statement: claim?.statement ?? (0,report_text/* cut */.Jj)(statement.sql, 200),
        relation: work.relation,
        message: claim && direct ? `${sentence(claim.message)} Seen in the dry run: ${observed}.` : observed,
        safer: claim?.safer ?? null,
        source: claim ? 'both' : 'observed',
        allowed: null,
    };
}
function sentence(text) {
    return /[.!?]$/.test(text) ? text : `${text}.`;
}
function sizeWords(size) {
    return `${(0,report_text/* bytes */.ee)(size.bytes)}${size.rows === null ? '' : `, about ${(0,report_text/* plural */.LS)(size.rows, 'row')}`}`;
}
/** How bad work on a relation is that others wait for. */
function gravity(rows, size, ms) {
    const { rows: byRows, bytes: byBytes, ms: byMs, busyPerMinute } = THRESHOLDS;
    const step = (value, limit) => value == null ? 0 : value >= limit.danger ? 2 : value >= limit.warning ? 1 : 0;
    const worst = Math.max(step(rows, byRows), step(size?.bytes, byBytes), step(ms, byMs));
    const busy = (size?.writesPerMinute ?? 0) + (size?.readsPerMinute ?? 0) >= busyPerMinute;
    // How many rows nobody knows is not few.
    const raised = busy && (rows ?? Number.POSITIVE_INFINITY) >= 1_000 ? worst + 1 : worst;
    return SEVERITIES[Math.min(2, raised)] ?? 'danger';
}
// -- claims -------------------------------------------------------------------------------------------------------
/** What the text claims and the dry run has neither confirmed nor disproved. */
function claimed(claim, sizes, statement = null) {
    const size = claim.relation === null ? null : sizes.of(claim.relation);
    // Made in this run, or not there at all (IF EXISTS): nobody is in its way, and nothing is lost with it.
    const absent = claim.relation !== null && size === null;
    const found = severityOf(claim, sizes, statement, absent);
    const severity = claim.weight !== 'fixed' && RANK[found] > RANK[claim.severity] ? claim.severity : found;
    return {
        rule: claim.rule,
        severity,
        effects: absent && claim.weight !== 'fixed' ? [] : claim.effects,
        version: claim.version,
        file: claim.file,
        line: claim.line,
        statement: claim.statement,
        relation: claim.relation,
        message: `${sentence(claim.message)}${lossWords(claim, sizes, statement)}`,
        safer: claim.safer,
        source: 'static',
        allowed: null,
    };
}
function severityOf(claim, sizes, statement, absent) {
    switch (claim.weight) {
        case 'fixed':
            if (claim.rule === 'not-understood')
                return statement?.executed ? 'info' : 'danger';
            return claim.severity;
        case 'work':
            if (absent)
                return 'info';
            if (claim.relation === null)
                return claim.severity;
            return gravity(sizes.rows(claim.relation), sizes.of(claim.relation), null);
        case 'rows': {
            if (absent)
                return 'info';
            const lost = rowsLost(claim, sizes, statement);
            return lost === 0 ? 'info' : claim.severity;
        }
    }
}
/** Rows, or values of a column, that are gone after it. Null: not known, which is not none. */
function rowsLost(claim, sizes, statement) {
    const { relation } = claim;
    if (relation === null)
        return null;
    if (sizes.assumed > 0 || !statement?.executed)
        return sizes.rows(relation);
    const columns = statement.droppedColumns.filter((one) => (0,names/* sameRelation */.PW)(relation, one.relation));
    if (columns.length > 0)
        return columns.reduce((sum, one) => plus(sum, one.values), 0);
    const touched = statement.touched.find((one) => (0,names/* sameRelation */.PW)(relation, one.relation));
    return touched ? touched.deleted + touched.updated : sizes.rows(relation);
}
function plus(a, b) {
    return a === null || b === null ? null : a + b;
}
function lossWords(claim, sizes, statement) {
    if (claim.weight !== 'rows')
        return '';
    const lost = rowsLost(claim, sizes, statement);
    return lost === null || lost === 0 || !claim.effects.includes('destroys') ? '' : ` About ${(0,report_text/* plural */.LS)(lost, 'row')}.`;
}
/** The text reads as if, and the server showed otherwise: told, so that the reviewer need not wonder. */
function disproved(claim, why) {
    return {
        ...claimed(claim, new Sizes([], 0)),
        severity: 'info',
        effects: [],
        message: `${sentence(claim.message)} Not here: ${why}.`,
        safer: null,
        source: 'both',
    };
}
function onlyMayFail({ effects }) {
    return effects.length > 0 && effects.every((effect) => effect === 'may-fail' || effect === 'fails');
}
// -- what the schema shows at the end -----------------------------------------------------------------------------
/** Claims that something is no longer found under its name. */
const OF_NAMES = new Set(['drop-object', 'rename-table', 'rename-object', 'set-schema']);
/** What is no longer found under its name, and no statement says so. */
function removedByCode(hazards, gone, opaque) {
    const [first] = opaque;
    if (first === undefined)
        return [];
    const told = (name) => hazards.some(({ effects, relation, message }) => effects.includes('breaks-clients') &&
        (relation === null ||
            (0,names/* sameRelation */.PW)(relation, name) ||
            name.startsWith(`${relation}.`) ||
            message.includes(`\`${name}\``)));
    return gone
        .named()
        .filter(({ name }) => !told(name))
        .map(({ kind, name }) => {
        const { migration, statement } = opaque.length === 1 ? first : { migration: null, statement: null };
        return {
            rule: 'removed-by-code',
            severity: 'warning',
            effects: ['breaks-clients'],
            version: migration?.version ?? null,
            file: migration?.file ?? null,
            line: statement?.line ?? null,
            statement: statement === null ? null : (0,report_text/* cut */.Jj)(statement.sql, 200),
            relation: kind === 'table' || kind === 'view' ? name : null,
            message: `the ${kind} ${name} is no longer found under its name, and no statement says so: code renamed, moved or dropped it`,
            safer: null,
            source: 'observed',
            allowed: null,
        };
    });
}
function bySchema(hazard, claim, gone) {
    const { object, relation } = claim;
    if (!OF_NAMES.has(claim.rule) && !claim.rule.startsWith('type-change'))
        return hazard;
    if (OF_NAMES.has(claim.rule)) {
        const name = object ?? relation;
        if (name === null || name === undefined || gone.has(name))
            return hazard;
        const columns = gone.viewColumns(name);
        if (columns.length === 0)
            return {
                ...hazard,
                severity: 'info',
                effects: [],
                message: `${sentence(claim.message)} Not here: in the end nothing of that name is missing.`,
                source: 'both',
            };
        return {
            ...hazard,
            severity: 'warning',
            effects: ['breaks-clients', 'changes-behaviour'],
            message: `${sentence(claim.message)} Its columns ${columns.join(', ')} are gone.`,
            source: 'both',
        };
    }
    const change = object === undefined || relation === null ? null : gone.typeChange(relation, object);
    const loses = change === null ? null : losesValues(change.from, change.to);
    if (change === null || loses === null || loses === hazard.effects.includes('destroys'))
        return hazard;
    const effects = hazard.effects.filter((effect) => effect !== 'destroys');
    return {
        ...hazard,
        rule: loses ? 'type-change-may-lose' : 'type-change',
        effects: loses ? [...effects, 'destroys'] : effects,
        severity: loses && hazard.severity === 'info' ? 'warning' : hazard.severity,
        message: `${sentence(hazard.message)} From ${change.from} to ${change.to} ${loses ? 'values are rounded or cut' : 'no value is lost'}.`,
        source: 'both',
    };
}
/** Why what is said to be dropped was not: IF EXISTS that found nothing, a branch not taken. Null: it was, or who knows. */
function stillThere({ rule, relation, object }, { dropped, droppedViews, droppedColumns }, gone) {
    if (rule === 'drop-cascade' || rule === 'drop-schema-cascade') {
        const nothing = dropped.length + droppedViews.length + droppedColumns.length === 0;
        return nothing && gone !== null && object !== undefined && !gone.has(object)
            ? 'the dry run dropped nothing of that name'
            : null;
    }
    if (relation === null)
        return null;
    if (rule === 'drop-table' && !dropped.some((one) => (0,names/* sameRelation */.PW)(relation, one)))
        return 'the dry run dropped no such table';
    if (rule !== 'drop-column' || object === undefined)
        return null;
    // By the name that it had before the run, which an earlier statement may have changed.
    const lost = [...dropped, ...droppedColumns.map((one) => one.relation)].some((one) => (0,names/* sameRelation */.PW)(relation, one));
    return lost ? null : 'the dry run dropped no such column';
}
/** What code destroyed whose words do not show it: DO, CALL, triggers, CASCADE. */
function unclaimed({ migration, statement }, claims, sizes) {
    const told = (relation) => claims.some((claim) => claim.effects.includes('destroys') && (claim.relation === null || (0,names/* sameRelation */.PW)(claim.relation, relation)));
    const at = { version: migration.version, file: migration.file, line: statement.line };
    const base = { ...at, statement: (0,report_text/* cut */.Jj)(statement.sql, 200), safer: null, source: 'observed', allowed: null };
    const destroyed = (relation, what, rows, effects) => ({
        ...base,
        rule: 'destroys-data',
        severity: rows === 0 ? 'info' : 'danger',
        effects,
        relation,
        message: `${what} after this statement${rows ? `, with about ${(0,report_text/* number */.ai)(rows)} of its values or rows` : ''}; its words do not say so.`,
    });
    return [
        ...statement.dropped
            .filter((relation) => !told(relation))
            .map((one) => destroyed(one, `${one} is gone`, sizes.rows(one), ['destroys', 'breaks-clients'])),
        ...statement.truncated
            .filter((relation) => !told(relation))
            .map((one) => destroyed(one, `${one} is emptied`, sizes.rows(one), ['destroys'])),
        ...statement.droppedColumns
            .filter(({ relation }) => !told(relation))
            .map(({ relation, column, values }) => {
            const rows = sizes.assumed > 0 ? sizes.rows(relation) : values;
            return destroyed(relation, `the column ${column} of ${relation} is gone`, rows, ['destroys', 'breaks-clients']);
        }),
        ...statement.touched
            .filter(({ relation }) => !told(relation))
            .flatMap(({ relation, deleted, updated }) => {
            const severity = ofTouched(deleted, updated, sizes.of(relation)?.rows ?? null, sizes.assumed);
            if (severity === 'info')
                return [];
            return [
                {
                    ...base,
                    rule: deleted > 0 ? 'deletes-many-rows' : 'updates-many-rows',
                    severity,
                    effects: deleted > 0 ? ['destroys', 'bulk'] : ['bulk'],
                    relation,
                    message: `${(0,report_text/* number */.ai)(deleted)} rows of ${relation} deleted and ${(0,report_text/* number */.ai)(updated)} updated in one statement.`,
                    safer: 'In batches, each a transaction of its own, outside of the deployment.',
                },
            ];
        }),
    ];
}
function ofTouched(deleted, updated, rows, assumed) {
    const { warning, danger } = THRESHOLDS.touched;
    if (deleted >= danger || (deleted > 0 && rows !== null && deleted >= rows))
        return 'danger';
    // Of a table that is judged as if it were larger, the same part of it.
    const scale = rows === null || rows === 0 ? 1 : Math.max(1, assumed / rows);
    return (deleted + updated) * scale >= warning ? 'warning' : 'info';
}
class Sizes {
    assumed;
    sizes;
    known = new Map();
    constructor(sizes, assumed) {
        this.sizes = sizes;
        this.assumed = assumed;
    }
    /** Null: there is no such relation outside of this run. */
    of(relation) {
        const known = this.known.get(relation);
        if (known !== undefined)
            return known;
        // A whole name goes before one that ends like it.
        const found = this.sizes.find((one) => one.relation === relation) ??
            this.sizes.find((one) => (0,names/* sameRelation */.PW)(relation, one.relation)) ??
            null;
        this.known.set(relation, found);
        return found;
    }
    /** As measured or as assumed, whichever is more; null: not known. */
    rows(relation) {
        const size = this.of(relation);
        if (size === null)
            return null;
        if (size.rows === null)
            return this.assumed > 0 ? this.assumed : size.bytes === 0 ? 0 : null;
        return Math.max(size.rows, this.assumed);
    }
}

;// CONCATENATED MODULE: ./src/hazards/hazards.ts



function hazardsOf({ pending, claims, rehearsal, request }) {
    const weighed = weigh({
        claims,
        migrations: rehearsal.migrations,
        sizes: rehearsal.sizes,
        assumeRows: request.assumeRows,
        oneTransaction: request.transactionMode === 'all',
        schemaDiff: rehearsal.verdict === 'passed' ? rehearsal.schemaDiff : null,
    });
    const watched = new Set(rehearsal.migrations.filter((one) => one.status === 'rehearsed').map((one) => one.version));
    const unread = pending.flatMap((one) => notRead(one, watched.has(one.version) ? 'info' : 'danger'));
    const all = [...weighed, ...unread, ...observedHazards({ pending, rehearsal })];
    // Of a tool's migration the file may not be known.
    return all.map((hazard) => (hazard.file === '' ? { ...hazard, file: null, line: null } : hazard));
}
/** Statements of a file that no rule has read, because there were too many. */
function notRead({ version, file, script }, severity) {
    if (script.unread === 0)
        return [];
    return [
        {
            rule: 'not-understood',
            severity,
            effects: [],
            version,
            file,
            line: null,
            statement: null,
            relation: null,
            message: `${(0,report_text/* plural */.LS)(script.unread, 'statement')} of this file were not read by the rules: it is too long. Nothing is known of them but what the dry run saw.`,
            safer: 'Split the file.',
            source: 'static',
            allowed: null,
        },
    ];
}
/** That a migration cannot be run twice is a question of the checklist: it is not going to be. */
function isHazard({ rule }) {
    return rule !== 'not-repeatable';
}


/***/ }),

/***/ 9453:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   JL: () => (/* binding */ madeName),
/* harmony export */   Mp: () => (/* binding */ written),
/* harmony export */   PW: () => (/* binding */ sameRelation),
/* harmony export */   Vb: () => (/* binding */ nameOf),
/* harmony export */   _R: () => (/* binding */ quoteAll),
/* harmony export */   eO: () => (/* binding */ known),
/* harmony export */   hD: () => (/* binding */ quote),
/* harmony export */   l5: () => (/* binding */ nameOfParts)
/* harmony export */ });
/** `orders`, `shop.orders`: as the catalog has it. */
function known({ schema, name }) {
    return schema === null ? name : `${schema}.${name}`;
}
/** As it is written in a statement: quoted where it must be. */
function written({ schema, name }) {
    return schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`;
}
function quote(name) {
    return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
function quoteAll(names) {
    return names.map(quote).join(', ');
}
/** A name for an index or constraint made from these parts, unquoted and no longer than PostgreSQL keeps. */
function madeName(...parts) {
    const whole = parts.join('_').replace(/[^\p{L}\p{N}_]+/gu, '_');
    return [...whole].slice(0, 60).join('');
}
/** `orders` as the text says it, `public.orders` as the catalog does, quoted where it must be. */
function sameRelation(written, qualified) {
    const [one, other] = [written.replaceAll('"', ''), qualified.replaceAll('"', '')];
    return one === other || other.endsWith(`.${one}`) || one.endsWith(`.${other}`);
}
function nameOf(range) {
    return range?.relname === undefined ? null : { schema: range.schemaname ?? null, name: range.relname };
}
/** `a.b.c` as a list of strings: the last two count. */
function nameOfParts(parts) {
    const strings = (parts ?? []).flatMap((part) => ('String' in part ? [part.String.sval ?? ''] : []));
    const name = strings.at(-1);
    return name === undefined ? null : { schema: strings.at(-2) ?? null, name };
}
/** Key words that cannot be a column's or a table's name without quotes. https://www.postgresql.org/docs/18/sql-keywords-appendix.html */
const RESERVED = new Set(`all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time
  current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
  full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
  returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
  unique user using variadic verbose when where window with between bigint bit boolean char character coalesce dec decimal
  exists extract float greatest grouping inout int integer interval json least merge_action national nchar none normalize
  nullif numeric out overlay position precision real row setof smallint substring time timestamp treat trim values varchar
  xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/));


/***/ }),

/***/ 6029:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Kl: () => (/* binding */ faultOf),
/* harmony export */   SP: () => (/* binding */ shown),
/* harmony export */   qZ: () => (/* binding */ soundRecords)
/* harmony export */ });
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5655);
/** Which rows of `schema_migrations` can be believed: unknown is not "not applied", or a migration would be applied twice. */

const STATUSES = ['pending', 'running', 'completed', 'failed'];
/** `keyOf`: a version without leading zeros. */
function soundRecords(rows, keyOf) {
    const records = [];
    const problems = [];
    const counted = new Map();
    for (const row of rows) {
        const fault = faultOf(row);
        if (fault !== null) {
            problems.push(problem(row, `the record of migration ${shown(row.version)} makes no sense: ${fault}`));
            continue;
        }
        records.push(row);
        // A failed row of a transactional migration says nothing, whatever its version is written like.
        if (row.status !== 'completed' && row.progress === null)
            continue;
        const other = counted.get(keyOf(row.version));
        if (other) {
            const both = `${shown(other.version)} (${other.status}) and ${shown(row.version)} (${row.status})`;
            problems.push(problem(row, `one migration has two records: ${both}`));
        }
        counted.set(keyOf(row.version), row);
    }
    return { records, problems };
}
/** Why a row cannot be believed, or null. */
function faultOf({ version, status, progress }) {
    if (typeof version !== 'string')
        return 'its version is NULL';
    if (version.trim() === '')
        return 'its version is empty';
    if (!STATUSES.includes(status)) {
        return `its status is ${shown(status)}, and none of ${STATUSES.join(', ')}`;
    }
    // Once it is completed, how far it had come no longer matters.
    if (progress === null || status === 'completed')
        return null;
    const wrong = faultOfProgress(progress);
    return wrong === null ? null : `its progress ${wrong}`;
}
function faultOfProgress(progress) {
    if (typeof progress !== 'object' || progress === null || Array.isArray(progress))
        return 'is not an object';
    const { done, started, prefix, startedSql } = progress;
    if (!isCount(done))
        return `says that ${shown(done)} statements are done`;
    if (started !== null && started !== done + 1)
        return `says that statement ${shown(started)} was started after ${done} were done`;
    if (typeof prefix !== 'string' || !/^[0-9a-f]{64}$/.test(prefix))
        return 'has no hash of the statements that are done';
    if (startedSql !== null && typeof startedSql !== 'string')
        return 'does not tell which statement was started';
    return (started === null) === (startedSql === null) ? null : 'tells of a started statement only in part';
}
function isCount(value) {
    return Number.isSafeInteger(value) && value >= 0;
}
/** In quotes where it is more than a word: a space at its end or digits of another script would not be seen. */
function shown(value) {
    if (value === null || value === undefined)
        return 'NULL';
    if (typeof value === 'string' && /^[\w.]{1,80}$/.test(value))
        return value;
    if (typeof value === 'object')
        return Array.isArray(value) ? 'a list' : 'an object';
    return (0,_report_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(JSON.stringify(value), 80).replace(/[^\x20-\x7e…]/g, escaped);
}
function escaped(char) {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
function problem({ version }, message) {
    return {
        kind: 'record',
        version: version ?? '',
        file: null,
        message,
        next: 'Somebody has changed schema_migrations by hand: find out whether that migration is applied, and put its row right, or settle it with mode: repair.',
    };
}


/***/ }),

/***/ 9108:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   G9: () => (/* binding */ settle),
/* harmony export */   P4: () => (/* binding */ isUnsettled),
/* harmony export */   Wh: () => (/* binding */ readSettleWord)
/* harmony export */ });
/* unused harmony export SETTLE_WORDS */
/* harmony import */ var _records_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6029);

/** What a person may say of a version. `done` and `again` are about the statement that was begun and not finished. */
const SETTLE_WORDS = ['applied', 'pending', 'done', 'again'];
/** Whether a record waits to be settled; one that makes no sense does. */
function isUnsettled(record) {
    return (record.status !== 'completed' && record.status !== 'pending') || (0,_records_js__WEBPACK_IMPORTED_MODULE_0__/* .faultOf */ .Kl)(record) !== null;
}
/** `word`: what a person says of it, and `why`; null: what the record and the catalog say. */
function settle(of, word, why) {
    const { version, name, record, file, judgement } = of;
    const progress = record?.progress ?? null;
    const begun = progress?.started ?? null;
    const cleanup = judgement?.kind === 'again' ? judgement.cleanup : [];
    const checksum = file?.checksum ?? record?.checksum ?? '';
    const settled = (row, reason, clean = []) => ({
        kind: 'settlement',
        version,
        name,
        file: file?.file ?? null,
        cleanup: clean,
        row,
        reason,
    });
    const objection = (message, words) => ({
        kind: 'objection',
        version,
        message: `${version}${name === '' ? '' : ` (${name})`}: ${message}`,
        words,
    });
    const asPending = (reason) => settled(file === null ? null : { status: 'pending', checksum, progress: null }, reason, cleanup);
    const goingOn = (to, reason, clean = []) => settled({ status: 'pending', checksum, progress: to }, reason, clean);
    const said = why ?? 'so said';
    if (record === null && file === null)
        return objection('there is neither a file nor a record of it', []);
    if (word === 'applied')
        return settled({ status: 'completed', checksum, progress: null }, said);
    if (word === 'pending')
        return asPending(said);
    const fault = record && (0,_records_js__WEBPACK_IMPORTED_MODULE_0__/* .faultOf */ .Kl)(record);
    if (fault !== null)
        return objection(`its record makes no sense (${fault}): only you can find out`, ['applied', 'pending']);
    if (word !== null && (progress === null || begun === null))
        return objection(`\`${word}\` is about a statement that was begun and not finished, and there is none`, [
            'applied',
            'pending',
        ]);
    if (progress === null) {
        if (record?.status === 'failed')
            return asPending('nothing of it was committed: its transaction was rolled back');
        return objection(`it is recorded as ${record?.status}, without how far it came: only you can find out`, [
            'applied',
            'pending',
        ]);
    }
    if (file === null)
        return objection('it was interrupted half way, and its file is gone', ['applied', 'pending']);
    const sofar = progress.done === 0 ? 'none of its statements' : `statements 1 to ${progress.done}`;
    if (begun === null)
        return goingOn(progress, `applied of it: ${sofar}; the next run goes on after that`);
    const isDone = word === 'done' || (word === null && judgement?.kind === 'done');
    if (isDone) {
        if (of.afterStarted === null)
            return objection(`statement ${begun} was finished and ${file.file} was edited since: restore it as it was`, [
                'applied',
                'pending',
            ]);
        return goingOn(of.afterStarted, word ? said : `statement ${begun} was finished: what it was to make is there`);
    }
    if (word === 'again' || judgement?.kind === 'again') {
        const before = { ...progress, started: null, startedSql: null };
        return goingOn(before, word ? said : `statement ${begun} was not finished; the next run begins it again`, cleanup);
    }
    return objection(`statement ${begun} of ${file.file} was interrupted, and the catalog does not tell if it was done`, [
        'done',
        'again',
    ]);
}
/** `0007=applied`: the version's key and the word; null where it is neither. */
function readSettleWord(item) {
    const [version = '', word = '', ...more] = item.split('=').map((part) => part.trim());
    const known = SETTLE_WORDS.find((one) => one === word);
    // No file's name is longer, so no version is.
    return /^\d{1,255}$/.test(version) && known !== undefined && more.length === 0
        ? [version.replace(/^0+(?=\d)/, ''), known]
        : null;
}


/***/ }),

/***/ 5187:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $p: () => (/* binding */ refuseLaxer),
/* harmony export */   B1: () => (/* binding */ unconfirmed),
/* harmony export */   D7: () => (/* binding */ objectionOf),
/* harmony export */   EE: () => (/* binding */ isAlarming),
/* harmony export */   Gt: () => (/* binding */ refuseOtherProgress),
/* harmony export */   S4: () => (/* binding */ judge),
/* harmony export */   kU: () => (/* binding */ atOrAbove),
/* harmony export */   m9: () => (/* binding */ refuseUnlessMeant),
/* harmony export */   mp: () => (/* binding */ otherPlan),
/* harmony export */   uI: () => (/* binding */ markAllowed)
/* harmony export */ });
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9836);
/* harmony import */ var _report_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5655);


/** The strongest objection of the files and records, or null. `status` only reports them. */
function objectionOf(problems) {
    const first = (...kinds) => problems.find(({ kind }) => kinds.includes(kind));
    // A record that is wrong is the cause, where it makes an applied file look as one out of order.
    const worst = first('duplicate', 'target') ?? first('record') ?? problems[0];
    if (!worst)
        return null;
    const others = problems.length - 1;
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        ...kindOf(worst),
        message: `${worst.message}${others > 0 ? ` (and ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(others, 'other problem')})` : ''}`,
        next: worst.next,
        file: worst.file,
        line: worst.file === null ? null : 1,
    });
}
function kindOf(problem) {
    switch (problem.kind) {
        case 'duplicate':
            return { result: 'failed', class: 'order' };
        case 'target':
            return { result: 'failed', class: 'input' };
        case 'record':
            return { result: 'refused', class: 'order' };
        case 'edited':
            return { result: 'refused', class: 'checksum' };
        case 'missing':
        case 'out-of-order':
            return { result: 'refused', class: 'order' };
    }
}
/** What `status` alarms about: edited, missing, failed or interrupted. */
function isAlarming(found) {
    return (found.problems.some((problem) => ['edited', 'missing', 'record'].includes(problem.kind)) ||
        found.recorded.some((row) => row.status === 'failed' || row.status === 'running'));
}
const LAXER = ['staging', 'development'];
/** What was last migrated as production takes nothing laxer. Throws the refusal. */
function refuseLaxer(request, { lastEnvironment: last }) {
    // What is none of our words is not known to be laxer.
    if (last === null || LAXER.includes(last.environment) || request.environment === 'production')
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'input',
        message: `this database was last migrated as ${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(last.environment, 80)}, as ${last.table} tells, and cannot be migrated as ${request.environment}`,
        next: `If it is the production database, run with environment: production; if it is a copy of it, delete its rows of that environment from ${last.table}.`,
    });
}
/** Decided before anything is executed, when something is pending. Throws the refusal. */
function refuseUnlessMeant(request, found, plan) {
    refuseLaxer(request, found);
    if (request.confirmation === 'missing')
        throw unconfirmed(request.mode, null);
    if (request.mode === 'apply' && request.planDigest !== null && request.planDigest !== plan.digest)
        throw otherPlan(request.planDigest, plan.digest);
}
/** Writing in production without the typed phrase. `also`: what else went wrong while looking whether anything is pending. */
function unconfirmed(mode, also) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'input',
        message: `${mode} in production needs confirm-token${also ? ` (and the database could not be inspected: ${also})` : ''}`,
        next: mode === 'apply'
            ? 'Set confirm-token: MIGRATE-PRODUCTION once you have read the dry run.'
            : 'Set confirm-token: MIGRATE-PRODUCTION once you have read what mode: status says.',
    });
}
function otherPlan(expected, actual) {
    return new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'checksum',
        message: `the plan is not the one that was reviewed: plan-digest is ${expected.slice(0, 12)}…, now it is ${actual.slice(0, 12)}…`,
        next: 'Dry-run again and review that: files, applied migrations, server or settings have changed.',
    });
}
/** The digest names files, not how far a half-done one has come: another run may have gone on with it meanwhile. */
function refuseOtherProgress(rehearsed, now) {
    const progress = (plan) => JSON.stringify([...plan.resumed].map(([key, row]) => [key, row.progress]));
    if (progress(rehearsed) === progress(now))
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'order',
        message: 'another run has gone on with a half-done migration since the dry run',
        next: 'Run again: the dry run must see how far it has come.',
    });
}
const RANK = { info: 0, warning: 1, danger: 2 };
function atOrAbove(severity, failOn) {
    return failOn !== 'none' && RANK[severity] >= RANK[failOn];
}
/** Marks what the user accepted: by `allow-hazards`, or in the file with a reason. */
function markAllowed(hazards, request, plan) {
    const used = new Set();
    const marked = hazards.map((hazard) => {
        if (request.allowHazards.includes(hazard.rule))
            return { ...hazard, allowed: 'allow-hazards' };
        const migration = plan.pending.find((one) => one.version === hazard.version);
        const allowance = migration?.script.directives.allow.find((one) => one.rule === hazard.rule);
        if (!migration || !allowance)
            return hazard;
        used.add(`${migration.file}:${allowance.line}`);
        return { ...hazard, allowed: allowance.reason };
    });
    const unused = plan.pending.flatMap((migration) => migration.script.directives.allow
        .filter((one) => !used.has(`${migration.file}:${one.line}`))
        .map((one) => `${migration.file}:${one.line} allows ${one.rule}, which was not found there`));
    return { hazards: marked, unused };
}
/** After the dry run: throws what speaks against going on. */
function judge(request, rehearsal, hazards) {
    if (rehearsal.verdict === 'inconclusive' && !request.allowHazards.includes('dry-run-inconclusive')) {
        throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
            result: 'dry-run-inconclusive',
            class: rehearsal.class ?? 'resources',
            message: `the dry run is inconclusive: ${rehearsal.reason}`,
            ...(rehearsal.next === null ? {} : { next: rehearsal.next }),
        });
    }
    refuseLost(rehearsal.checks);
    const over = hazards
        .filter((hazard) => hazard.allowed === null && (atOrAbove(hazard.severity, request.failOn) || isLoss(hazard, request)))
        .sort((a, b) => RANK[b.severity] - RANK[a.severity]);
    const [first] = over;
    if (!first)
        return;
    const rules = [...new Set(over.map((hazard) => hazard.rule))];
    const comment = first.file?.endsWith('.py') ? '#' : '--';
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'verification',
        message: `${(0,_report_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(over.length, 'hazard')} ${isLoss(first, request) ? 'that nobody has accepted' : `at or above fail-on (${request.failOn})`}: ${rules.slice(0, 5).join(', ')}${rules.length > 5 ? ` and ${rules.length - 5} more` : ''}`,
        next: `Write it the safe way that the report shows, or accept it for this run with \`allow-hazards: ${rules.slice(0, 5).join(', ')}\`, or in the file with \`${comment} gate: allow ${first.rule} <reason>\`.`,
        file: first.file,
        line: first.line,
    });
}
/** Whatever fail-on says, production loses no data that nobody has agreed to lose. */
function isLoss(hazard, request) {
    return request.environment === 'production' && hazard.severity !== 'info' && hazard.effects.includes('destroys');
}
function refuseLost(checks) {
    const lost = checks.filter((check) => !check.passed);
    const [first] = lost;
    if (!first)
        return;
    throw new _report_stop_js__WEBPACK_IMPORTED_MODULE_0__/* .Stop */ .V({
        result: 'refused',
        class: 'verification',
        message: `in the dry run ${first.check} did not hold: ${first.detail ?? 'it failed'}${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}`,
        next: 'Correct the migration, or the list of what is critical.',
    });
}


/***/ }),

/***/ 8829:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   J: () => (/* binding */ failureFrom),
/* harmony export */   i: () => (/* binding */ readServerError)
/* harmony export */ });
/* harmony import */ var _report_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3304);
/* harmony import */ var _report_redact_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(649);
/* harmony import */ var _report_stop_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9836);
/* harmony import */ var _session_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(7076);
/** Anything that was thrown -> the Failure of the report: one place, so that every error says the same things. */




const text = (value) => (typeof value === 'string' && value !== '' ? value : null);
function readServerError(thrown) {
    const error = thrown instanceof _session_js__WEBPACK_IMPORTED_MODULE_3__/* .BatchError */ .PW ? thrown.cause : thrown;
    const fields = (typeof error === 'object' && error !== null ? error : {});
    // A refused connection to a name of several addresses comes as an AggregateError whose own message is empty.
    const inner = Array.isArray(fields.errors) ? (fields.errors[0] ?? {}) : {};
    const position = Number(fields.position);
    return {
        code: text(fields.code) ?? text(inner.code),
        message: text(fields.message) ?? text(inner.message) ?? String(error),
        detail: text(fields.detail),
        hint: text(fields.hint),
        where: text(fields.where),
        constraint: text(fields.constraint),
        schema: text(fields.schema),
        table: text(fields.table),
        column: text(fields.column),
        position: Number.isInteger(position) && position > 0 ? position : null,
        fromServer: text(fields.severity) !== null,
    };
}
/** `showData`: false keeps the rows' values out of what the server said. */
function failureFrom(thrown, place, context) {
    const failure = thrown instanceof _report_stop_js__WEBPACK_IMPORTED_MODULE_2__/* .Stop */ .V ? failureOfStop(thrown, context) : failureOfServer(thrown, place, context);
    return context.showData ? failure : (0,_report_redact_js__WEBPACK_IMPORTED_MODULE_1__/* .hideData */ .jD)(failure);
}
function failureOfServer(thrown, place, context) {
    const error = readServerError(thrown);
    const { class: kind, meaning, next } = (0,_report_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .classifyFailure */ .XE)(error, context);
    return {
        class: kind,
        // A SQLSTATE is five characters of its own alphabet; Node's codes are words.
        sqlstate: error.fromServer ? error.code : null,
        message: error.message,
        detail: error.detail,
        hint: error.hint,
        where: error.where,
        file: place?.file ?? null,
        line: place?.line ?? null,
        column: place?.column ?? null,
        excerpt: place?.sourceLine ? (0,_report_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .excerptOf */ .zU)(place.sourceLine, place.column) : null,
        meaning,
        next,
    };
}
function failureOfStop(stop, context) {
    const { reason } = stop;
    const caused = stop.cause !== undefined && reason.class === undefined ? readServerError(stop.cause) : null;
    const classified = caused ? (0,_report_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .classifyFailure */ .XE)(caused, context) : (0,_report_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .failureOfClass */ .iQ)(reason.class ?? 'internal');
    return {
        class: classified.class,
        sqlstate: caused?.fromServer ? caused.code : null,
        message: reason.message,
        detail: caused?.detail ?? null,
        hint: caused?.hint ?? null,
        where: caused?.where ?? null,
        file: reason.file ?? null,
        line: reason.line ?? null,
        column: reason.column ?? null,
        excerpt: reason.sourceLine ? (0,_report_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .excerptOf */ .zU)(reason.sourceLine, reason.column ?? null) : null,
        meaning: classified.meaning,
        next: reason.next ?? classified.next,
    };
}


/***/ }),

/***/ 7076:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  PW: () => (/* binding */ BatchError),
  de: () => (/* binding */ DEALLOCATE_ALL),
  yh: () => (/* binding */ RootCertificateError),
  Ng: () => (/* binding */ connect)
});

// UNUSED EXPORTS: ChannelBindingError, Session

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(3024);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(8500);
// EXTERNAL MODULE: ./node_modules/pg/lib/index.js
var lib = __nccwpck_require__(3273);
;// CONCATENATED MODULE: ./node_modules/pg/esm/index.mjs
// ESM wrapper for pg


// Re-export all the properties
const Client = lib.Client
const Pool = lib.Pool
const Connection = lib.Connection
const types = lib.types
const Query = lib.Query
const DatabaseError = lib.DatabaseError
const escapeIdentifier = lib.escapeIdentifier
const escapeLiteral = lib.escapeLiteral
const Result = lib.Result
const TypeOverrides = lib.TypeOverrides

// Also export the defaults
const defaults = lib.defaults

// Re-export the default
/* harmony default export */ const esm = (lib);

;// CONCATENATED MODULE: ./src/postgres/session.ts
/**
 * One connection to PostgreSQL, and the two ways of using it: a query whose rows are wanted, and a batch of statements
 * in one round trip.
 */





/** Takes our own prepared statements along; the session prepares them again. */
const DEALLOCATE_ALL = { text: 'deallocate all' };
/** What may take them along too. */
const FORGETS = /^(?:deallocate\b|discard\s+all\b|do\b.*\bdeallocate\b)/is;
/** A batch that failed: how many items were completed before, and the server's (or the connection's) error. */
class BatchError extends Error {
    completed;
    cause;
    constructor(completed, cause) {
        super(cause instanceof Error ? cause.message : String(cause), { cause });
        this.name = 'BatchError';
        this.completed = completed;
        this.cause = cause;
    }
}
/**
 * Parse, Bind, Execute for each statement, one Sync at the end. The server refuses a second statement in one item
 * (42601), and after an error it skips everything up to the Sync: what ran is exactly the items before the failed one.
 */
class Batch {
    items;
    results = [];
    rows = [];
    prepared;
    onDone;
    settle;
    constructor(items, prepared, settle, onDone) {
        this.items = items;
        this.prepared = prepared;
        this.settle = settle;
        this.onDone = onDone;
    }
    submit(connection) {
        connection.stream.cork();
        try {
            for (const item of this.items) {
                const name = item.name ?? '';
                if (FORGETS.test(item.text))
                    this.prepared.clear();
                if (!this.prepared.has(name)) {
                    // After an error it is not known which names the server has: to close one that it has not is no error.
                    if (name !== '')
                        connection.close({ type: 'S', name });
                    connection.parse({ name, text: item.text });
                }
                if (name !== '')
                    this.prepared.add(name);
                connection.bind({ statement: name, values: item.values ?? [] });
                connection.execute({});
                if (item.flush)
                    connection.flush();
            }
            connection.sync();
        }
        finally {
            connection.stream.uncork();
        }
        return null;
    }
    done(tag) {
        const result = { tag, rows: this.rows };
        this.results.push(result);
        this.rows = [];
        this.onDone?.(this.results.length - 1, result);
    }
    handleRowDescription() { }
    handleDataRow(message) {
        if (this.items[this.results.length]?.keep)
            this.rows.push(message.fields);
    }
    handleCommandComplete(message) {
        this.done(message.text);
    }
    handleEmptyQuery() {
        this.done(null);
    }
    handlePortalSuspended() { }
    handleCopyInResponse(connection) {
        connection.sendCopyFail('data from standard input cannot be sent by a migration');
    }
    handleCopyData() { }
    handleError(error) {
        // What the server skipped was not prepared either, and which of it, is not worth telling apart.
        this.prepared.clear();
        this.settle.reject(new BatchError(this.results, error));
    }
    handleReadyForQuery() {
        this.settle.resolve(this.results);
    }
}
const nothing = () => undefined;
class Session {
    client;
    noticeListeners = new Set();
    /** Names that the server has a prepared statement for. */
    prepared = new Set();
    /** Why the connection is gone, once it is. */
    lostBecause = null;
    lossListeners = [];
    closing = false;
    underWay = 0;
    /** Fulfilled once the last one that was asked is settled; null: the server owes us nothing. */
    asked = null;
    isLent = false;
    /** The backend's process id as it says itself, once it was asked. */
    backendPid = null;
    constructor(client) {
        this.client = client;
        // Without a listener Node ends the process when the server closes the connection.
        client.on('error', (error) => this.lose(error));
        client.on('end', () => {
            if (!this.closing)
                this.lose(new Error('Connection terminated unexpectedly'));
        });
        const { connection } = client;
        connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
            if (parameterName === 'server_version')
                this.serverVersion = parameterValue ?? null;
        });
        client.on('notice', (notice) => {
            const seen = {
                severity: String(notice.severity ?? ''),
                message: String(notice.message ?? ''),
                routine: notice.routine ?? null,
            };
            for (const listener of this.noticeListeners)
                listener(seen);
        });
    }
    lose(why) {
        if (this.lostBecause)
            return;
        this.lostBecause = why;
        for (const listener of this.lossListeners.splice(0))
            listener(why);
    }
    /** The backend's process id as the startup packet told it; behind a pooler it is not the backend's own. */
    get startupPid() {
        return this.client.processID;
    }
    /** As the server, or a pooler for it, says when it lets us in: `18.4`, `14.23 (Debian 14.23-1)`; null: it does not. */
    serverVersion = null;
    /** The server owes us an answer. */
    get busy() {
        return this.underWay > 0;
    }
    /** The same, and nobody else has the connection. */
    get waiting() {
        return this.busy && !this.isLent;
    }
    /** How many bytes have come of the server. */
    get heard() {
        return this.stream.bytesRead;
    }
    /** How many bytes have gone out to it, as far as the system has taken them. */
    get said() {
        return this.stream.bytesWritten - this.stream.writableLength;
    }
    get lost() {
        return this.lostBecause;
    }
    onNotice(listener) {
        this.noticeListeners.add(listener);
        return () => this.noticeListeners.delete(listener);
    }
    async query(text, values) {
        const result = await this.inTurn(() => this.client.query(text, values));
        const last = Array.isArray(result) ? result.at(-1) : result;
        return { rows: last.rows };
    }
    /** Sends all items in one round trip. Rejects with a BatchError. `onDone(i)` is called as item i completes. */
    batch(items, onDone = null) {
        return this.inTurn(() => new Promise((resolve, reject) => {
            const batch = new Batch(items, this.prepared, { resolve, reject }, onDone);
            this.client.query(batch);
        }));
    }
    /** At once, or after those that were asked before: from its version 9 on node-postgres has no queue for them. */
    async inTurn(ask) {
        const answer = this.asked === null ? ask() : this.asked.then(ask);
        const settled = answer.then(nothing, nothing);
        this.asked = settled;
        this.underWay += 1;
        try {
            return await answer;
        }
        finally {
            this.underWay -= 1;
            if (this.asked === settled)
                this.asked = null;
        }
    }
    /** Called once the connection is gone, at once where it is already. */
    onLost(listener) {
        if (this.lostBecause)
            listener(this.lostBecause);
        else
            this.lossListeners.push(listener);
    }
    /** Hands the connection over: whoever has it speaks the protocol on it, and `onData` gets what the server sends. */
    lend(onData) {
        if (this.busy)
            throw new Error('the server owes an answer: the connection cannot be lent');
        const { stream } = this;
        const ours = stream.listeners('data');
        stream.on('data', onData);
        for (const listener of ours)
            stream.off('data', listener);
        // The borrower may have named statements as we do.
        this.prepared.clear();
        this.underWay += 1;
        this.isLent = true;
        const drained = [];
        return {
            write: (bytes) => stream.write(bytes),
            onDrain: (listener) => {
                drained.push(listener);
                stream.on('drain', listener);
            },
            pause: () => void stream.pause(),
            resume: () => void stream.resume(),
            giveBack: () => {
                for (const listener of ours)
                    stream.on('data', listener);
                stream.off('data', onData);
                for (const listener of drained)
                    stream.off('drain', listener);
                stream.resume();
                this.underWay -= 1;
                this.isLent = false;
            },
        };
    }
    /** Closes the connection; never throws, and does not wait for a server that does not answer. */
    async end() {
        this.closing = true;
        const closed = this.client.end().catch(() => undefined);
        let timer;
        const patience = new Promise((resolve) => {
            timer = setTimeout(() => {
                this.drop();
                resolve();
            }, 1_000);
        });
        await Promise.race([closed, patience]);
        clearTimeout(timer);
    }
    /** Closes our end of it, at once. */
    drop() {
        this.closing = true;
        this.stream.destroy();
    }
    /** Takes the connection for lost: whoever waits for an answer is told why. */
    giveUp(why) {
        this.lose(why);
        this.stream.destroy(why);
    }
    get stream() {
        return this.client.connection.stream;
    }
}
/** A root certificate that was asked for and is not there. */
class RootCertificateError extends Error {
    code = 'ROOT_CERTIFICATE';
}
function readRootCert(target) {
    const given = target.sslRootCert;
    if (given === 'system')
        return 'system';
    if (given?.includes('-----BEGIN'))
        return given;
    const path = given ?? (0,external_node_path_.join)((0,external_node_os_.homedir)(), '.postgresql', 'root.crt');
    try {
        return (0,external_node_fs_.readFileSync)(path, 'utf8');
    }
    catch (cause) {
        if (given === null)
            return null;
        throw new RootCertificateError(`ssl-root-cert: the file ${path} cannot be read`, { cause });
    }
}
/** The ways to try, in order, with libpq's meaning of sslmode. https://www.postgresql.org/docs/current/libpq-ssl.html */
function tlsAttempts(target) {
    const attempts = tlsWays(target);
    // Without TLS there is nothing to be bound to.
    return target.needsChannelBinding ? attempts.filter((ssl) => ssl !== false) : attempts;
}
function tlsWays(target) {
    if (target.host.startsWith('/'))
        return [false];
    if (target.sslMode === 'disable')
        return [false];
    const root = readRootCert(target);
    const ca = root !== null && root !== 'system' ? { ca: root } : {};
    const encrypted = { rejectUnauthorized: false };
    const anyName = { checkServerIdentity: () => undefined };
    switch (target.sslMode) {
        case 'allow':
            return [false, encrypted];
        case 'prefer':
            return [encrypted, false];
        case 'require':
            // libpq: with a root certificate, require means verify-ca; with the system's roots only verify-full is allowed.
            if (target.sslRootCert === 'system')
                return [{ rejectUnauthorized: true }];
            return [root === null ? encrypted : { rejectUnauthorized: true, ...ca, ...anyName }];
        case 'verify-ca':
        case 'verify-full':
            if (root === null) {
                throw new RootCertificateError(`sslmode=${target.sslMode} needs a root certificate: set ssl-root-cert to the PEM text, to its file, or to \`system\``);
            }
            return [
                { rejectUnauthorized: true, ...ca, ...(target.sslMode === 'verify-ca' && root !== 'system' ? anyName : {}) },
            ];
    }
}
/** What was asked for with `channel_binding=require` and did not come: the server may be somebody between us and it. */
class ChannelBindingError extends Error {
    code = 'CHANNEL_BINDING';
}
/**
 * Ends the connection before a password is said in any other way, and before it is used without a proof. Returns why it was
 * ended: a server that says it all in one packet is through with the login before the end of its connection is heard of.
 */
function demandChannelBinding(client) {
    const login = client.connection;
    let proved = false;
    let refused = null;
    const refuse = (why) => {
        refused ??= new ChannelBindingError(`channel_binding=require: the server ${why}`);
        login.stream.destroy(refused);
    };
    login.on('authenticationCleartextPassword', () => refuse('asks for the password itself'));
    login.on('authenticationMD5Password', () => refuse('asks for an MD5 password'));
    login.on('authenticationSASL', ({ mechanisms = [] }) => {
        if (!mechanisms.includes('SCRAM-SHA-256-PLUS'))
            refuse('does not offer SCRAM-SHA-256-PLUS');
    });
    // What it says there is checked by the driver, which ends the connection where it is wrong.
    login.on('authenticationSASLFinal', () => {
        proved = true;
    });
    login.on('authenticationOk', () => {
        if (!proved)
            refuse('lets us in without having shown that it knows the password');
    });
    return () => refused;
}
/** As libpq's `ssl_min_protocol_version`, whatever the Node that runs us was told to accept. */
const OLDEST_TLS = { minVersion: 'TLSv1.2' };
async function session_open(target, applicationName, ssl, timeoutMs, signal) {
    const client = new esm.Client({
        host: target.host,
        port: target.port,
        database: target.database,
        user: target.user,
        ...(target.password === null ? {} : { password: target.password }),
        ssl: ssl === false ? false : { ...ssl, ...OLDEST_TLS },
        application_name: applicationName,
        connectionTimeoutMillis: timeoutMs,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        ...(target.needsChannelBinding ? { enableChannelBinding: true } : {}),
    });
    const refused = target.needsChannelBinding ? demandChannelBinding(client) : () => null;
    const session = new Session(client);
    const giveUp = () => session.drop();
    signal?.addEventListener('abort', giveUp);
    try {
        await client.connect();
        const refusal = refused();
        if (refusal)
            throw refusal;
        signal?.throwIfAborted();
    }
    catch (error) {
        // A server that failed to prove itself is not listened to any more.
        session.drop();
        throw error;
    }
    finally {
        signal?.removeEventListener('abort', giveUp);
    }
    return session;
}
/** The driver's own words. */
const isWithoutTls = (error) => error.message === 'The server does not support SSL connections';
/** Worth another try while the time to connect lasts: the server is starting (57P03), or full for the moment (53300). */
const PASSING = new Set(['57P03', '53300']);
/**
 * Connects, within `timeoutMs` (0: no limit) in all. Throws the server's or the system's own error, or the signal's reason.
 * `prefer` and `allow` fall back as libpq's do: when the server has no TLS, or when it refuses the first way.
 */
async function connect(target, applicationName, timeoutMs, signal = null) {
    const deadline = timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    const attempts = tlsAttempts(target);
    // What the server has said of itself tells more than that the time for another try was too short.
    let said = null;
    for (;;) {
        let first = null;
        for (const ssl of attempts) {
            const left = deadline === Number.POSITIVE_INFINITY ? 0 : Math.max(1, deadline - performance.now());
            try {
                return await session_open(target, applicationName, ssl, left, signal);
            }
            catch (error) {
                signal?.throwIfAborted();
                first ??= error;
                const code = error.code;
                const network = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT' || code === 'ENETUNREACH';
                const late = performance.now() >= deadline || error.message === 'timeout expired';
                if (late && said !== null)
                    throw said;
                // A server without TLS has said nothing yet where there is another way.
                if (late && isWithoutTls(error) && ssl !== attempts.at(-1))
                    throw new Error('timeout expired');
                if (network || late)
                    throw error;
                // A password that was wrong under TLS is not said once more in the clear.
                if (code === '28P01' && ssl !== false)
                    throw error;
                // The TLS refusal of the first way says less than what the second way is told.
                if (isWithoutTls(first))
                    first = null;
                if (first === null && ssl === attempts.at(-1))
                    throw error;
            }
        }
        if (!PASSING.has(first.code ?? '') || performance.now() + 500 >= deadline)
            throw first;
        said = first;
        await (0,promises_.setTimeout)(500, undefined, signal ? { signal } : {});
    }
}


/***/ }),

/***/ 3817:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  wL: () => (/* binding */ shareFolder),
  xV: () => (/* binding */ sharePlan),
  qz: () => (/* binding */ tell)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
// EXTERNAL MODULE: external "node:worker_threads"
var external_node_worker_threads_ = __nccwpck_require__(5919);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __nccwpck_require__(5655);
;// CONCATENATED MODULE: ./src/github/artifact.ts
/** Uploads what a run leaves behind as an artifact of the workflow run, with the client that GitHub's own actions use. */


const REASON_LENGTH = 300;
/** A step of an action, on a runner of a GitHub Enterprise Server. */
const NO_ADDRESS = 'this runner knows of no artifact service (ACTIONS_RESULTS_URL is not set)';
const CANCELLED = 'cancelled before it was finished';
/**
 * Never throws for what the service, the network or a file does. When it returns nothing of the upload is going on any
 * more: after `timeoutMs` and on `signal` it is broken off, and nothing is seen of an artifact that was not finished.
 * The client is loaded in its own thread, so that the run goes on meanwhile.
 */
async function uploadArtifact(env, upload) {
    if (!env.ACTIONS_RUNTIME_TOKEN)
        return { kind: 'no-service' };
    if (!env.ACTIONS_RESULTS_URL)
        return { kind: 'refused', reason: NO_ADDRESS, warnings: [] };
    if (upload.signal?.aborted)
        return { kind: 'refused', reason: CANCELLED, warnings: [] };
    const { name, folder, files, retentionDays } = upload;
    const worker = new external_node_worker_threads_.Worker(__nccwpck_require__.ab + "artifact-worker.js", {
        workerData: { name, folder, files, retentionDays },
        env: { ...env },
        execArgv: [],
        stdout: true,
        stderr: true,
    });
    const said = await lastWord(worker, upload);
    await worker.terminate();
    const shown = (text) => (0,report_text/* brief */.dh)(withoutSecrets(text, env), REASON_LENGTH);
    const warnings = said.warnings.map(shown);
    if (said.kind === 'refused')
        return { kind: 'refused', reason: shown(said.reason), warnings };
    return { kind: 'uploaded', link: { name: said.name, id: said.id, url: urlOf(env, said.id) }, warnings };
}
async function lastWord(worker, { timeoutMs, signal }) {
    const over = new AbortController();
    try {
        return await new Promise((resolve) => {
            const refuse = (reason) => resolve({ kind: 'refused', reason, warnings: [] });
            worker.on('message', resolve);
            worker.on('error', (error) => refuse(error instanceof Error ? error.message : String(error)));
            worker.on('exit', () => refuse('the artifact client ended without a word'));
            const timer = setTimeout(() => refuse(`not finished within ${(0,report_text/* duration */.p0)(timeoutMs)}`), timeoutMs);
            over.signal.addEventListener('abort', () => clearTimeout(timer));
            signal?.addEventListener('abort', () => refuse(CANCELLED), { signal: over.signal });
        });
    }
    finally {
        over.abort();
    }
}
/** The runtime token, and what a signed address is signed with. */
function withoutSecrets(text, env) {
    return text.replaceAll(env.ACTIONS_RUNTIME_TOKEN ?? '', '***').replace(/(https?:\/\/[^\s?"'<>]+)\?[^\s"'<>]*/g, '$1');
}
function urlOf(env, id) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
    return server && repository && run ? `${server}/${repository}/actions/runs/${run}/artifacts/${id}` : null;
}

// EXTERNAL MODULE: ./src/github/commands.ts
var commands = __nccwpck_require__(4897);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(8500);
;// CONCATENATED MODULE: ./src/github/proxy.ts
/** A fetch that goes through the proxy that is meant for this address; null: none is, and Node's own will do. */
async function proxiedFetch(env, address) {
    const proxy = proxyOf(env, new URL(address));
    if (proxy === null)
        return null;
    const undici = await __nccwpck_require__.e(/* import() */ 752).then(__nccwpck_require__.t.bind(__nccwpck_require__, 6752, 19));
    const dispatcher = new undici.ProxyAgent(proxy);
    return ((url, init) => undici.fetch(url, { ...init, dispatcher }));
}
/** The proxy's URL for this address, or null. Lower case goes before upper case, as with curl. */
function proxyOf(env, address) {
    if (isLoopback(address.hostname) || isExcepted(env.no_proxy || env.NO_PROXY || '', address))
        return null;
    const value = address.protocol === 'https:' ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
    if (!value)
        return null;
    return /^https?:\/\//i.test(value) ? value : `http://${value}`;
}
function isLoopback(host) {
    return host === 'localhost' || host.startsWith('127.') || host === '[::1]';
}
/** `no_proxy`: names, `name:port`, and the names below them; `*` is all. */
function isExcepted(list, address) {
    const host = address.hostname.toLowerCase();
    const port = address.port || (address.protocol === 'https:' ? '443' : '80');
    return list
        .toLowerCase()
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
        .some((item) => item === '*' ||
        [host, `${host}:${port}`].some((name) => name === item || name.endsWith(`.${item.replace(/^\*?\./, '')}`)));
}

;// CONCATENATED MODULE: ./src/github/api.ts
/** GitHub's REST and GraphQL API: one bounded conversation with it, tried again where that can help. */



/** Why GitHub did not do as asked: `message` is one line, safe to show, without the token. */
class GithubFailure extends Error {
    /** This token may not do that, or may not know of it (403, 404). A rate limit is not meant. */
    denied;
    constructor(message, denied = false) {
        super(message);
        this.denied = denied;
    }
}
/** Thrown by the work when somebody else was faster: it begins again from the start. */
class Overtaken extends Error {
}
const LIMIT_MS = 20_000;
/** Before the second and the third try after a fault of GitHub's or of the network. */
const PAUSES_MS = [500, 2_000];
/** So many others may be faster. */
const MOST_OVERTAKEN = 10;
/**
 * Does `work`, which must look before it writes: after a fault it is done again from the start, since an answer that was
 * lost may have been a yes. Throws a GithubFailure and nothing else.
 */
async function withGithub(env, access, work) {
    const limitMs = access.limitMs ?? LIMIT_MS;
    const until = Date.now() + limitMs;
    const timeout = AbortSignal.timeout(limitMs);
    const signal = access.signal ? AbortSignal.any([access.signal, timeout]) : timeout;
    const base = (env.GITHUB_API_URL || 'https://api.github.com').replace(/\/+$/, '');
    try {
        const github = await connect(env, base, access.token, signal);
        let faults = 0;
        let overtaken = 0;
        for (;;) {
            try {
                return await work(github);
            }
            catch (error) {
                signal.throwIfAborted();
                let pauseMs;
                if (error instanceof Overtaken) {
                    overtaken += 1;
                    pauseMs = overtaken <= MOST_OVERTAKEN ? Math.random() * 1_000 : null;
                }
                else {
                    pauseMs = pauseAfter(error, faults);
                    faults += 1;
                }
                if (pauseMs === null || Date.now() + pauseMs >= until)
                    throw error;
                await (0,promises_.setTimeout)(pauseMs, undefined, { signal });
            }
        }
    }
    catch (error) {
        const { message, denied } = failureOf(error, { base, timeout, limitMs, signal });
        throw new GithubFailure((0,report_text/* brief */.dh)(api_hidden(message, access.token), 400), denied);
    }
}
/** The status that GitHub answered with; null: there was no answer. */
function statusOf(error) {
    return responseOf(error)?.status ?? null;
}
/** GitHub's `errors` of a 422: what was wrong with which field. */
function problemsOf(error) {
    const errors = asRecord(responseOf(error)?.data)?.errors;
    return Array.isArray(errors) ? errors.map((item) => asRecord(item) ?? { message: String(item) }) : [];
}
/** `owner/name` as GitHub's addresses take it. */
function ownerAndRepo(repository) {
    const [owner, repo, ...more] = repository.split('/');
    if (!owner || !repo || more.length > 0)
        throw new GithubFailure(`the repository should be owner/name and is ${(0,report_text/* brief */.dh)(repository, 100) || 'empty'}`);
    return { owner, repo };
}
async function connect(env, base, token, signal) {
    // Otherwise the error that says so would hold the token.
    if (!/^[\x21-\x7e]+$/.test(token))
        throw new GithubFailure('the token is empty or holds what no token holds');
    const [{ request }, throughProxy] = await Promise.all([__nccwpck_require__.e(/* import() */ 359).then(__nccwpck_require__.bind(__nccwpck_require__, 7359)), proxiedFetch(env, base)]);
    const rest = request.defaults({
        baseUrl: base,
        headers: { authorization: `Bearer ${token}`, 'user-agent': 'postgres-migration-gate' },
        request: { signal, log: { warn: () => undefined }, ...(throughProxy ? { fetch: throughProxy } : {}) },
    });
    return {
        rest,
        signal,
        graphql: async (query, variables = {}) => {
            const { data } = await rest({ method: 'POST', url: graphqlUrl(env, base), query, variables });
            const answer = asRecord(data);
            if (Array.isArray(answer?.errors) && answer.errors.length > 0) {
                const first = asRecord(answer.errors[0]);
                throw new GithubFailure(`GitHub says: ${String(first?.message ?? 'no reason given')}`, first?.type === 'FORBIDDEN' || first?.type === 'NOT_FOUND');
            }
            return answer?.data;
        },
    };
}
/** On a server of one's own REST is below /api/v3 and GraphQL is /api/graphql. */
function graphqlUrl(env, base) {
    return env.GITHUB_GRAPHQL_URL || `${base.replace(/\/v3$/, '')}/graphql`;
}
/** How long to wait before trying again, in milliseconds; null: that would not help. */
function pauseAfter(error, faults) {
    if (error instanceof GithubFailure)
        return null;
    const pauseMs = PAUSES_MS[faults];
    if (pauseMs === undefined)
        return null;
    const response = responseOf(error);
    if (response === null)
        return isFromFetch(error) ? pauseMs : null;
    if (response.status < 500 && !isRateLimit(error))
        return null;
    const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
    if (Number.isFinite(seconds))
        return Math.max(pauseMs, seconds * 1000);
    // A limit that does not say when it ends takes a minute or more.
    return isRateLimit(error) ? null : pauseMs;
}
function isRateLimit(error) {
    const response = responseOf(error);
    if (response === null)
        return false;
    if (response.status === 429)
        return true;
    const message = asRecord(response.data)?.message;
    return response.status === 403 && /rate limit/i.test(String(message));
}
function failureOf(error, telling) {
    if (error instanceof GithubFailure)
        return error;
    const status = statusOf(error);
    const denied = status === 404 || (status === 403 && !isRateLimit(error));
    return new GithubFailure(reasonOf(error, telling), denied && !telling.signal.aborted);
}
function reasonOf(error, { base, timeout, signal, limitMs }) {
    if (timeout.aborted)
        return `GitHub's API at ${base} did not answer within ${limitMs / 1000} s`;
    if (signal.aborted)
        return 'it was cancelled';
    if (error instanceof Overtaken)
        return error.message;
    const response = responseOf(error);
    if (response === null) {
        const message = error instanceof Error ? error.message : String(error);
        return `GitHub's API at ${base} could not be used: ${message}`;
    }
    if (response.status === 401)
        return 'the token is not valid, or no longer (GitHub answered 401)';
    const message = asRecord(response.data)?.message;
    const problems = problemsOf(error).flatMap((problem) => problem.message ?? problem.code ?? []);
    const said = typeof message === 'string' ? `: ${[message, ...problems].join('; ')}` : '';
    return `GitHub answered ${response.status}${said}`;
}
function api_hidden(message, token) {
    return token === '' ? message : message.replaceAll(token, '***');
}
function responseOf(error) {
    return error instanceof Error && error.name === 'HttpError' && 'response' in error
        ? (error.response ?? null)
        : null;
}
/** A request that got no answer at all. */
function isFromFetch(error) {
    return error instanceof Error && error.name === 'HttpError';
}
function asRecord(value) {
    return typeof value === 'object' && value !== null ? value : null;
}

;// CONCATENATED MODULE: ./src/github/marked.ts
/** Markdown that is ours among other people's: the hidden marks by which it is found again, and what fits into a body. */

const NAME = 'postgres-migration-gate';
const CUT = '\n\n_Cut here: GitHub takes no more. All of it is in the job summary and in the artifact._';
/** The line that begins what belongs to this key. Nothing in a key can end the HTML comment. */
function markOf(key) {
    return `<!-- ${NAME} ${safe(key)} -->`;
}
function endOf(key) {
    return `<!-- /${NAME} ${safe(key)} -->`;
}
/** Each key has a form of its own. Two hyphens in a row have a meaning inside an HTML comment. */
function safe(key) {
    // Through UTF-8, as half a surrogate pair cannot be percent-encoded.
    return encodeURIComponent(Buffer.from(key, 'utf8').toString('utf8')).replaceAll('-', '%2D');
}
/** Whether the first line of a body is this key's mark. */
function isMarked(body, key) {
    return body.split('\n', 1)[0]?.trim() === markOf(key);
}
/**
 * `body` with this key's section holding `text`: in the place of the one that is there, else at the end. Every other
 * character stays as it is. At most `max` UTF-16 units: the text is cut, never what others wrote; null when not even a
 * few lines of it would fit.
 */
function withSection(body, key, text, max) {
    // A line of ours that reads like a mark (SQL can hold anything) would end the section where it stands.
    const inside = text.replace(new RegExp(`<!--(?=\\s*/?${NAME})`, 'g'), '<! --');
    const place = placeOf(body, key);
    const before = place ? body.slice(0, place.from) : body === '' ? '' : `${body}${gapAfter(body)}`;
    const after = place ? body.slice(place.to) : '';
    const room = max - before.length - after.length - markOf(key).length - endOf(key).length - 2;
    if (room < Math.min(inside.length, 1_000))
        return null;
    return `${before}${markOf(key)}\n${shorten(inside, room)}\n${endOf(key)}${after}`;
}
function gapAfter(body) {
    if (/\n\r?\n$/.test(body))
        return '';
    return body.endsWith('\n') ? '\n' : '\n\n';
}
/** Marks count as whole lines only: a pull request's title in generated notes can hold one, but never alone on its line. */
function placeOf(body, key) {
    let from = null;
    for (const match of body.matchAll(/^[^\r\n]+/gm)) {
        const line = match[0].trimEnd();
        if (line === markOf(key))
            from = match.index;
        else if (line === endOf(key) && from !== null)
            return { from, to: match.index + line.length };
    }
    return null;
}
/** At most `max` UTF-16 units, cut after a whole line where there is one, with what was open closed, and said. */
function shorten(markdown, max) {
    if (markdown.length <= max)
        return markdown;
    let best = { end: 0, closing: '' };
    let fence = null;
    let folds = 0;
    for (let start = 0; start < max;) {
        const newline = markdown.indexOf('\n', start);
        const end = newline === -1 ? markdown.length : newline;
        const line = markdown.slice(start, end);
        const run = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
        if (fence !== null) {
            if (run?.startsWith(fence) && line.trim() === run)
                fence = null;
        }
        else if (run !== undefined) {
            fence = run;
        }
        else {
            folds += count(line, /<details\b/g) - count(line, /<\/details>/g);
        }
        const closing = `${fence === null ? '' : `\n${fence}`}${'\n\n</details>'.repeat(Math.max(0, folds))}`;
        if (end + closing.length + CUT.length <= max)
            best = { end, closing };
        start = end + 1;
    }
    if (best.end === 0)
        return `${(0,report_text/* cut */.Jj)(markdown, max - CUT.length)}${CUT}`;
    return `${markdown.slice(0, best.end)}${best.closing}${CUT}`;
}
function count(line, pattern) {
    return line.match(pattern)?.length ?? 0;
}

;// CONCATENATED MODULE: ./src/github/comment.ts
/** What the run has to say, as one comment of its pull request: made once, then kept up to date in its place. */


/**
 * GitHub's limit is said to be 65,536 characters. Which characters has changed over time; counted in UTF-16 units it is
 * kept in every reading.
 */
const MAX = 65_536;
const ACTIONS_BOT = 'github-actions[bot]';
/** Never throws. Takes 20 seconds at most. */
async function commentOnPullRequest(env, request) {
    try {
        return await withGithub(env, request, (github) => write(github, request));
    }
    catch (error) {
        if (!(error instanceof GithubFailure))
            throw error;
        if (!error.denied)
            return { kind: 'failed', reason: error.message };
        return {
            kind: 'not-allowed',
            reason: `the token may not comment on pull request ${request.pullRequest} (${error.message}); it needs \`pull-requests: write\`, and a pull request from a fork gets a token that only reads`,
        };
    }
}
async function write({ rest, graphql }, request) {
    const place = ownerAndRepo(request.repository);
    const mark = markOf(request.key);
    const body = `${mark}\n${shorten(request.body, MAX - mark.length - 1)}`;
    const marked = [];
    for (let page = 1, more = true; more; page += 1) {
        const { data, headers } = await rest('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
            ...place,
            issue_number: request.pullRequest,
            per_page: 100,
            page,
        });
        marked.push(...data.filter((comment) => isMarked(comment.body ?? '', request.key)));
        more = headers.link?.includes('rel="next"') ?? false;
    }
    const login = marked.length === 0 ? '' : await whoWeAre({ rest, graphql });
    const ours = marked.filter(({ user }) => user && isSame(user, login)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const newest = ours.pop();
    if (newest === undefined) {
        const { data } = await rest('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
            ...place,
            issue_number: request.pullRequest,
            body,
        });
        return { kind: 'created', url: data.html_url };
    }
    const { data } = await rest('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...place,
        comment_id: newest.id,
        body,
    }).catch((error) => {
        if (statusOf(error) === 404)
            throw new Overtaken('the comment was deleted while it was being updated');
        throw error;
    });
    // Two runs that raced left two. What the older one says is no longer so.
    for (const { id } of ours) {
        await rest('DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}', { ...place, comment_id: id }).catch((error) => {
            if (statusOf(error) !== 404)
                throw error;
        });
    }
    return { kind: 'updated', url: data.html_url };
}
/** REST says `github-actions[bot]`, GraphQL sometimes `github-actions`. A person may be called that too: the type tells them apart. */
function isSame(user, login) {
    const bare = (name) => (user.type === 'Bot' ? name.replace(/\[bot\]$/, '') : name).toLowerCase();
    return bare(user.login) === bare(login);
}
/** A workflow's token may ask GraphQL for its viewer, but not REST for its user; both may be closed to it. */
async function whoWeAre({ rest, graphql }) {
    try {
        const { viewer } = await graphql('query { viewer { login } }');
        return viewer.login;
    }
    catch (error) {
        if (!isClosed(error))
            throw error;
    }
    try {
        return (await rest('GET /user')).data.login;
    }
    catch (error) {
        if (!isClosed(error))
            throw error;
        return ACTIONS_BOT;
    }
}
function isClosed(error) {
    return error instanceof GithubFailure ? error.denied : [403, 404].includes(statusOf(error) ?? 0);
}

;// CONCATENATED MODULE: ./src/github/release.ts
/** What was migrated, as a section of the release of the tag that it was deployed by. */



/** GitHub's limit in characters; counted in UTF-16 units it is kept in every reading. */
const release_MAX = 125_000;
/** In a release that is made: what is left is for the generated notes. */
const MAX_BESIDE_NOTES = 65_000;
/** Never throws. Takes 20 seconds at most. */
async function releaseOf(env, request) {
    try {
        return await withGithub(env, request, (github) => release_write(github, request));
    }
    catch (error) {
        if (!(error instanceof GithubFailure))
            throw error;
        const reason = error.denied
            ? `the token may not make or change releases of ${request.repository} (${error.message}); it needs \`contents: write\``
            : error.message;
        return { kind: 'failed', reason };
    }
}
async function release_write(github, request) {
    const place = ownerAndRepo(request.repository);
    const existing = (await published(github, place, request.tag)) ?? (await draftOrTag(github, place, request));
    return existing === null ? create(github, place, request) : update(github, place, request, existing);
}
async function published({ rest }, place, tag) {
    try {
        return (await rest('GET /repos/{owner}/{repo}/releases/tags/{tag}', { ...place, tag })).data;
    }
    catch (error) {
        if (statusOf(error) === 404)
            return null;
        throw error;
    }
}
/**
 * A draft that waits for this tag, which REST finds only by reading every release. Tools and people prepare drafts; a
 * second release of the tag would keep theirs from being published. Without one the tag itself must still be there:
 * GitHub would make a missing one anew, on whatever the default branch holds by now. (It takes a `target_commitish`,
 * but answers 403 to a workflow's token that names an older commit there.)
 */
async function draftOrTag(github, place, { tag, sha }) {
    const { repository } = await github.graphql(`query ($owner: String!, $repo: String!, $tag: String!, $ref: String!) {
      repository(owner: $owner, name: $repo) {
        release(tagName: $tag) { databaseId }
        ref(qualifiedName: $ref) { target { oid ... on Tag { target { oid } } } }
      }
    }`, { ...place, tag, ref: `refs/tags/${tag}` });
    if (repository.release)
        return byId(github, place, repository.release.databaseId);
    if (!repository.ref)
        throw new GithubFailure(`the tag ${tag} is no longer in ${place.owner}/${place.repo}`);
    const { target } = repository.ref;
    if (target.oid !== sha && target.target?.oid !== sha)
        throw new GithubFailure(`the tag ${tag} is no longer on the commit that was migrated, ${sha}`);
    return null;
}
async function byId({ rest }, place, id) {
    try {
        return (await rest('GET /repos/{owner}/{repo}/releases/{release_id}', { ...place, release_id: id })).data;
    }
    catch (error) {
        if (statusOf(error) === 404)
            throw new Overtaken('the release was deleted while it was being updated');
        throw error;
    }
}
async function create({ rest }, place, request) {
    const wanted = {
        ...place,
        tag_name: request.tag,
        name: request.tag,
        body: withSection('', request.key, request.body, MAX_BESIDE_NOTES) ?? '',
        prerelease: request.prerelease,
        // By version, not by time: a fix of an older line does not become the latest release.
        make_latest: 'legacy',
        generate_release_notes: true,
    };
    try {
        return { kind: 'created', url: (await rest('POST /repos/{owner}/{repo}/releases', wanted)).data.html_url };
    }
    catch (error) {
        if (statusOf(error) !== 422)
            throw error;
        const problems = problemsOf(error);
        if (problems.some(({ code }) => code === 'already_exists'))
            throw new Overtaken('another run makes and deletes releases of this tag');
        // The notes of a first release can be longer than a release may be.
        if (!problems.some(({ message }) => /too long/i.test(message ?? '')))
            throw error;
        const { data } = await rest('POST /repos/{owner}/{repo}/releases', { ...wanted, generate_release_notes: false });
        return { kind: 'created', url: data.html_url };
    }
}
async function update(github, place, request, found) {
    const body = withSection(found.body ?? '', request.key, request.body, release_MAX);
    if (body === null)
        throw new GithubFailure(`the text of the release of ${request.tag} leaves no room for what was migrated`);
    if (body !== found.body) {
        await github
            .rest('PATCH /repos/{owner}/{repo}/releases/{release_id}', { ...place, release_id: found.id, body })
            .catch((error) => {
            if (statusOf(error) === 404)
                throw new Overtaken('the release was deleted while it was being updated');
            throw error;
        });
        // GitHub has no compare-and-set: who read before us and wrote after us has undone this. A moment later it shows.
        await (0,promises_.setTimeout)(700 + Math.random() * 600, undefined, { signal: github.signal });
        const now = (await byId(github, place, found.id)).body ?? '';
        if (!isSameText(withSection(now, request.key, request.body, release_MAX), now))
            throw new Overtaken('other runs kept overwriting the text of the release');
    }
    return { kind: 'updated', url: found.html_url };
}
/** Whoever edits in a browser leaves CRLF. */
function isSameText(a, b) {
    return a?.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n');
}

// EXTERNAL MODULE: ./src/report/redact.ts
var redact = __nccwpck_require__(649);
;// CONCATENATED MODULE: ./src/notify.ts
/** One message to a webhook, sent once. */


const TIMEOUT_MS = 10_000;
/** What is read of an answer, to show a line of it. */
const ANSWER_BYTES = 4_096;
const ANSWER_SHOWN = 200;
/**
 * POSTs `payload` as JSON to `url`. Never throws, never sends twice and follows no redirect: the message would go to
 * somebody else. The reason of a failure is one line and holds no part of `url`, which is a secret.
 */
async function notify(url, payload, options = {}) {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
        const response = await (options.fetch ?? fetch)(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'user-agent': 'postgres-migration-gate' },
            body: JSON.stringify(payload),
            redirect: 'manual',
            signal,
        });
        if (response.ok) {
            // It was taken, whatever becomes of the rest of the answer.
            response.body?.cancel().catch(() => undefined);
            return { kind: 'sent' };
        }
        const said = line(await beginningOf(response), url);
        return { kind: 'failed', reason: `the webhook answered ${notify_statusOf(response)}${said === '' ? '' : `: ${said}`}` };
    }
    catch (error) {
        if (options.signal?.aborted)
            return { kind: 'failed', reason: 'the run was cancelled before the webhook answered' };
        if (timeout.aborted)
            return { kind: 'failed', reason: `the webhook did not answer within ${(0,report_text/* duration */.p0)(timeoutMs)}` };
        return { kind: 'failed', reason: `the webhook could not be reached: ${line(causeOf(error), url)}` };
    }
}
function notify_statusOf({ status }) {
    return status >= 300 && status < 400 ? `${status}, a redirect, which is not followed` : String(status);
}
/** What it says of itself, as far as `ANSWER_BYTES` go; of a longer answer without its last word, which may be half an address. */
async function beginningOf(response) {
    if (response.body === null)
        return '';
    const decoder = new TextDecoder();
    let text = '';
    let read = 0;
    for await (const chunk of response.body) {
        text += decoder.decode(chunk.subarray(0, ANSWER_BYTES - read), { stream: true });
        read += chunk.byteLength;
        if (read > ANSWER_BYTES)
            return text.replace(/\S*$/, '');
    }
    return text;
}
/** fetch says only `fetch failed`; what failed is its cause, and of several addresses each has its own. */
function causeOf(error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof AggregateError && cause.errors.length > 0)
        return causeOf(cause.errors[0]);
    return cause instanceof Error ? cause.message || cause.name : String(cause);
}
/** A line of untrusted text without the address, or any part of it that would let somebody post. The host may be named. */
function line(text, url) {
    return (0,report_text/* cut */.Jj)((0,redact/* redactor */.$p)(secretParts(url))((0,report_text/* oneLine */.TN)(text)), ANSWER_SHOWN);
}
function secretParts(url) {
    if (!URL.canParse(url))
        return [url];
    const { href, pathname, search, username, password } = new URL(url);
    const pieces = [...pathname.split('/'), ...search.slice(1).split(/[&=]/)].filter((piece) => piece.length >= 8);
    return [url, href, pathname + search, pathname, search, username, password, ...pieces].filter((part) => part.length > 1);
}

// EXTERNAL MODULE: ./src/report/parts.ts
var parts = __nccwpck_require__(9356);
// EXTERNAL MODULE: ./src/report/places.ts
var places = __nccwpck_require__(9012);
;// CONCATENATED MODULE: ./src/report/comment.ts
/** Outcome -> the comment on a pull request: what a reviewer of the change must know, and where the rest is. */



/** Below GitHub's 65,536, with room for the hidden marker. */
const MAX_CHARACTERS = 60_000;
const LIMITS = [
    { statements: 0, diff: 200, migrations: 50, hazards: 30, list: 20, words: 1000 },
    { statements: 0, diff: 50, migrations: 30, hazards: 10, list: 10, words: 500 },
    { statements: 0, diff: 0, migrations: 10, hazards: 5, list: 5, words: 300 },
];
/** Fewer than 60,000 UTF-16 units whatever the outcome holds. */
function renderComment(whole) {
    const outcome = (0,places/* withPlaces */.rd)(whole);
    let text = '';
    for (const limits of LIMITS) {
        text = render(outcome, limits);
        if (text.length < MAX_CHARACTERS)
            return text;
    }
    return (0,report_text/* cut */.Jj)(text, MAX_CHARACTERS - 1);
}
function render(outcome, limits) {
    return `${(0,parts/* joined */.oR)([
        (0,parts/* headPart */.U6)(outcome, 3),
        (0,parts/* nextPart */.lI)(outcome, limits),
        (0,parts/* problemsPart */._q)(outcome, limits),
        (0,parts/* failurePart */.E$)(outcome, limits),
        (0,parts/* blockedPart */.uP)(outcome, limits),
        (0,parts/* migrationsPart */.Jo)(outcome, limits),
        (0,parts/* locksPart */.bk)(outcome, limits),
        (0,parts/* hazardsPart */.tT)(outcome, limits),
        (0,parts/* notRehearsedPart */.Ab)(outcome, limits),
        (0,parts/* schemaPart */.X6)(outcome, limits),
        footer(outcome),
    ])}\n`;
}
function footer(outcome) {
    const { log } = outcome.artifacts;
    const where = (0,parts/* joined */.oR)([(0,parts/* runLink */.ut)(outcome), log === null ? '' : `the whole log: ${(0,parts/* artifactWords */.wz)(log)}`], ' · ');
    return where === '' ? '' : `<sub>${where}</sub>`;
}

// EXTERNAL MODULE: ./src/report/facts.ts
var facts = __nccwpck_require__(1349);
;// CONCATENATED MODULE: ./src/report/notice.ts
/** Outcome -> the one message that a webhook is sent, in the shape of Slack or of Discord. */


/** A webhook of Discord by its host or its path; everything else speaks Slack's shape, Discord's own `/slack` address too. */
function shapeOf(webhook) {
    if (!URL.canParse(webhook))
        return 'slack';
    const { hostname, pathname } = new URL(webhook);
    if (/\/slack\/?$/.test(pathname))
        return 'slack';
    return /(?:^|\.)discord(?:app)?\.com$/.test(hostname) || pathname.startsWith('/api/webhooks/') ? 'discord' : 'slack';
}
/** Danger: somebody must look now. Warning: it stopped with nothing done, or it worked and there is something to read. */
function severityOf(outcome) {
    const { result, databaseState } = outcome;
    if (databaseState === 'partially-migrated' || databaseState === 'unknown')
        return 'danger';
    switch (result) {
        case 'failed':
            return 'danger';
        case 'cancelled':
            return databaseState === 'unchanged' ? 'warning' : 'danger';
        case 'refused':
        case 'dry-run-inconclusive':
            return 'warning';
        default:
            break;
    }
    // `status` that found edited, missing or failed records: what a schedule is there to say.
    if (outcome.exitCode !== 0)
        return 'danger';
    if (outcome.warnings.length > 0 || outcome.hazards.some(({ severity }) => severity !== 'info'))
        return 'warning';
    return result === 'up-to-date' || result === 'reported' ? 'info' : 'success';
}
/** The payload of one message about a redacted outcome. What came from files, SQL and servers is text in it and nothing else. */
function renderNotice(outcome, shape) {
    return shape === 'discord' ? discordNotice(outcome) : slackNotice(outcome);
}
// Escaped text is at most twice as long as it was (Slack: five times, for a text of `&` alone), so that these keep within
// Discord's 2,000 for content, 4,096 for a description and 6,000 for all embeds, and Slack's 4,000 that it asks for.
const HEADLINE = 700;
const LINE = 400;
const COLORS = {
    success: '#2da44e',
    info: '#6e7781',
    warning: '#d4a72c',
    danger: '#cf222e',
};
function slackNotice(outcome) {
    const first = slackText((0,report_text/* brief */.dh)((0,facts/* headline */.Pl)(outcome), HEADLINE));
    const link = ({ label, url }) => `<${slackEntities(url)}|${label}>`;
    return {
        text: first,
        mrkdwn: false,
        attachments: [
            {
                color: COLORS[severityOf(outcome)],
                fallback: first,
                text: [...lines(outcome).map(slackText), ...joined(linksOf(outcome).map(link))].join('\n'),
                mrkdwn_in: [],
            },
        ],
    };
}
function discordNotice(outcome) {
    // In angle brackets: a link without a preview.
    const link = ({ label, url }) => `[${label}](<${url}>)`;
    return {
        content: discordText((0,report_text/* brief */.dh)((0,facts/* headline */.Pl)(outcome), HEADLINE)),
        embeds: [
            {
                color: Number.parseInt(COLORS[severityOf(outcome)].slice(1), 16),
                description: [...lines(outcome).map(discordText), ...joined(linksOf(outcome).map(link))].join('\n'),
            },
        ],
        allowed_mentions: { parse: [] },
    };
}
/** After the headline, plain: what to do, how much it was about, and whose run it is. */
function lines(outcome) {
    const next = (0,facts/* nextStep */.sk)(outcome);
    return [
        ...(next === null ? [] : [`Next: ${(0,report_text/* brief */.dh)(next, LINE)}`]),
        counts(outcome),
        ...joined([outcome.run.repository, outcome.run.ref?.replace(/^refs\/(?:heads|tags)\//, ''), outcome.run.actor].flatMap((part) => (part ? [(0,report_text/* brief */.dh)(part, 100)] : []))),
    ];
}
function counts(outcome) {
    const { previousVersion: before, currentVersion: now } = outcome;
    const moved = before === now ? '' : `; version ${(0,report_text/* brief */.dh)(before ?? 'none', 60)} → ${(0,report_text/* brief */.dh)(now ?? 'none', 60)}`;
    return `${(0,report_text/* plural */.LS)(outcome.pending.length, 'migration')} pending, ${(0,report_text/* number */.ai)(outcome.applied.length)} applied${moved}`;
}
function joined(parts) {
    return parts.length === 0 ? [] : [parts.join(' · ')];
}
function linksOf(outcome) {
    const log = outcome.artifacts.log ?? outcome.artifacts.plan;
    return [
        { label: 'Run', url: outcome.run.runUrl },
        { label: 'Artifact', url: log?.url ?? null },
    ].flatMap(({ label, url }) => {
        const address = url === null ? null : linkable(url);
        return address === null ? [] : [{ label, url: address }];
    });
}
function linkable(url) {
    if (url.length > 500 || !URL.canParse(url))
        return null;
    const { protocol, href } = new URL(url);
    if (protocol !== 'https:' && protocol !== 'http:')
        return null;
    return href.replace(/[<>()|\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
/**
 * Slack's three entities make links and mentions impossible. Its marks for bold, code and the like have no escape, and what
 * takes its shape (Mattermost) reads markdown and `@channel`: so marks become characters that look like them.
 */
function slackText(text) {
    return slackEntities(unlinked(text))
        .replaceAll('`', '\u02cb')
        .replaceAll('*', '\u2217')
        .replaceAll('~', '\u223c')
        .replaceAll('[', '\uff3b')
        .replaceAll(']', '\uff3d')
        .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\u02cd');
}
function slackEntities(text) {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
/** Discord takes a backslash before any mark. */
function discordText(text) {
    return unlinked(text).replace(/[\\`*_~|<>[\]#]/g, '\\$&');
}
/** Names nobody, and no address in it becomes a link. A lone half of a character, which a receiver may refuse, is replaced. */
function unlinked(text) {
    return Buffer.from(text, 'utf8')
        .toString('utf8')
        .replace(/@(?=\w)/g, '@\u200b')
        .replaceAll('://', ':\u200b//')
        .replace(/www\.(?=\w)/gi, '$&\u200b');
}

;// CONCATENATED MODULE: ./src/report/release.ts



/** More than these fold; more than the second are counted. */
const OPEN = 20;
const SHOWN = 200;
function renderReleaseSection(whole) {
    const outcome = (0,places/* withPlaces */.rd)(whole);
    const { applied } = outcome;
    const database = outcome.server === null ? 'the database' : (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(outcome.server.database, 63));
    const environment = outcome.environment === null ? '' : ` (${outcome.environment})`;
    const link = (0,parts/* runLink */.ut)(outcome);
    const lines = applied.map((migration) => () => (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(migration.file.split('/').at(-1) ?? migration.file, 200)));
    return `${(0,parts/* joined */.oR)([
        '## Database migrations',
        applied.length === 0
            ? `Nothing was to be migrated in ${database}${environment}.`
            : `${(0,report_text/* plural */.LS)(applied.length, 'migration')} applied to ${database}${environment}${versions(outcome)}${proved(outcome)}.`,
        applied.length <= OPEN ? (0,parts/* bullets */.e5)(lines, OPEN) : (0,report_text/* details */.zH)((0,report_text/* plural */.LS)(applied.length, 'migration'), (0,parts/* bullets */.e5)(lines, SHOWN)),
        link === '' ? '' : `Report: ${link}.`,
    ])}\n`;
}
function versions({ previousVersion, currentVersion }) {
    if (currentVersion === null)
        return '';
    const now = (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(currentVersion, 60));
    return previousVersion === null
        ? `, now at version ${now}`
        : `, from version ${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(previousVersion, 60))} to ${now}`;
}
function proved(outcome) {
    if (outcome.result !== 'applied')
        return '';
    return outcome.predictedEqualsActual === true
        ? ', verified: the schema is what the rehearsal predicted'
        : ', verified';
}

// EXTERNAL MODULE: ./src/request/event.ts
var request_event = __nccwpck_require__(9369);
;// CONCATENATED MODULE: ./src/publish.ts
/**
 * Tells others of a run that is over: the artifact, the pull request, the release, the webhook. None of it can change
 * what happened to the database: what could not be told is a warning.
 */











const PLAN_MS = 30_000;
const FOLDER_MS = 120_000;
/** Before the review pause, as a job summary shows only once the job is over. */
function sharePlan(audience) {
    return share(audience, '-plan', PLAN_MS, audience.cancelled);
}
/** The folder, as it is now; once, also where a run was killed after it and the post step goes on from there. */
async function shareFolder(outcome, audience) {
    if (outcome.artifacts.log !== null)
        return { outcome, words: [] };
    const { link, warnings } = await share(audience, '', FOLDER_MS, audience.uploadEnds);
    const linked = { ...outcome, artifacts: { ...outcome.artifacts, log: link } };
    return withWords(linked, warnings.map((text) => ({ level: 'warning', text })));
}
async function share(audience, suffix, timeoutMs, signal) {
    const { publishing, run } = audience;
    if (!publishing.uploadArtifact)
        return { link: null, warnings: [] };
    const name = `${publishing.artifactName ?? namelessArtifact(run)}${suffix}`;
    const end = await uploadArtifact(audience.env, {
        name,
        folder: audience.folder,
        files: audience.files(),
        retentionDays: publishing.retentionDays,
        timeoutMs,
        signal,
    });
    switch (end.kind) {
        case 'uploaded':
            return { link: end.link, warnings: end.warnings };
        case 'no-service':
            return { link: null, warnings: [] };
        case 'refused':
            return {
                link: null,
                warnings: [`the artifact ${name} was not uploaded: ${end.reason}`, ...end.warnings],
            };
    }
}
/** Where the inputs are too wrong to say what it should be called. */
function namelessArtifact({ runId, attempt }) {
    return `migration-log-${runId ?? 'local'}-${attempt ?? '1'}`;
}
/** Everybody else; never throws. */
async function tell(outcome, audience) {
    const words = await Promise.all([
        safely('the pull request has no comment', comment(outcome, audience)),
        safely('no release was made', release(outcome, audience)),
        safely('notify-url', message(outcome, audience)),
    ]);
    return withWords(outcome, words.filter((word) => word !== null));
}
/** What we did not think of, a proxy's address that is none, is not the run's failure either. */
function safely(what, work) {
    return work.catch((error) => ({
        level: 'warning',
        text: `${what}: ${error instanceof Error ? error.message : String(error)}`,
    }));
}
function withWords(outcome, words) {
    const warnings = words.filter(({ level }) => level === 'warning').map(({ text }) => text);
    return { outcome: { ...outcome, warnings: [...outcome.warnings, ...warnings] }, words };
}
async function comment(outcome, { publishing, run, env, tellingEnds }) {
    const { githubToken: token, commentOnPr } = publishing;
    const { repository, pullRequest, eventName } = run;
    if (!commentOnPr || token === null || repository === null || pullRequest === null || eventName !== 'pull_request')
        return null;
    const body = renderComment(outcome);
    const end = await commentOnPullRequest(env, {
        repository,
        pullRequest,
        token,
        key: keyOf(outcome, run),
        body,
        signal: tellingEnds,
    });
    switch (end.kind) {
        case 'created':
        case 'updated':
            return null;
        case 'not-allowed':
            return { level: 'notice', text: `the pull request has no comment: ${end.reason}` };
        case 'failed':
            return { level: 'warning', text: `the pull request has no comment: ${end.reason}` };
    }
}
async function release(outcome, { publishing, run, env, cancelled }) {
    const { githubToken: token, createRelease } = publishing;
    const tag = (0,request_event/* tagOf */.cO)(run.ref ?? '');
    const { repository, sha } = run;
    if (!createRelease || outcome.result !== 'applied' || token === null || repository === null || sha === null)
        return null;
    if (tag === null || !(0,request_event/* isVersionTag */.JM)(tag))
        return { level: 'notice', text: 'no release was made: this is no version tag' };
    const end = await releaseOf(env, {
        repository,
        tag,
        token,
        sha,
        key: keyOf(outcome, run),
        body: renderReleaseSection(outcome),
        prerelease: /^v[^+]*-/.test(tag),
        // What comes after the run is what whoever cancels does not want.
        signal: cancelled,
    });
    return end.kind === 'failed' ? { level: 'warning', text: `the release ${tag} was not made: ${end.reason}` } : null;
}
/** Once: also where a run was killed after it and the post step goes on from there. */
async function message(outcome, { publishing, env, tellingEnds }) {
    const { notifyUrl } = publishing;
    if (notifyUrl === null || (0,commands/* getState */.Gu)(env, 'notified') === 'true')
        return null;
    const fetch = await proxiedFetch(env, notifyUrl);
    const end = await notify(notifyUrl, renderNotice(outcome, shapeOf(notifyUrl)), {
        signal: tellingEnds,
        ...(fetch ? { fetch } : {}),
    });
    if (end.kind === 'failed')
        return { level: 'warning', text: `notify-url: ${end.reason}` };
    (0,commands/* saveState */.LZ)(env, 'notified', 'true');
    return null;
}
/** One comment, and one section of a release, for each database that a workflow migrates. */
function keyOf(outcome, run) {
    const { server } = outcome;
    const parts = [run.workflow, run.job, outcome.environment, server?.host, server?.port, server?.database];
    return (0,external_node_crypto_.createHash)('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}


/***/ }),

/***/ 5921:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  LC: () => (/* binding */ ReportFolder),
  tF: () => (/* binding */ keeper),
  DL: () => (/* binding */ readKept)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(3024);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __nccwpck_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
// EXTERNAL MODULE: ./src/github/commands.ts
var commands = __nccwpck_require__(4897);
// EXTERNAL MODULE: ./src/report/facts.ts
var facts = __nccwpck_require__(1349);
// EXTERNAL MODULE: ./src/report/json.ts
var json = __nccwpck_require__(2794);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __nccwpck_require__(5655);
;// CONCATENATED MODULE: ./src/report/annotations.ts
/** Outcome -> annotations, worst first: GitHub keeps the first ten of each level and drops the rest without a word. */



const PER_LEVEL = 10;
const MESSAGE = 4000;
/**
 * The failure or the input problems first, then hazards, then warnings. At most ten of each level; what did not fit is counted in one of the ten notices.
 * `prefix`: the working directory relative to the workspace (`''`, `services/api`).
 */
function annotations(outcome, prefix = '') {
    const all = [...ofProblems(outcome), ...ofFailure(outcome), ...ofHazards(outcome), ...ofWarnings(outcome)].map((annotation) => ({ ...annotation, file: annotation.file === null ? null : inWorkspace(annotation.file, prefix) }));
    return limited(all);
}
function limited(all) {
    const of = (level) => all.filter((annotation) => annotation.level === level);
    const errors = of('error');
    const warnings = of('warning');
    const notices = of('notice');
    if ([errors, warnings, notices].every((list) => list.length <= PER_LEVEL))
        return [...errors, ...warnings, ...notices];
    const keptNotices = notices.slice(0, PER_LEVEL - 1);
    const more = [
        leftOut(errors.length - PER_LEVEL, 'error'),
        leftOut(warnings.length - PER_LEVEL, 'warning'),
        leftOut(notices.length - keptNotices.length, 'notice'),
    ].filter((text) => text !== '');
    const overflow = {
        level: 'notice',
        file: null,
        line: null,
        column: null,
        title: 'More annotations',
        message: `${more.join(', ')} not shown here: all of them are in report.json and migration.log.`,
    };
    return [...errors.slice(0, PER_LEVEL), ...warnings.slice(0, PER_LEVEL), ...keptNotices, overflow];
}
function leftOut(count, what) {
    return count > 0 ? (0,report_text/* plural */.LS)(count, `more ${what}`) : '';
}
function ofProblems(outcome) {
    return outcome.problems.map((problem) => ({
        level: 'error',
        file: null,
        line: null,
        column: null,
        title: (0,report_text/* brief */.dh)(`Input ${problem.input}`, 200),
        message: (0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(problem.message), MESSAGE),
    }));
}
function ofFailure(outcome) {
    const { error } = outcome;
    // The input problems are this failure, one by one.
    if (error === null || (error.class === 'input' && outcome.problems.length > 0))
        return [];
    return [
        {
            level: 'error',
            file: error.file,
            line: error.line,
            column: error.column,
            title: (0,report_text/* brief */.dh)(`${titleOf(error)}; the database is ${outcome.databaseState}`, 200),
            message: failureMessage(error),
        },
    ];
}
function titleOf(error) {
    return `${error.class}${error.sqlstate === null ? '' : ` (${error.sqlstate})`}`;
}
/** The next action is kept whatever the length of the server's words. */
function failureMessage(error) {
    const meaning = (0,facts/* meaningOf */.Pr)(error);
    const end = `${meaning === null ? '' : `\n${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(meaning), 600)}`}\nNext: ${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(error.next), 800)}`;
    const start = [
        error.message,
        error.detail === null ? '' : `DETAIL: ${error.detail}`,
        error.hint === null ? '' : `HINT: ${error.hint}`,
        error.where === null ? '' : `CONTEXT: ${error.where}`,
    ]
        .filter((text) => text !== '')
        .map((text) => (0,report_text/* cut */.Jj)(text, MESSAGE))
        .join('\n');
    return `${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(start), MESSAGE - end.length)}${end}`;
}
function ofHazards(outcome) {
    return (0,json/* worstFirst */.md)(outcome.hazards)
        .filter((hazard) => !(0,facts/* isTheFailure */.W7)(hazard, outcome.error) && !isOnlyTold(hazard))
        .map((hazard) => ({
        level: levelOf(hazard, outcome),
        file: hazard.file,
        line: hazard.file === null ? null : hazard.line,
        column: null,
        title: (0,report_text/* brief */.dh)(`${hazard.severity}: ${hazard.rule}${hazard.relation === null ? '' : ` on ${hazard.relation}`}`, 200),
        message: hazardMessage(hazard),
    }));
}
/** A danger is an error only where it stopped the run: a green run has no red marks. */
function levelOf(hazard, outcome) {
    if (hazard.allowed !== null || hazard.severity === 'info')
        return 'notice';
    return hazard.severity === 'danger' && outcome.exitCode !== 0 ? 'error' : 'warning';
}
/** For the report: what was withdrawn, and what has no effect on anybody. A good deployment leaves no marks on its files. */
function isOnlyTold({ severity, effects, allowed }) {
    return severity === 'info' && effects.length === 0 && allowed === null;
}
function hazardMessage(hazard) {
    const rest = [
        hazard.safer === null ? '' : `\nSafer: ${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(hazard.safer), 1500)}`,
        hazard.allowed === null ? '' : `\nAccepted: ${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)(hazard.allowed), 400)}`,
    ].join('');
    return `${(0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)((0,report_text/* cut */.Jj)(hazard.message, MESSAGE)), MESSAGE - rest.length)}${rest}`;
}
function ofWarnings(outcome) {
    return outcome.warnings.map((warning) => ({
        level: 'warning',
        file: null,
        line: null,
        column: null,
        title: 'Migration gate',
        message: (0,report_text/* cut */.Jj)((0,report_text/* clean */.uH)((0,report_text/* cut */.Jj)(warning, MESSAGE)), MESSAGE),
    }));
}
function inWorkspace(file, prefix) {
    const folder = prefix.replace(/\\/g, '/').replace(/^(?:\.\/)+|^\.$|\/+$/g, '');
    const path = folder === '' || file.startsWith('/') ? file : `${folder}/${file}`;
    return path.replace(/^(?:\.\/)+/, '');
}

// EXTERNAL MODULE: ./src/report/parts.ts
var parts = __nccwpck_require__(9356);
// EXTERNAL MODULE: ./src/report/places.ts
var places = __nccwpck_require__(9012);
;// CONCATENATED MODULE: ./src/report/summary.ts
/** Outcome -> the job summary: GitHub-flavoured markdown. The first screen tells; everything else folds. */





const DEFAULT_MAX_BYTES = 1_000_000;
/** From all that anybody reads to the first screen: statements go first, then the schema's difference, then migrations. */
const LIMITS = [
    { statements: 1000, diff: 2000, migrations: 200, hazards: 200, list: 100, words: 4000 },
    { statements: 200, diff: 2000, migrations: 200, hazards: 200, list: 100, words: 4000 },
    { statements: 0, diff: 1000, migrations: 200, hazards: 100, list: 100, words: 4000 },
    { statements: 0, diff: 100, migrations: 50, hazards: 50, list: 30, words: 2000 },
    { statements: 0, diff: 0, migrations: 50, hazards: 20, list: 20, words: 1000 },
    { statements: 0, diff: 0, migrations: 10, hazards: 5, list: 5, words: 400 },
];
/** Fewer than `maxBytes` bytes whatever the outcome holds; what had to go is counted, and is in report.json. */
function renderSummary(whole, options = {}) {
    const outcome = (0,places/* withPlaces */.rd)(whole);
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    let text = '';
    for (const limits of LIMITS) {
        text = render(outcome, limits);
        if ((0,report_text/* byteLength */.dp)(text) < maxBytes)
            return text;
    }
    return (0,report_text/* cutBytes */.Uw)(text, Math.max(0, maxBytes - 1));
}
function render(outcome, limits) {
    const status = outcome.result === 'reported';
    return `${(0,parts/* joined */.oR)([
        (0,parts/* headPart */.U6)(outcome, 2),
        (0,parts/* nextPart */.lI)(outcome, limits),
        (0,parts/* problemsPart */._q)(outcome, limits),
        (0,parts/* failurePart */.E$)(outcome, limits),
        (0,parts/* blockedPart */.uP)(outcome, limits),
        failedChecksPart(outcome, limits),
        goingBackPart(outcome, limits),
        status ? warningsPart(outcome, limits) : '',
        (0,parts/* migrationsPart */.Jo)(outcome, limits),
        provedPart(outcome),
        seenPart(outcome, limits),
        status ? '' : warningsPart(outcome, limits),
        stagesPart(outcome),
        foldedWaysBack(outcome, limits),
        checksPart(outcome, limits),
        checklistPart(outcome),
        statementsPart(outcome, limits),
        recordedPart(outcome, limits),
        detailsPart(outcome, limits),
        footer(outcome),
    ])}\n`;
}
/** For whoever has to decide. Once apply has begun it was decided on, and folds. */
function seenPart(outcome, limits) {
    const seen = (0,parts/* joined */.oR)([
        (0,parts/* locksPart */.bk)(outcome, limits),
        (0,parts/* hazardsPart */.tT)(outcome, limits),
        (0,parts/* notRehearsedPart */.Ab)(outcome, limits),
        (0,parts/* schemaPart */.X6)(outcome, limits),
    ]);
    const begun = outcome.databaseState !== 'unchanged' ||
        outcome.stages.some(({ stage, status }) => stage === 'apply' && status !== 'skipped');
    return begun && seen !== '' ? (0,report_text/* details */.zH)('What the dry run saw: locks, hazards, the schema', seen) : seen;
}
/** What was proved, in a line: how much was rehearsed, and that what is there now is what was predicted. */
function provedPart(outcome) {
    const { statements, executed } = outcome.coverage;
    const coverage = statements === executed ? (0,facts/* coverageWords */.gn)(outcome) : null;
    return [coverage, (0,facts/* predictionWords */.Vu)(outcome)]
        .filter((part) => part !== null)
        .map((part) => (0,report_text/* escapeMarkdown */.FV)(part))
        .join(' ');
}
function warningsPart(outcome, limits) {
    const warnings = (0,facts/* warningsToShow */.aI)(outcome);
    if (warnings.length === 0)
        return '';
    const lines = warnings.map((warning) => () => (0,report_text/* prose */.CS)((0,report_text/* brief */.dh)(warning, limits.words)));
    return `### Warnings\n\n${(0,parts/* bulletsFolded */.Ih)(lines, 5, limits.list, 'warning')}`;
}
/** One line that wraps: what ran with its time, then what the run did not come to. */
function stagesPart(outcome) {
    const ran = outcome.stages.filter((stage) => stage.status !== 'skipped');
    if (ran.length === 0)
        return '';
    const ended = ran.some((stage) => stage.status !== 'passed');
    const left = ended ? notReached(outcome) : [];
    return (0,parts/* joined */.oR)([
        `**Stages:** ${ran.map(stageCell).join(' · ')}`,
        left.length === 0 ? '' : `not reached: ${left.map(facts/* stageWords */._l).join(', ')}`,
        `${(0,report_text/* duration */.p0)(outcome.durationMs)} in all`,
    ], ' · ');
}
function stageCell(stage) {
    const words = (0,facts/* stageWords */._l)(stage.stage);
    return stage.status === 'passed'
        ? `${words} ${(0,report_text/* duration */.p0)(stage.ms)}`
        : `**${words} ${stage.status}** ${(0,report_text/* duration */.p0)(stage.ms)}`;
}
/** Of an apply; the other modes do not come to these stages at all. */
function notReached(outcome) {
    if (outcome.mode !== 'apply')
        return [];
    const last = outcome.stages.findLastIndex((stage) => stage.status !== 'skipped');
    return outcome.stages.slice(last + 1).map((stage) => stage.stage);
}
function failedChecksPart(outcome, limits) {
    const lost = outcome.verification.filter((check) => !check.passed);
    // The first one is what the run stopped for.
    const said = lost.slice(0, 1).some((check) => (0,facts/* isSaid */.QV)(outcome, `${check.check}: ${check.detail ?? ''}`));
    const failed = said ? lost.slice(1) : lost;
    const checks = (0,parts/* bullets */.e5)(failed.map((check) => () => checkLine(check, limits)), limits.list);
    const difference = (0,parts/* diffPart */.PS)(`Not as predicted: ${(0,facts/* diffWords */.b2)(outcome.unpredicted)}`, outcome.unpredicted, limits);
    return checks === '' && difference === '' ? '' : (0,parts/* joined */.oR)(['### Verification', checks, difference]);
}
function checklistPart({ checklist }) {
    if (checklist.length === 0)
        return '';
    const signs = { yes: '✅', no: '❌', unknown: '❔' };
    const yes = checklist.filter((item) => item.answer === 'yes').length;
    return (0,report_text/* details */.zH)(`Checklist: ${yes} of ${checklist.length}`, checklist
        .map(({ question, answer, detail }) => `- ${signs[answer]} ${(0,report_text/* escapeMarkdown */.FV)(question)}: ${(0,report_text/* prose */.CS)((0,report_text/* brief */.dh)(detail, 400))}`)
        .join('\n'));
}
function checksPart(outcome, limits) {
    const passed = outcome.verification.filter((check) => check.passed);
    if (passed.length === 0)
        return '';
    const of = passed.length === outcome.verification.length
        ? `${(0,report_text/* plural */.LS)(passed.length, 'check')} passed`
        : `${(0,report_text/* number */.ai)(passed.length)} of ${(0,report_text/* plural */.LS)(outcome.verification.length, 'check')} passed`;
    return (0,report_text/* details */.zH)(`Verification: ${of}`, (0,parts/* bullets */.e5)(passed.map((check) => () => checkLine(check, limits)), limits.list));
}
function checkLine(check, limits) {
    const detail = check.detail === null ? '' : `: ${(0,report_text/* prose */.CS)((0,report_text/* brief */.dh)(check.detail, limits.words))}`;
    return `${check.passed ? '' : '**failed:** '}${(0,report_text/* prose */.CS)((0,report_text/* brief */.dh)(check.check, 300))}${detail}`;
}
const WAY_BACK = 'How to go back';
/** Whoever is called at night reads it without unfolding anything. */
function goingBackPart(outcome, limits) {
    if (outcome.databaseState === 'unchanged' || outcome.exitCode === 0)
        return '';
    return `### ${WAY_BACK}\n\n${waysBackOf(outcome, limits)}`;
}
function foldedWaysBack(outcome, limits) {
    if (outcome.databaseState !== 'unchanged') {
        return outcome.exitCode === 0 ? (0,report_text/* details */.zH)(WAY_BACK, waysBackOf(outcome, limits)) : '';
    }
    if (outcome.downFiles.length === 0)
        return '';
    return (0,report_text/* details */.zH)(WAY_BACK, (0,parts/* bullets */.e5)(outcome.downFiles.map((file) => () => (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(file, 200))), limits.list));
}
/** Made for this run: file by file, then the whole database. */
function waysBackOf(outcome, limits) {
    const backup = (0,facts/* backupWords */.eI)(outcome);
    const recovery = (0,facts/* recoverySettings */.pF)(outcome);
    const ways = (0,facts/* waysBack */.ed)(outcome).map((way) => () => `${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(way.file, 200))}: ${way.down === null ? 'no down file; a new migration that undoes it' : `run ${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(way.down, 200))}`}`);
    const ofTool = (0,facts/* wayBackOfTool */.yY)(outcome);
    return (0,parts/* joined */.oR)([
        ofTool === null ? '' : `What was applied: ${ofTool}.`,
        ways.length === 0 ? '' : `Migration by migration, the newest first:\n\n${(0,parts/* bullets */.e5)(ways, limits.list)}`,
        recovery === null
            ? 'No backup marker was taken in this run: the whole database goes back only to a backup that you have made yourself.'
            : `The whole database, as it was just before apply (what was written since is lost): restore a base backup with\n\n${(0,report_text/* fenced */.OF)(`${recovery}\nrecovery_target_action = 'pause'`, 'ini')}`,
        backup === null ? '' : (0,report_text/* escapeMarkdown */.FV)(backup),
    ]);
}
function statementsPart(outcome, limits) {
    if (limits.statements === 0)
        return '';
    const parts = [];
    let left = limits.statements;
    for (const migration of (0,facts/* migrationsToShow */.mA)(outcome, limits.migrations)) {
        if (migration.statements.length === 0)
            continue;
        const shown = migration.statements.slice(0, left);
        left -= shown.length;
        if (shown.length === 0)
            break;
        const more = migration.statements.length - shown.length;
        const lines = shown.flatMap(statementLines);
        if (more > 0)
            lines.push(`… and ${(0,report_text/* number */.ai)(more)} more, in report.json`);
        parts.push(`${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(migration.file, 200))}\n\n${(0,report_text/* fenced */.OF)(lines.join('\n'), 'sql')}`);
    }
    return parts.length === 0 ? '' : (0,report_text/* details */.zH)('Statements of the dry run', parts.join('\n\n'));
}
function statementLines(statement) {
    const facts = [
        `line ${statement.line}`,
        statement.count > 1 ? `${(0,report_text/* number */.ai)(statement.count)} statements` : '',
        statement.ms === null ? '' : (0,report_text/* duration */.p0)(statement.ms),
        statement.rows === null ? '' : (0,report_text/* plural */.LS)(statement.rows, 'row'),
        statement.executed
            ? ''
            : statement.reason === null
                ? 'NOT REACHED'
                : `NOT EXECUTED: ${(0,report_text/* brief */.dh)(statement.reason, 300)}`,
        statement.error === null ? '' : `FAILED: ${(0,report_text/* brief */.dh)(statement.error, 300)}`,
    ].filter((fact) => fact !== '');
    return [`-- ${statement.index}. ${facts.join(', ')}`, (0,report_text/* brief */.dh)(statement.sql, 300)];
}
function recordedPart(outcome, limits) {
    if (outcome.recorded.length === 0)
        return '';
    const lines = outcome.recorded.slice(0, limits.list).map((item) => {
        const at = item.appliedAt === null ? '' : (0,report_text/* escapeMarkdown */.FV)((0,report_text/* brief */.dh)(item.appliedAt, 60).replace(/\.\d+/, ''));
        const status = item.status === 'completed' ? 'completed' : `**${(0,report_text/* escapeMarkdown */.FV)((0,report_text/* brief */.dh)(item.status, 40))}**`;
        return `| ${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(item.version, 60))} | ${(0,report_text/* escapeMarkdown */.FV)((0,report_text/* brief */.dh)(item.name, 120))} | ${status} | ${at} |`;
    });
    const left = outcome.recorded.length - lines.length;
    return (0,report_text/* details */.zH)(`Recorded before this run: ${(0,report_text/* plural */.LS)(outcome.recorded.length, 'migration')}`, (0,parts/* joined */.oR)([
        ['| Version | Name | Status | When |', '| --- | --- | --- | --- |', ...lines].join('\n'),
        left > 0 ? `… and ${(0,report_text/* number */.ai)(left)} more, in report.json` : '',
    ]));
}
/** What is only looked up: by whom, where, under what plan, on what server. */
function detailsPart(outcome, limits) {
    const { server } = outcome;
    const entry = (label, text) => text === null || text === '' ? [] : [`**${label}:** ${text}`];
    const rehearsal = (0,facts/* rehearsalWords */.hK)(outcome);
    const lines = [
        ...entry('Version', versionWords(outcome)),
        ...entry('Server', server === null
            ? null
            : `${(0,report_text/* code */.aY)(`${(0,report_text/* brief */.dh)(server.host, 200)}:${server.port}`)}${server.version === null ? '' : `, PostgreSQL ${(0,report_text/* escapeMarkdown */.FV)((0,report_text/* brief */.dh)(server.version, 60))}`}, as ${(0,report_text/* code */.aY)((0,report_text/* brief */.dh)(server.user, 63))}`),
        ...entry('Environment', outcome.environment === null || outcome.environmentSource === null
            ? null
            : `${outcome.environment}, by ${(0,report_text/* escapeMarkdown */.FV)((0,report_text/* brief */.dh)(outcome.environmentSource, 120))}`),
        ...entry('Mode', outcome.mode),
        ...entry('Plan digest', outcome.planDigest === null ? null : (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(outcome.planDigest, 200))),
        ...entry('Dry run', rehearsal === null ? null : (0,report_text/* escapeMarkdown */.FV)(rehearsal)),
        ...(0,facts/* healthLines */.mR)(outcome).map((line) => (0,report_text/* escapeMarkdown */.FV)(line)),
        ...outcome.notes.slice(0, limits.list).map((note) => (0,report_text/* prose */.CS)((0,report_text/* brief */.dh)(note, limits.words))),
    ];
    const left = outcome.notes.length - limits.list;
    return (0,report_text/* details */.zH)('Details of this run', (0,parts/* joined */.oR)([lines.map((line) => `- ${line}`).join('\n'), left > 0 ? `… and ${(0,report_text/* number */.ai)(left)} more, in report.json` : '']));
}
function versionWords(outcome) {
    const before = outcome.previousVersion;
    const now = outcome.currentVersion;
    if (before === null && now === null)
        return '';
    const shown = (version) => (version === null ? 'none' : (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(version, 60)));
    return before === now ? shown(now) : `${shown(before)} → ${shown(now)}`;
}
function footer(outcome) {
    const { plan, log } = outcome.artifacts;
    const all = log !== null
        ? (0,parts/* artifactWords */.wz)(log)
        : outcome.artifactName === null
            ? (0,report_text/* code */.aY)('migration-log/')
            : (0,report_text/* code */.aY)((0,report_text/* brief */.dh)(outcome.artifactName, 200));
    return `<sub>${(0,parts/* joined */.oR)([
        `The whole log, report.json and plan.sql: ${all}`,
        plan === null ? '' : `the plan as it was reviewed: ${(0,parts/* artifactWords */.wz)(plan)}`,
        (0,parts/* runLink */.ut)(outcome),
    ], ' · ')}</sub>`;
}

;// CONCATENATED MODULE: ./src/report-folder.ts
/** What a run leaves behind on the disk and with the runner: the folder, outputs, summary and annotations. */








const FILES = ['migration.log', 'report.json', 'plan.sql', 'summary.md'];
class ReportFolder {
    path;
    workspace;
    env;
    log;
    closed = false;
    constructor(workspace, env, path) {
        this.workspace = workspace;
        this.env = env;
        this.path = path;
        this.log = (0,external_node_fs_.openSync)((0,external_node_path_.join)(path, 'migration.log'), 'a');
    }
    /** Makes `migration-log/` in the workspace, empty. A link of that name is removed, never followed. */
    static make(workspace, env) {
        const path = emptyFolder(workspace);
        (0,external_node_fs_.writeFileSync)((0,external_node_path_.join)(path, 'plan.sql'), '-- nothing was planned\n');
        return new ReportFolder(workspace, env, path);
    }
    /** As a run that was killed has left it; anew, where a later step has put something else in its place. */
    static reopen(workspace, env) {
        const path = (0,external_node_path_.join)(workspace, 'migration-log');
        const untouched = isDirectory(path) && (0,external_node_fs_.readdirSync)(path, { withFileTypes: true }).every((entry) => entry.isFile());
        return untouched ? new ReportFolder(workspace, env, path) : ReportFolder.make(workspace, env);
    }
    /** What is there to be uploaded: absolute paths. */
    files() {
        return FILES.map((name) => (0,external_node_path_.join)(this.path, name)).filter((path) => (0,external_node_fs_.existsSync)(path));
    }
    /** A line of the log, on disk when it returns. */
    logLine(line) {
        // A cancelled run may still be waiting for a server that does not answer, and hear from it now.
        if (!this.closed)
            (0,external_node_fs_.writeSync)(this.log, `${line}\n`);
    }
    /**
     * The report of a redacted outcome, as it is now: may be written again, the last one counts. `ifKilled`: what the
     * runner is told meanwhile, and the post step finds, should nothing more be heard of this run.
     */
    write(outcome, ifKilled = outcome) {
        const paths = { logPath: (0,external_node_path_.join)(this.path, 'migration.log'), reportPath: (0,external_node_path_.join)(this.path, 'report.json') };
        writeWhole(paths.reportPath, `${JSON.stringify((0,json/* renderReport */.B1)(outcome, (0,json/* renderOutputs */.$Z)(outcome, paths)), null, 1)}\n`);
        const summary = renderSummary(outcome);
        writeWhole((0,external_node_path_.join)(this.path, 'summary.md'), summary);
        for (const [name, value] of Object.entries((0,json/* renderOutputs */.$Z)(ifKilled, paths)))
            (0,commands/* setOutput */.uH)(this.env, name, value);
        (0,commands/* writeSummary */.Sy)(this.env, ifKilled === outcome ? summary : renderSummary(ifKilled));
    }
    writePlan(pieces, redact) {
        const file = (0,external_node_fs_.openSync)((0,external_node_path_.join)(this.path, 'plan.sql'), 'w');
        try {
            for (const piece of wholeStatements(pieces))
                (0,external_node_fs_.writeSync)(file, redact(piece));
        }
        finally {
            (0,external_node_fs_.closeSync)(file);
        }
    }
    /** report.json as it stands. */
    reportText() {
        return (0,external_node_fs_.readFileSync)((0,external_node_path_.join)(this.path, 'report.json'), 'utf8');
    }
    close() {
        this.closed = true;
        (0,external_node_fs_.closeSync)(this.log);
    }
    /** Only where a runner reads them. `workingDirectory`: what the outcome's file names are relative to. */
    annotate(outcome, workingDirectory, write) {
        const prefix = (0,external_node_path_.relative)(this.workspace, workingDirectory).split(external_node_path_.sep).join('/');
        for (const { level, file, line, column, title, message } of annotations(outcome, prefix)) {
            (0,commands/* issueCommand */.Lb)(write, level, {
                ...(file === null ? {} : { file }),
                ...(line === null ? {} : { line }),
                ...(column === null ? {} : { col: column }),
                title,
            }, message);
        }
    }
}
/** Returns what keeps, each time anew. Where nobody reads it (no runner), nothing is kept. */
function keeper(env) {
    const path = (0,external_node_path_.join)(env.RUNNER_TEMP || (0,external_node_os_.tmpdir)(), `migration-gate-${(0,external_node_crypto_.randomUUID)()}.json`);
    let said = false;
    return (kept) => {
        if (!env.GITHUB_STATE)
            return;
        writeWhole(path, JSON.stringify(kept), 0o600);
        if (!said)
            (0,commands/* saveState */.LZ)(env, 'kept', path);
        said = true;
    };
}
/** Whole or as it was: a kill in the middle of it must not leave half of it. */
function writeWhole(path, text, mode = 0o666) {
    (0,external_node_fs_.writeFileSync)(`${path}.new`, text, { mode });
    (0,external_node_fs_.renameSync)(`${path}.new`, path);
}
/** `none`: the run died before it had anything to keep. `lost`: it had, and somebody has taken it away since. */
function readKept(env) {
    const path = (0,commands/* getState */.Gu)(env, 'kept');
    if (path === null)
        return 'none';
    return (0,external_node_fs_.existsSync)(path) ? JSON.parse((0,external_node_fs_.readFileSync)(path, 'utf8')) : 'lost';
}
function emptyFolder(workspace) {
    const path = (0,external_node_path_.join)(workspace, 'migration-log');
    if (!isDirectory(path))
        (0,external_node_fs_.rmSync)(path, { force: true });
    (0,external_node_fs_.mkdirSync)(path, { recursive: true });
    for (const entry of (0,external_node_fs_.readdirSync)(path))
        (0,external_node_fs_.rmSync)((0,external_node_path_.join)(path, entry), { recursive: true, force: true });
    return path;
}
function isDirectory(path) {
    return (0,external_node_fs_.lstatSync)(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
/** Longer than this a text without the end of a statement is not held back. */
const HELD_CHARACTERS = 1 << 20;
/** Text in pieces that end with a statement, or at least a line, so that what is redacted is never cut in two. */
function* wholeStatements(pieces) {
    let held = '';
    for (const piece of pieces) {
        // Looked for in what is new alone: what is held may be long, and come in many pieces.
        const statement = piece.lastIndexOf(';\n') + 2;
        const isLong = held.length + piece.length >= HELD_CHARACTERS;
        const end = statement === 1 && isLong ? piece.lastIndexOf('\n') + 1 : statement;
        if (end <= 1) {
            held += piece;
            continue;
        }
        yield held + piece.slice(0, end);
        held = piece.slice(end);
    }
    if (held !== '')
        yield held;
}


/***/ }),

/***/ 1036:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   F: () => (/* binding */ exitCodeOf)
/* harmony export */ });
function exitCodeOf(result, state, why) {
    switch (result) {
        case 'dry-run-passed':
        case 'up-to-date':
        case 'verified':
        case 'applied':
        case 'rolled-back':
        case 'baselined':
        case 'repaired':
            return 0;
        case 'reported':
            return why.alarm ? 3 : 0;
        case 'dry-run-inconclusive':
            return 3;
        case 'refused':
            return why.lockHeld ? 5 : somethingCommitted(state) ? 7 : 3;
        case 'cancelled':
            return state === 'unchanged' ? 6 : 7;
        case 'failed':
            return failedCode(state, why);
    }
}
function failedCode(state, why) {
    switch (state) {
        case 'unchanged':
            return why.badInput ? 2 : 1;
        case 'migrated':
            return 4;
        // A roll back that went through and could not be verified: like `migrated`, done and not proved.
        case 'rolled-back':
            return 4;
        case 'partially-migrated':
        case 'unknown':
            return 7;
    }
}
function somethingCommitted(state) {
    return state !== 'unchanged';
}


/***/ }),

/***/ 1349:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Bv: () => (/* binding */ blocks),
/* harmony export */   Cq: () => (/* binding */ needsHands),
/* harmony export */   Ez: () => (/* binding */ locksHeld),
/* harmony export */   Fk: () => (/* binding */ notRehearsed),
/* harmony export */   LH: () => (/* binding */ serverLines),
/* harmony export */   Pl: () => (/* binding */ headline),
/* harmony export */   Pp: () => (/* binding */ diffLines),
/* harmony export */   Pr: () => (/* binding */ meaningOf),
/* harmony export */   QV: () => (/* binding */ isSaid),
/* harmony export */   Qj: () => (/* binding */ statementsWords),
/* harmony export */   RO: () => (/* binding */ rowsOf),
/* harmony export */   Sb: () => (/* binding */ byKind),
/* harmony export */   Ss: () => (/* binding */ sizesByRelation),
/* harmony export */   Vu: () => (/* binding */ predictionWords),
/* harmony export */   W7: () => (/* binding */ isTheFailure),
/* harmony export */   Xu: () => (/* binding */ stateWords),
/* harmony export */   Y5: () => (/* binding */ happened),
/* harmony export */   _l: () => (/* binding */ stageWords),
/* harmony export */   aI: () => (/* binding */ warningsToShow),
/* harmony export */   b2: () => (/* binding */ diffWords),
/* harmony export */   eI: () => (/* binding */ backupWords),
/* harmony export */   ed: () => (/* binding */ waysBack),
/* harmony export */   fp: () => (/* binding */ strongestLock),
/* harmony export */   gn: () => (/* binding */ coverageWords),
/* harmony export */   hD: () => (/* binding */ locationOf),
/* harmony export */   hK: () => (/* binding */ rehearsalWords),
/* harmony export */   ik: () => (/* binding */ place),
/* harmony export */   jU: () => (/* binding */ lockWords),
/* harmony export */   mA: () => (/* binding */ migrationsToShow),
/* harmony export */   mR: () => (/* binding */ healthLines),
/* harmony export */   pF: () => (/* binding */ recoverySettings),
/* harmony export */   pG: () => (/* binding */ sizeWords),
/* harmony export */   pY: () => (/* binding */ sortedHazards),
/* harmony export */   sk: () => (/* binding */ nextStep),
/* harmony export */   w4: () => (/* binding */ rerunCommand),
/* harmony export */   yY: () => (/* binding */ wayBackOfTool)
/* harmony export */ });
/* harmony import */ var _json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(2794);
/* harmony import */ var _outcome_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(5066);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5655);
/** What both reports, markdown and plain, say of an outcome, in plain words. */



/** The report's first line, plain text: what happened, the state of the database, which database and where that came from. */
function headline(outcome) {
    const where = place(outcome);
    return `${happened(outcome)}${where === '' ? '' : ` (${where})`}`;
}
/** What happened and the state of the database: two sentences. */
function happened(outcome) {
    return `${whatHappened(outcome)} ${stateSentence(outcome)}`;
}
/** The failure's message without what stands beside it anyway: the result's name in front, a listed hazard's own words at the end. */
function essence(message, outcome) {
    const told = outcome.hazards.find((hazard) => hazard.message !== '' && message.endsWith(hazard.message));
    const start = 'the dry run is inconclusive: ';
    return message
        .slice(outcome.result === 'dry-run-inconclusive' && message.startsWith(start) ? start.length : 0, told === undefined || told.message.length === message.length ? undefined : -told.message.length)
        .replace(/[,:]\s*$/, '');
}
/** Whether the failure's message stands in the first line, and among the hazards, already. */
function isSaid(outcome, message) {
    return happened(outcome).includes((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(essence(message, outcome), 400).replace(/[.!?…]$/, ''));
}
/** Whether somebody must look at the database itself: it is not what it was, and not proved to be what it should be. */
function needsHands(outcome) {
    return outcome.exitCode !== 0 && outcome.databaseState !== 'unchanged';
}
function whatHappened(outcome) {
    switch (outcome.result) {
        case 'dry-run-passed':
            return `Dry run passed: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rehearsed(outcome), 'migration')} rehearsed and rolled back.`;
        case 'up-to-date':
            return `Up to date: nothing to apply${atVersion(outcome)}.`;
        case 'verified':
            return `Verified: every check passed${atVersion(outcome)}.`;
        case 'reported':
            return `Status: ${outcome.exitCode === 0 ? '' : 'records to settle, '}${outcome.pending.length === 0 ? 'nothing pending' : `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(outcome.pending.length)} pending`}${atVersion(outcome)}.`;
        case 'applied':
            return `Applied: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(outcome.applied.length, 'migration')}.`;
        case 'rolled-back':
            return `Rolled back: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(count(outcome, 'rolled-back'), 'migration')}.`;
        case 'baselined':
            return `Baselined: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(outcome.applied.length, 'migration')} recorded as applied, none run.`;
        case 'repaired':
            return 'Repaired: no record is interrupted or failed any more.';
        case 'failed':
            return failedHow(outcome);
        case 'refused':
            return `Refused${outcome.error === null ? '.' : `: ${sentence(essence(outcome.error.message, outcome))}`}`;
        case 'dry-run-inconclusive':
            return `Dry run inconclusive${outcome.error === null ? '.' : `: ${sentence(essence(outcome.error.message, outcome))}`}`;
        case 'cancelled':
            return `Cancelled${inStage(outcome, 'cancelled')}.`;
    }
}
function failedHow(outcome) {
    if (outcome.problems.length > 0)
        return `Failed: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(outcome.problems.length, 'input is', 'inputs are')} wrong.`;
    const place = failurePlace(outcome);
    const stage = inStage(outcome, 'failed');
    if (place !== '')
        return `Failed${stage}: ${place}.`;
    return outcome.error === null ? `Failed${stage}.` : `Failed${stage}: ${sentence(outcome.error.message)}`;
}
/** `0007_add_total.sql line 3`, or nothing. */
function failurePlace(outcome) {
    const { error } = outcome;
    if (error === null || error.file === null)
        return '';
    const name = (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(error.file.split('/').at(-1) ?? error.file, 120);
    return error.line === null ? name : `${name} line ${error.line}`;
}
const STAGE_WORDS = {
    inspect: 'inspect',
    plan: 'plan',
    'dry-run': 'dry run',
    review: 'review',
    backup: 'backup',
    apply: 'apply',
    rollback: 'rollback',
    record: 'record',
    verify: 'verify',
};
function stageWords(stage) {
    return STAGE_WORDS[stage];
}
function inStage(outcome, status) {
    const stage = outcome.stages.find((item) => item.status === status)?.stage;
    if (stage === undefined)
        return '';
    const words = {
        inspect: ' while looking at the database',
        plan: ' while planning',
        backup: ' while setting the backup marker',
        apply: ' while applying',
        rollback: ' while rolling back',
        record: ' while writing the record',
        verify: ' in the verification',
    };
    return words[stage] ?? ` in the ${STAGE_WORDS[stage]}`;
}
function stateSentence(outcome) {
    const total = outcome.migrations.length;
    switch (outcome.databaseState) {
        case 'unchanged':
            return 'The database is unchanged.';
        case 'migrated':
            return outcome.result === 'applied' || wasVerified(outcome)
                ? 'The database is migrated and verified.'
                : 'The database is migrated, not verified.';
        case 'partially-migrated':
            return `The database is partially migrated${total === 0 ? '' : `: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(outcome.applied.length)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(total, 'migration')} applied completely`}.`;
        case 'rolled-back':
            return 'The database is rolled back.';
        case 'unknown':
            return 'The state of the database is unknown: it could not be read back.';
    }
}
/** Cancelled when everything was over. */
function wasVerified({ result, stages }) {
    return result === 'cancelled' && stages.some(({ stage, status }) => stage === 'verify' && status === 'passed');
}
function stateWords(state) {
    return state.replaceAll('-', ' ');
}
/** `app on db.example.com, production, from input database-url`; empty where nothing is known. */
function place(outcome) {
    const { server } = outcome;
    const parts = [
        server === null ? '' : `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(server.database, 63)} on ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(server.host, 120)}`,
        outcome.environment ?? '',
        server === null ? '' : `from ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(server.source, 80)}`,
    ].filter((part) => part !== '');
    return parts.join(', ');
}
function atVersion(outcome) {
    return outcome.currentVersion === null ? '' : `, at version ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(outcome.currentVersion, 60)}`;
}
function sentence(message) {
    const text = (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(message, 160);
    return /[.!?…]$/.test(text) ? text : `${text}.`;
}
function rehearsed(outcome) {
    return count(outcome, 'rehearsed') || outcome.pending.length;
}
function count(outcome, status) {
    return outcome.migrations.filter((migration) => migration.status === status).length;
}
/** The next action: the failure's, or what a good result leads to; null where nothing is to be done. */
function nextStep(outcome) {
    if (outcome.error !== null)
        return outcome.error.next;
    switch (outcome.result) {
        case 'reported':
            return outcome.exitCode === 0
                ? null
                : 'Settle the records that the warnings name, then run `mode: status` again.';
        case 'dry-run-passed':
            if (outcome.mode === 'apply')
                return 'It is applied after the pause; cancel this run to stop it: nothing is changed yet.';
            return outcome.planDigest === null
                ? 'Run with `mode: apply`.'
                : `Run with \`mode: apply\` and \`plan-digest: ${outcome.planDigest}\` to apply exactly this plan.`;
        case 'failed':
            return outcome.problems.length > 0
                ? 'Correct these inputs, then run again.'
                : 'Read the log in `migration-log/migration.log`, correct the cause, then run again.';
        case 'refused':
        case 'dry-run-inconclusive':
            return 'Read the reasons below, settle them, then run again.';
        case 'cancelled':
            return outcome.databaseState === 'unchanged'
                ? 'Run again when you are ready.'
                : 'Run with `mode: status` to see what is applied, then run `apply` again: what is applied is not applied twice.';
        default:
            return null;
    }
}
/** The strongest lock on a relation that others could be using; of equal ones, that on the largest. Null: none. */
function strongestLock(migration, sizes) {
    let best = null;
    let bestRank = -1;
    for (const statement of migration.statements) {
        for (const lock of statement.locks) {
            if (!lock.preexisting)
                continue;
            const size = sizes.get(lock.relation)?.bytes ?? 0;
            // Strength decides; size, below 1, settles between equals.
            const rank = _outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(lock.mode) + size / (size + 1024 * 1024);
            if (best === null || rank > bestRank) {
                best = lock;
                bestRank = rank;
            }
        }
    }
    return best;
}
/** `AccessExclusiveLock` -> `ACCESS EXCLUSIVE`, as PostgreSQL's manual writes it. */
function lockWords(mode) {
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(mode, 60)
        .replace(/Lock$/, '')
        .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toUpperCase();
}
function sizesByRelation(outcome) {
    return new Map(outcome.sizes.map((size) => [size.relation, size]));
}
/** `1.2 GB, about 3,400,000 rows` */
function sizeWords(size) {
    const rows = size.rows === null || size.rows < 0 ? '' : `, about ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(size.rows, 'row')}`;
    return `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(size.bytes)}${rows}`;
}
/** `5`, or `4 of 5` where some were not executed as written; null where nothing is known of them. */
function statementsWords(migration) {
    if (migration.statements.length === 0)
        return null;
    let total = 0;
    let executed = 0;
    for (const statement of migration.statements) {
        total += statement.count;
        if (statement.executed)
            executed += statement.count;
    }
    return executed === total ? (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(total) : `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(executed)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(total)}`;
}
function rowsOf(migration) {
    let rows = null;
    for (const statement of migration.statements)
        if (statement.rows !== null)
            rows = (rows ?? 0) + statement.rows;
    return rows;
}
/** The migrations to show when there are more than `limit`: those that failed, then from the front; kept in their order. */
function migrationsToShow(outcome, limit) {
    const all = outcome.migrations;
    if (all.length <= limit)
        return all;
    const chosen = new Set();
    const take = (from, wanted) => {
        for (let index = from; index < all.length && chosen.size < limit; index += 1) {
            const migration = all[index];
            if (migration !== undefined && wanted(migration))
                chosen.add(index);
        }
    };
    take(0, (migration) => migration.status === 'failed');
    take(0, () => true);
    return [...chosen].sort((a, b) => a - b).flatMap((index) => all[index] ?? []);
}
/** `12 of 15 statements executed in the dry run`; null where none was made. */
function coverageWords(outcome) {
    const { statements, executed } = outcome.coverage;
    if (statements === 0 || !cameTo(outcome, 'dry-run'))
        return null;
    return executed === statements
        ? `Coverage: all ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(statements, 'statement')} executed in the dry run.`
        : `Coverage: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(executed)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(statements, 'statement')} executed in the dry run.`;
}
function cameTo(outcome, stage) {
    return outcome.stages.some((item) => item.stage === stage && item.status !== 'skipped');
}
/** The proof that the rehearsal left nothing. */
function rehearsalWords(outcome) {
    const { rehearsal } = outcome;
    if (rehearsal === null)
        return null;
    const on = rehearsal.on === 'target' ? 'the target' : 'the copy';
    const again = rehearsal.attempts > 1 ? `, at attempt ${rehearsal.attempts}` : '';
    const [sequence, ...sequences] = rehearsal.sequencesAdvanced;
    const left = [
        rehearsal.walBytes === null ? '' : `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(rehearsal.walBytes)} of WAL`,
        rehearsal.deadTuples === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rehearsal.deadTuples, 'dead row'),
        sequence === undefined
            ? ''
            : `numbers taken from ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(sequence, 140)}${sequences.length > 0 ? ` and ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(sequences.length, 'other sequence')}` : ''}`,
    ].filter((part) => part !== '');
    const cost = left.length === 0 ? '' : ` It left behind: ${left.join(', ')}.`;
    return `Rehearsed on ${on}${again} in transaction ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(rehearsal.xid, 40)}, of which the server says: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(rehearsal.status, 40)}.${cost}`;
}
function predictionWords(outcome) {
    if (outcome.predictedEqualsActual === true)
        return 'The schema is now exactly what the dry run predicted.';
    if (outcome.predictedEqualsActual === false)
        return 'The schema is NOT what the dry run predicted.';
    return outcome.databaseState === 'migrated'
        ? 'The schema could not be compared with the prediction in full: part of it could not be rehearsed.'
        : null;
}
const KIND_PLURALS = {
    index: 'indexes',
    policy: 'policies',
    statistics: 'statistics',
    other: 'other objects',
};
/** `3 tables added, 1 column changed`, in the order table, column, ... as they come. */
function diffWords(changes) {
    const counts = new Map();
    for (const change of changes) {
        const key = `${change.kind} ${change.change}`;
        const entry = counts.get(key);
        if (entry)
            entry.count += 1;
        else
            counts.set(key, { change, count: 1 });
    }
    return [...counts.values()]
        .map(({ change, count: many }) => {
        const one = change.kind === 'other' ? 'other object' : change.kind.replace('-', ' ');
        return `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(many, one, KIND_PLURALS[change.kind] ?? `${one}s`)} ${change.change}`;
    })
        .join(', ');
}
/** The changes of one kind together, kinds in the order in which they first come. */
function byKind(changes) {
    const groups = new Map();
    for (const change of changes) {
        const group = groups.get(change.kind);
        if (group)
            group.push(change);
        else
            groups.set(change.kind, [change]);
    }
    return [...groups.values()].flat();
}
/** Lines of a `diff`: `+` added, `-` removed, `!` changed with what it was and what it is. Each line is cut at `width`. */
function diffLines(change, width) {
    const mark = change.change === 'added' ? '+' : change.change === 'removed' ? '-' : '!';
    const head = `${mark} ${change.kind} ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(change.name, width)}`;
    if (change.change !== 'changed') {
        const definition = change.change === 'added' ? change.after : change.before;
        return [definition === null ? head : `${head}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(definition, width)}`];
    }
    return [
        head,
        ...(change.before === null ? [] : [`-     ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(change.before, width)}`]),
        ...(change.after === null ? [] : [`+     ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(change.after, width)}`]),
    ];
}
/** The way back of what somebody else's tool has applied, in a sentence; null: there are files for it, or there is nothing. */
function wayBackOfTool({ engine, applied, previousVersion }) {
    if (applied.length === 0 || engine === 'sql' || engine === null)
        return null;
    if (engine === 'command')
        return "the tool's own way back (its down or rollback command), or a new migration that undoes it";
    const single = previousVersion === null || /^\w+$/.test(previousVersion);
    return single
        ? `\`alembic downgrade ${previousVersion ?? 'base'}\`, which this run has not rehearsed, or a new revision that undoes it`
        : 'a new revision that undoes it';
}
/** For what this run applied, newest first: the way back of each. */
function waysBack(outcome) {
    if (wayBackOfTool(outcome) !== null)
        return [];
    return [...outcome.applied].reverse().map((migration) => {
        const key = prefixOf(migration.file);
        return {
            file: migration.file,
            down: outcome.downFiles.find((down) => key !== null && prefixOf(down) === key) ?? null,
        };
    });
}
function prefixOf(file) {
    const digits = /^\d+/.exec(file.split('/').at(-1) ?? '')?.[0];
    return digits === undefined ? null : digits.replace(/^0+(?=\d)/, '');
}
/** Settings of a point-in-time recovery to just before this run; null: no marker was taken. */
function recoverySettings(outcome) {
    const { backup } = outcome;
    if (backup === null)
        return null;
    const quoted = (text) => `'${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(text, 200).replaceAll("'", "''")}'`;
    return backup.name === null
        ? `recovery_target_lsn = ${quoted(backup.lsn)}`
        : `recovery_target_name = ${quoted(backup.name)}`;
}
function backupWords(outcome) {
    const { backup } = outcome;
    if (backup === null)
        return null;
    const what = backup.name === null ? 'WAL position' : `Restore point ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(backup.name, 120)}, WAL position`;
    return `${what} ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(backup.lsn, 40)}, taken ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(backup.at, 60)} just before apply (snapshot ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(backup.snapshot, 120)}).`;
}
function healthLines(outcome) {
    const { health } = outcome;
    if (health === null)
        return [];
    return [
        `Connections: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(health.connections)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(health.maxConnections)}`,
        `Database size: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(health.databaseBytes)}`,
        `Locks waited for: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(health.waitingLocks)}`,
        `Standbys: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(health.standbys)}`,
        ...health.longTransactions
            .slice(0, 10)
            .map((item) => `Open for ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .duration */ .p0)(item.seconds * 1000)}: pid ${item.pid}, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(item.application, 64) || 'no application name'}`),
        ...(health.longTransactions.length > 10
            ? [`${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(health.longTransactions.length - 10)} more long transactions, in report.json`]
            : []),
    ];
}
/** The server's own lines, as psql shows them. */
function serverLines(outcome, max) {
    const { error } = outcome;
    if (error === null)
        return [];
    const lines = [`ERROR${error.sqlstate === null ? '' : ` ${error.sqlstate}`}: ${short(error.message, max)}`];
    if (error.detail !== null)
        lines.push(`DETAIL: ${short(error.detail, max)}`);
    if (error.hint !== null)
        lines.push(`HINT: ${short(error.hint, max)}`);
    if (error.where !== null)
        lines.push(`CONTEXT: ${short(error.where, max)}`);
    return lines;
}
function short(text, max) {
    return text.length <= max
        ? text
        : `${text.slice(0, max).replace(/[\ud800-\udbff]$/, '')}… (${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(text.length)} in all)`;
}
/** `migrations/0007_add_total.sql:3:15`; null where the failure is at no file. */
function locationOf(outcome) {
    const { error } = outcome;
    if (error === null || error.file === null)
        return null;
    return [(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(error.file, 300), error.line, error.line === null ? null : error.column]
        .filter((part) => part !== null)
        .join(':');
}
/** Worst first, without the statement that is the failure itself: that is told at length already. */
function sortedHazards(outcome) {
    return (0,_json_js__WEBPACK_IMPORTED_MODULE_0__/* .worstFirst */ .md)(outcome.hazards).filter((hazard) => !isTheFailure(hazard, outcome.error));
}
/** A statement that failed is a hazard too; it is told once. */
function isTheFailure(hazard, error) {
    return error !== null && hazard.effects.includes('fails') && hazard.file === error.file && hazard.line === error.line;
}
/** Without what the failure itself says already. */
function warningsToShow(outcome) {
    const said = outcome.error?.message ?? null;
    return outcome.warnings.filter((warning) => said === null || warning === '' || !said.startsWith(warning));
}
/**
 * The catalogue's sentence for the class, where it adds anything: what the gate itself stopped for says in its message what is
 * the matter, and the class is only the nearest one.
 */
function meaningOf(error) {
    const own = [
        'input',
        'lock-timeout',
        'deadlock',
        'checksum',
        'order',
        'not-in-transaction',
        'resources',
        'verification',
        'cancelled',
        'internal',
    ];
    return error.sqlstate === null && own.includes(error.class) ? null : error.meaning;
}
/** The blocking locks, one for each relation: the strongest, of equals the longest; the worst first. */
function locksHeld(outcome, sizes) {
    const worst = new Map();
    for (const migration of outcome.migrations) {
        for (const held of locksOf(migration)) {
            const before = worst.get(held.relation);
            if (before === undefined || compareLocks(held, before, sizes) < 0)
                worst.set(held.relation, held);
        }
    }
    return [...worst.values()].sort((a, b) => compareLocks(a, b, sizes));
}
/** Locks of a transaction last until its end; outside of one, as long as the statement. */
function locksOf(migration) {
    const held = [];
    // From the end, so that what is left of the transaction is known.
    let rest = 0;
    for (const statement of [...migration.statements].reverse()) {
        rest = migration.transactional ? rest + (statement.ms ?? 0) : (statement.ms ?? 0);
        for (const { relation, mode, preexisting } of statement.locks) {
            if (!preexisting || blocks(mode) === null)
                continue;
            held.push({ relation, mode, ms: statement.ms === null ? null : rest, migration, line: statement.line });
        }
    }
    return held;
}
function compareLocks(a, b, sizes) {
    const bytesOf = (held) => sizes.get(held.relation)?.bytes ?? 0;
    return (_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(b.mode) - _outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(a.mode) || (b.ms ?? 0) - (a.ms ?? 0) || bytesOf(b) - bytesOf(a));
}
/** What others cannot do while the lock is held; null: they read and write all the while. */
function blocks(mode) {
    if (mode === 'AccessExclusiveLock')
        return 'reads and writes';
    return _outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf(mode) >= _outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .LOCK_MODES */ .bx.indexOf('ShareLock') ? 'writes' : null;
}
/** The statements that were not sent as written, with the reason. (Those that a failure kept from being sent have none.) */
function notRehearsed(outcome) {
    return outcome.migrations.flatMap((migration) => migration.statements.flatMap((statement) => statement.executed || statement.reason === null ? [] : [{ migration, statement, reason: statement.reason }]));
}
/** `gh run rerun ...`, where the same files may go through the next time and the run is one of GitHub's; else null. */
function rerunCommand(outcome) {
    const { runId, repository } = outcome.run;
    const worth = [
        'connection',
        'tls',
        'authentication',
        'permission',
        'disk-full',
        'lock-timeout',
        'deadlock',
        'resources',
        'cancelled',
    ];
    if (outcome.exitCode === 0 ||
        !(outcome.error === null ? outcome.result === 'cancelled' : worth.includes(outcome.error.class)))
        return null;
    if (runId === null || !/^\d{1,20}$/.test(runId))
        return null;
    if (repository === null || !/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository))
        return null;
    return `gh run rerun ${runId} --repo ${repository}`;
}


/***/ }),

/***/ 3304:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   XE: () => (/* binding */ classifyFailure),
/* harmony export */   iQ: () => (/* binding */ failureOfClass),
/* harmony export */   zU: () => (/* binding */ excerptOf)
/* harmony export */ });
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5655);

const AGAIN = 'then run again';
/** What a class means where nothing more particular is known. Also for failures that the gate itself finds (checksum, order, ...). */
const CLASSES = {
    input: { meaning: 'What the run was given cannot be used.', next: `Correct what is named above, ${AGAIN}.` },
    connection: {
        meaning: 'The connection to the server could not be made or was lost.',
        next: `Check that the server is up with \`pg_isready\`, ${AGAIN}.`,
    },
    tls: {
        meaning: 'The encrypted connection could not be made.',
        next: `Set the input \`ssl-root-cert\` to the certificate of the authority that signed the server's, ${AGAIN}.`,
    },
    authentication: {
        meaning: 'The server did not accept the user or the password.',
        next: `Correct the user and the password in the secret that holds the database URL, ${AGAIN}.`,
    },
    permission: {
        meaning: 'The role that the run connects as lacks a right.',
        next: `Run as the owner of the object, or let the owner grant the right to this role, ${AGAIN}.`,
    },
    'disk-full': {
        meaning: "The server's disk is full: nothing that writes will work until there is room.",
        next: `Enlarge the server's storage or free space on it, ${AGAIN}.`,
    },
    'lock-timeout': {
        meaning: 'Another session held a lock for longer than `lock-timeout`; the statement gave up so as not to queue everybody behind it.',
        next: "End the transaction that holds it, or wait for it: `SELECT pid, application_name, now() - xact_start AS open_for, query FROM pg_stat_activity WHERE xact_start < now() - interval '10 seconds'`; then run again.",
    },
    deadlock: {
        meaning: 'This run and another session each held what the other waited for; the server ended this one.',
        next: 'Run again; if it comes back, run at a quieter time or stop the job that locks the same tables.',
    },
    'statement-timeout': {
        meaning: 'A statement ran for longer than it may.',
        next: `Raise \`statement-timeout\` for this run, or do the work in smaller steps, ${AGAIN}.`,
    },
    syntax: {
        meaning: 'The server cannot read the statement as SQL.',
        next: `Correct the statement at the place shown, ${AGAIN}.`,
    },
    'missing-object': {
        meaning: 'The statement names something that is not in the database at this point.',
        next: `Correct the name, or put the migration that creates it before this one, ${AGAIN}.`,
    },
    'duplicate-object': {
        meaning: 'The statement creates something that is there already: a migration was run by hand, or two files create the same thing.',
        next: 'Compare what is there with the file; if it was made by hand, drop it or take the statement out of the file, then run again.',
    },
    constraint: {
        meaning: 'Rows that are there already, or that the migration writes, break a constraint.',
        next: `Correct the rows in a migration that comes before this one, ${AGAIN}.`,
    },
    checksum: {
        meaning: 'A migration that was applied has been edited since: what the file says is not what the database got.',
        next: 'Restore the file as it was applied (`git log -- <file>`) and put the change into a new migration.',
    },
    order: {
        meaning: 'A pending migration comes before one that is applied already.',
        next: 'Give the file a number after the last applied one, or set `allow-out-of-order: true` where the order does not matter.',
    },
    'not-in-transaction': {
        meaning: 'The statement cannot run inside a transaction block.',
        next: 'Put the statement into a migration of its own whose first line is `-- gate: no-transaction`.',
    },
    resources: {
        meaning: 'The server has run out of something that all its sessions share.',
        next: 'Run again when the server is less busy.',
    },
    tool: {
        meaning: 'The migration tool ended with an error, or what is kept in the database about migrations is not as it must be.',
        next: "Read the tool's own output above, correct what it names, then run again.",
    },
    verification: {
        meaning: 'What the database holds after the run is not what it should hold.',
        next: 'Do not deploy. Look at the failed checks in the report, correct them with a new migration, then run `verify`.',
    },
    cancelled: {
        meaning: 'The run was cancelled.',
        next: 'Run again when you are ready; what is already applied is not applied twice.',
    },
    internal: {
        meaning: 'Something happened that is not in the catalogue of known failures.',
        next: 'Read the message above and the log in `migration-log/migration.log`; if the message does not help, report it with `report.json`.',
    },
};
/** The catalogue's words for a class, for failures that no server sent. */
function failureOfClass(kind) {
    return { class: kind, ...CLASSES[kind] };
}
function entry(kind, meaning, next) {
    return { class: kind, meaning, next: next ?? CLASSES[kind].next };
}
function hostOf(context) {
    return context.host ? `\`${named(context.host)}\`` : 'the server';
}
function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
}
/** A name from the server, fit to stand between the backticks of our own sentence. */
function named(name) {
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .brief */ .dh)(name, 128).replaceAll('`', "'");
}
function ofTable(raw) {
    if (!raw.table)
        return '';
    return ` of \`${named(raw.schema && raw.schema !== 'public' ? `${raw.schema}.${raw.table}` : raw.table)}\``;
}
function ofConstraint(raw) {
    return raw.constraint ? ` \`${named(raw.constraint)}\`` : '';
}
const unreachable = (_raw, context) => entry('connection', `There is no network route to ${hostOf(context)}. Usually the name has only an IPv6 address and this machine has only IPv4 (GitHub's hosted runners do).`, "Use the URL of your provider's pooler in session mode, which has an IPv4 address (for Supabase: the session pooler, port 5432).");
const timedOutConnecting = (_raw, context) => entry('connection', `${capital(hostOf(context))} did not answer in time: a firewall or an allow list drops the connection, or the address is wrong.`, "Add the runner's address to the allow list of the database, or run on a runner inside its network; then run again.");
const lostConnection = (_raw, context) => entry('connection', `The connection to ${hostOf(context)} broke off: the server restarted, failed over, or something between dropped it.`, `Check that the server is up with \`pg_isready\`, ${AGAIN}; what was open is rolled back by the server.`);
const untrusted = (_raw, context) => entry('tls', `The certificate of ${hostOf(context)} is not signed by an authority that this machine trusts.`);
const noTls = (_raw, context) => entry('tls', `${capital(hostOf(context))} does not offer encrypted connections, and \`sslmode\` asks for one.`, `Turn on \`ssl\` at the server, or set \`sslmode=disable\` in the URL if the network between is trusted, ${AGAIN}.`);
const tlsRequired = entry('tls', 'The server takes only encrypted connections from here, and this one was not.', `Add \`sslmode=require\` (or \`verify-full\`) to the database URL, ${AGAIN}.`);
const duplicate = (what) => entry('duplicate-object', `${what} of this name is there already: made by hand, or by another migration.`);
const missing = (what) => entry('missing-object', `The statement names ${what} that is not in the database at this point.`);
const idleEnded = entry('connection', 'The server ended our session because it stood still inside a transaction for too long (its idle timeout).', "Run again; if it comes back, raise the role's `idle_in_transaction_session_timeout`.");
/** By SQLSTATE and by Node's error codes: never by text, which the server translates. */
const BY_CODE = {
    // Network
    ECONNREFUSED: (_raw, context) => entry('connection', `${capital(hostOf(context))} refused the connection: nothing listens at this address and port.`, `Check that the server is up and that the port in the URL is right, ${AGAIN}.`),
    ETIMEDOUT: timedOutConnecting,
    ENOTFOUND: (_raw, context) => entry('connection', `The name ${hostOf(context)} cannot be resolved.`, `Correct the host in the database URL, or run on a runner that knows this name, ${AGAIN}.`),
    EAI_AGAIN: (_raw, context) => entry('connection', `The name ${hostOf(context)} could not be resolved just now: the name server did not answer.`, "Run again; if it comes back, check the runner's DNS."),
    ENETUNREACH: unreachable,
    EHOSTUNREACH: unreachable,
    EADDRNOTAVAIL: unreachable,
    EAFNOSUPPORT: unreachable,
    ECONNRESET: lostConnection,
    EPIPE: lostConnection,
    ECONNABORTED: lostConnection,
    ENOENT: (raw, context) => context.phase === 'connect'
        ? entry('connection', 'There is no socket of a server at this path.', `Give the host of the server in the database URL, ${AGAIN}.`)
        : internal(raw),
    // TLS, as Node and OpenSSL name it
    DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
    SELF_SIGNED_CERT_IN_CHAIN: untrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
    UNABLE_TO_GET_ISSUER_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
    CERT_UNTRUSTED: untrusted,
    CERT_HAS_EXPIRED: (_raw, context) => entry('tls', `The certificate of ${hostOf(context)} has expired.`, `Renew the server's certificate (and that of its authority, if it is the one), ${AGAIN}.`),
    CERT_NOT_YET_VALID: (_raw, context) => entry('tls', `The certificate of ${hostOf(context)} is not valid yet: a clock is wrong.`, `Correct the clock of the runner or of the server, ${AGAIN}.`),
    CERT_REVOKED: (_raw, context) => entry('tls', `The certificate of ${hostOf(context)} was revoked.`, `Give the server a new certificate, ${AGAIN}.`),
    CHANNEL_BINDING: (_raw, context) => entry('tls', `${capital(hostOf(context))} did not prove, on this connection, that it knows the password: it is another server, something between ends the encryption, or the password is not kept as SCRAM there.`, `Connect to the server itself, or take \`channel_binding=require\` out of the URL if something trusted stands between, ${AGAIN}.`),
    ERR_TLS_CERT_ALTNAME_INVALID: (_raw, context) => entry('tls', `The certificate of the server is for another name than ${hostOf(context)}.`, `Put the name that the certificate carries into the database URL, or set \`sslmode=verify-ca\` if the name cannot match, ${AGAIN}.`),
    // Class 08, 57: connection
    '08001': lostConnection,
    '08003': lostConnection,
    '08006': lostConnection,
    '08004': (_raw, context) => entry('connection', `${capital(hostOf(context))} turned the connection away.`, `Read the server's message above and correct the database URL, ${AGAIN}.`),
    '08P01': (_raw, context) => context.phase === 'connect'
        ? entry('connection', 'What answered does not accept the settings that this session needs: usually a transaction pooler.', 'Use the direct URL of the database, or the session mode of the pooler.')
        : entry('connection', 'The server and this run lost track of each other on the wire.', 'Run again.'),
    '57P01': lostConnection,
    '57P02': lostConnection,
    '57P03': (_raw, context) => entry('connection', `${capital(hostOf(context))} is starting, stopping or recovering and takes no connections yet.`, `Wait until \`pg_isready\` says that it accepts connections, ${AGAIN}.`),
    '57P04': entry('connection', 'The database was dropped while this run was connected to it.', 'Find out who dropped it before anything else; restore it from the backup.'),
    '57P05': idleEnded,
    '25P03': idleEnded,
    '25P04': entry('statement-timeout', "The transaction was open for longer than the server's `transaction_timeout` allows."),
    // Authentication
    '28P01': entry('authentication', 'The server did not accept the password for this user.'),
    '28000': (raw) => 
    // The code is the same for both, and only the text tells them apart.
    /no encryption|SSL off/.test(raw.message)
        ? tlsRequired
        : entry('authentication', 'The server does not let this user in from here (`pg_hba.conf`), or there is no such user.', `Correct the user in the database URL, or add a line for it to \`pg_hba.conf\`, ${AGAIN}.`),
    '3D000': (_raw, context) => context.phase === 'connect'
        ? entry('connection', `There is no database of this name at ${hostOf(context)}.`, `Correct the database name at the end of the URL, or create the database, ${AGAIN}.`)
        : missing('a database'),
    // Rights
    '42501': (_raw, context) => context.phase === 'connect'
        ? entry('permission', 'The user may not connect to this database.', `Let the owner run \`GRANT CONNECT ON DATABASE ... TO ...\`, ${AGAIN}.`)
        : failureOfClass('permission'),
    '25006': (_raw, context) => context.phase === 'verify'
        ? entry('verification', 'A check tried to write: smoke tests run read-only.', `Take the statement that writes out of the smoke test, ${AGAIN}.`)
        : entry('permission', 'The session is read-only: this is a standby, or the role or the database is set to read only.', 'Use the URL of the primary (`SELECT pg_is_in_recovery()` says `f` there), or lift `default_transaction_read_only`; then run again.'),
    // Resources
    '53000': failureOfClass('resources'),
    '53100': failureOfClass('disk-full'),
    '53200': entry('resources', 'The server ran out of memory, or of its shared lock table: one transaction touches too many objects.', 'Split the migration into files that touch fewer objects, or raise `max_locks_per_transaction` and restart the server; then run again.'),
    '53300': entry('resources', 'All the connections that the server allows are in use.', 'Stop what holds them or raise `max_connections` (count them: `SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1`), then run again.'),
    '53400': entry('resources', 'A limit that is configured at the server was reached.', `Raise the limit that the server's message names, ${AGAIN}.`),
    '54000': entry('resources', 'The statement is beyond a limit of the server.', 'Split the statement into smaller ones.'),
    '54001': entry('resources', 'The statement is nested too deeply for the server.', 'Simplify the statement, or raise `max_stack_depth` at the server.'),
    // Locks and conflicts
    '55P03': failureOfClass('lock-timeout'),
    '40P01': failureOfClass('deadlock'),
    '40001': entry('deadlock', 'Another transaction changed the same rows at the same time, and this one had to give way.', 'Run again; if it comes back, run at a quieter time.'),
    '57014': (_raw, context) => context.timedOut === 'statement'
        ? failureOfClass('statement-timeout')
        : entry('statement-timeout', "The statement was cancelled at the server: a statement timeout of the role or the database, or somebody's `pg_cancel_backend`.", `See \`SHOW statement_timeout\` for this role, set the input \`statement-timeout\` to what the work needs, ${AGAIN}.`),
    '55006': entry('resources', 'The object is in use: by another session, or by this transaction itself (rows changed here still have checks pending).', 'If the file changes rows of the table that it then alters, move the change of rows into an earlier file; otherwise end the session that uses it; then run again.'),
    '55000': entry('resources', 'The object is not in the state that the statement needs.', `Read the server's message above, bring the object into that state, ${AGAIN}.`),
    // Transactions
    '25001': failureOfClass('not-in-transaction'),
    '25P01': entry('not-in-transaction', 'The statement needs a transaction block, and the file runs without one.', 'Take `-- gate: no-transaction` out of the file, or put the statement between BEGIN and COMMIT.'),
    '2D000': entry('not-in-transaction', 'Code in the statement (DO, CALL) ends the transaction, which it may not do inside one.', 'Put the statement into a migration of its own whose first line is `-- gate: no-transaction`.'),
    '25P02': entry('internal', 'An earlier statement of this transaction had failed, so the server ignored this one.', 'Look for the first error in the log: that is the cause.'),
    '55P04': entry('not-in-transaction', 'A value that was added to an enum cannot be used before the transaction that added it has committed.', 'Put the statement that uses the new value into a later migration, so that the one that adds it commits first.'),
    '3B001': missing('a savepoint'),
    // Reading the statement
    '42601': failureOfClass('syntax'),
    '42000': failureOfClass('syntax'),
    '42804': entry('syntax', 'The types in the statement do not fit together.', `Add a cast at the place shown (for a column: \`USING column::type\`), ${AGAIN}.`),
    '42P16': entry('syntax', 'The definition of the table contradicts itself.'),
    '42P17': entry('syntax', 'The definition of the object is not possible as written (a function in it may have to be IMMUTABLE).'),
    '42702': entry('syntax', 'A column name in the statement fits more than one table.', `Write the table before the column, ${AGAIN}.`),
    '42803': entry('syntax', 'The grouping of the statement does not fit what it selects.'),
    '42809': entry('syntax', 'The object is of another kind than the statement needs (a view, not a table, or the like).'),
    '42830': entry('constraint', 'The foreign key points at columns that no unique constraint covers.', `Add a primary key or a unique constraint to the columns it points at, ${AGAIN}.`),
    '0A000': entry('syntax', 'This server cannot do this: the version is too old for it, or the combination is not supported.', `Write the statement in another way, as the server's message says, ${AGAIN}.`),
    // Objects
    '42P01': missing('a table or view'),
    '42703': missing('a column'),
    '42883': entry('missing-object', 'The statement calls a function or operator that is not there with these argument types: often an extension is missing.', 'Add `CREATE EXTENSION` or the function to a migration before this one, or correct the argument types; then run again.'),
    '42704': missing('an object (a type, a role, an index, a constraint)'),
    '42P02': missing('a parameter'),
    '3F000': missing('a schema'),
    '58P01': entry('missing-object', 'The server lacks a file that it needs: usually an extension that is not installed on it.', `Install the extension on the server (see \`SELECT name FROM pg_available_extensions\`), ${AGAIN}.`),
    '2BP01': entry('constraint', 'Other objects depend on what the statement drops.', 'Drop the objects that the detail names first, in the same file; use CASCADE only if all of them may go.'),
    '2BP03': entry('constraint', 'Rights still depend on what the statement drops.', 'Run `REASSIGN OWNED` and `DROP OWNED` first.'),
    '42P07': duplicate('A table, index or view'),
    '42710': duplicate('An object'),
    '42701': duplicate('A column'),
    '42723': duplicate('A function'),
    '42P06': duplicate('A schema'),
    '42P04': duplicate('A database'),
    '42712': entry('syntax', 'The same table name or alias stands twice in the statement.'),
    // Data
    '23505': (raw) => entry('constraint', `Two rows${ofTable(raw)} hold the same value where${ofConstraint(raw) || ' the constraint'} allows it once.`, 'Remove or merge the rows that are there twice in a migration before this one, then run again.'),
    '23502': (raw) => entry('constraint', `Rows${ofTable(raw)} have no value in ${raw.column ? `\`${named(raw.column)}\`` : 'a column'}, which must have one.`, raw.table && raw.column
        ? `Fill them in a migration before this one: \`UPDATE ${named(raw.table)} SET ${named(raw.column)} = ... WHERE ${named(raw.column)} IS NULL\`; then run again.`
        : 'Fill the column in a migration before this one, then run again.'),
    '23503': (raw) => entry('constraint', `Rows${ofTable(raw)} point at rows that are not there (foreign key${ofConstraint(raw)}), or rows are removed that others point at.`, 'Correct these rows in a migration before this one, or add the constraint as NOT VALID and validate it once they are corrected; then run again.'),
    '23514': (raw) => entry('constraint', `Rows${ofTable(raw)} break the check${ofConstraint(raw)}.`, 'Correct these rows in a migration before this one, or add the check as NOT VALID and validate it once they are corrected; then run again.'),
    '23P01': (raw) => entry('constraint', `Rows${ofTable(raw)} exclude one another (exclusion constraint${ofConstraint(raw)}).`),
    // The server itself
    XX000: (raw, context) => context.phase === 'connect' && /tenant or user not found/i.test(raw.message)
        ? entry('authentication', 'The pooler knows no such project or user.', "Copy the pooler's URL again from your provider: its user name carries the project (`postgres.<project>`).")
        : internalServer,
    XX001: corrupted(),
    XX002: corrupted(),
    P0001: entry('constraint', 'The migration itself, or a trigger or function that it calls, raised this error.', `Read the message: it was written by whoever wrote that code. Correct what it asks for, ${AGAIN}.`),
    P0004: entry('constraint', 'An ASSERT in the migration does not hold.', `Correct the data that the assertion asks for, ${AGAIN}.`),
};
const internalServer = {
    class: 'internal',
    meaning: 'The server met an error inside itself, or an extension of it did.',
    next: "Read the server's log for this moment; run again only when the cause is known.",
};
function corrupted() {
    return {
        class: 'internal',
        meaning: 'The server found damaged data on its disk.',
        next: 'Stop deploying, take a copy of the server as it is, and call whoever runs the database.',
    };
}
function internal(_raw) {
    return failureOfClass('internal');
}
/** By the first two characters of a SQLSTATE, where the code itself is not in the catalogue. */
const BY_PREFIX = {
    '08': lostConnection,
    '22': entry('constraint', 'A value does not fit the type or the range that it is put into.', `Correct the value at the place shown, or the rows that hold it in a migration before this one, ${AGAIN}.`),
    '23': failureOfClass('constraint'),
    '25': failureOfClass('not-in-transaction'),
    '28': failureOfClass('authentication'),
    '40': failureOfClass('deadlock'),
    '42': failureOfClass('syntax'),
    '53': failureOfClass('resources'),
    '54': failureOfClass('resources'),
    '55': entry('resources', 'The object is not in the state that the statement needs.', `Read the server's message above, bring the object into that state, ${AGAIN}.`),
    '57': lostConnection,
    '58': entry('internal', "The server's operating system failed it.", "Read the server's log for this moment before you run again."),
    XX: internalServer,
};
/** What the driver itself says, always in English and without a code. */
const BY_DRIVER_TEXT = [
    [/^The server does not support SSL connections/, noTls],
    [/^There was an error establishing an SSL connection/, noTls],
    [
        /^timeout expired|^Connection terminated due to connection timeout|^timeout exceeded when trying to connect/,
        timedOutConnecting,
    ],
    [/^Connection terminated|is not queryable$|^Client was closed/, lostConnection],
    [
        /^SASL: .*password must be a (non-empty )?string/,
        entry('authentication', 'The server asks for a password, and none was given.'),
    ],
    [/^SASL:/, failureOfClass('authentication')],
    [/^Query read timeout/, failureOfClass('statement-timeout')],
];
/** Class, meaning and next action of an error. What is not in the catalogue is `internal`, and says so. */
function classifyFailure(raw, context) {
    if (context.timedOut === 'connect')
        return resolve(timedOutConnecting, raw, context);
    const known = entryFor(raw);
    if (known)
        return resolve(known, raw, context);
    return failureOfClass(context.phase === 'connect' ? 'connection' : 'internal');
}
function entryFor(raw) {
    const { code } = raw;
    if (code !== null && code !== '') {
        if (Object.hasOwn(BY_CODE, code))
            return BY_CODE[code];
        if (/^(?:ERR_SSL_|ERR_TLS_|CERT_|EPROTO$)/.test(code))
            return failureOfClass('tls');
        const prefix = code.slice(0, 2);
        if (/^[0-9A-Z]{5}$/.test(code) && Object.hasOwn(BY_PREFIX, prefix))
            return BY_PREFIX[prefix];
        return undefined;
    }
    return BY_DRIVER_TEXT.find(([pattern]) => pattern.test(raw.message))?.[1];
}
function resolve(found, raw, context) {
    return typeof found === 'function' ? found(raw, context) : found;
}
const EXCERPT = 120;
/**
 * A source line, cut to about 120 code points around `column` (1-based, in code points), and below it a caret under that column.
 * Without a column: the line alone. Tabs stay tabs in both lines, so that they line up; what cannot be shown is `\ufffd`.
 */
function excerptOf(sourceLine, column) {
    const at = column === null ? 0 : Math.max(0, column - 1);
    const first = Math.max(0, at - Math.floor(EXCERPT / 2));
    const shown = [];
    let position = 0;
    let more = false;
    for (const character of sourceLine) {
        if (character === '\n' || character === '\r')
            break;
        if (shown.length === EXCERPT) {
            more = true;
            break;
        }
        if (position >= first)
            shown.push(visible(character));
        position += 1;
    }
    const lead = first > 0 ? '…' : '';
    const line = `${lead}${shown.join('')}${more ? '…' : ''}`;
    if (column === null)
        return line;
    const before = shown.slice(0, at - first).map((character) => (character === '\t' ? '\t' : ' '));
    return `${line}\n${lead === '' ? '' : ' '}${before.join('')}^`;
}
function visible(character) {
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .clean */ .uH)(character) === '' ? '\ufffd' : character;
}


/***/ }),

/***/ 2794:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $Z: () => (/* binding */ renderOutputs),
/* harmony export */   B1: () => (/* binding */ renderReport),
/* harmony export */   md: () => (/* binding */ worstFirst)
/* harmony export */ });
/* unused harmony exports OUTPUT_NAMES, OUTPUT_BYTES */
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5655);

const OUTPUT_NAMES = (/* unused pure expression or super */ null && ([
    'result',
    'database-state',
    'environment',
    'previous-version',
    'current-version',
    'pending-count',
    'pending',
    'applied-count',
    'applied',
    'plan-digest',
    'hazard-count',
    'hazards',
    'log-path',
    'report-path',
    'artifact-name',
    'artifact-id',
    'artifact-url',
    'duration-ms',
]));
/** Each JSON output stays under this many bytes. */
const OUTPUT_BYTES = 100_000;
/** Every output of the contract; what is absent is the empty string. */
function renderOutputs(outcome, paths) {
    return {
        result: outcome.result,
        'database-state': outcome.databaseState,
        environment: outcome.environment ?? '',
        'previous-version': outcome.previousVersion ?? '',
        'current-version': outcome.currentVersion ?? '',
        'pending-count': String(outcome.pending.length),
        pending: jsonWithin(outcome.pending.map(migrationRef), OUTPUT_BYTES),
        'applied-count': String(outcome.applied.length),
        applied: jsonWithin(outcome.applied.map(migrationRef), OUTPUT_BYTES),
        'plan-digest': outcome.planDigest ?? '',
        'hazard-count': String(outcome.hazards.length),
        hazards: jsonWithin(worstFirst(outcome.hazards).map(shortHazard), OUTPUT_BYTES),
        'log-path': paths.logPath,
        'report-path': paths.reportPath,
        'artifact-name': outcome.artifacts.log?.name ?? outcome.artifactName ?? '',
        'artifact-id': outcome.artifacts.log?.id ?? '',
        'artifact-url': outcome.artifacts.log?.url ?? '',
        'duration-ms': String(Math.round(outcome.durationMs)),
    };
}
/** report.json, `"schema": 1`. What is absent is null. `outputs` gives the paths and the artifact. */
function renderReport(outcome, outputs) {
    return {
        schema: 1,
        result: outcome.result,
        databaseState: outcome.databaseState,
        exitCode: outcome.exitCode,
        mode: outcome.mode,
        environment: outcome.environment,
        environmentSource: outcome.environmentSource,
        engine: outcome.engine,
        planDigest: outcome.planDigest,
        previousVersion: outcome.previousVersion,
        currentVersion: outcome.currentVersion,
        server: outcome.server,
        startedAt: outcome.startedAt,
        durationMs: Math.round(outcome.durationMs),
        pendingCount: outcome.pending.length,
        pending: outcome.pending.map(migrationRef),
        appliedCount: outcome.applied.length,
        applied: outcome.applied.map(migrationRef),
        hazardCount: outcome.hazards.length,
        logPath: orNull(outputs['log-path']),
        reportPath: orNull(outputs['report-path']),
        artifactName: orNull(outputs['artifact-name']),
        artifactId: orNull(outputs['artifact-id']),
        artifactUrl: orNull(outputs['artifact-url']),
        error: outcome.error,
        problems: outcome.problems,
        stages: outcome.stages,
        migrations: outcome.migrations.map(migration),
        coverage: outcome.coverage,
        blocked: outcome.blocked,
        hazards: worstFirst(outcome.hazards).map(hazard),
        schemaDiff: outcome.schemaDiff,
        predictedEqualsActual: outcome.predictedEqualsActual,
        unpredicted: outcome.unpredicted,
        verification: outcome.verification,
        rehearsal: outcome.rehearsal,
        backup: outcome.backup,
        downFiles: outcome.downFiles,
        checklist: outcome.checklist,
        sizes: outcome.sizes,
        health: outcome.health,
        recorded: outcome.recorded,
        warnings: outcome.warnings,
        notes: outcome.notes,
        run: outcome.run,
    };
}
const SEVERITY_RANK = { danger: 0, warning: 1, info: 2 };
/** Danger before warning before info, what was not accepted before what was; else in the order they came. */
function worstFirst(hazards) {
    const rank = (item) => SEVERITY_RANK[item.severity] * 2 + (item.allowed === null ? 0 : 1);
    return [...hazards].sort((a, b) => rank(a) - rank(b));
}
function migrationRef(ref) {
    return { version: (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(ref.version, 1000), name: (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(ref.name, 1000), file: (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(ref.file, 1000) };
}
function migration(report) {
    return {
        version: report.version,
        name: report.name,
        file: report.file,
        checksum: report.checksum,
        transactional: report.transactional,
        status: report.status,
        ms: report.ms,
        appliedMs: report.appliedMs,
        statements: report.statements.map(statement),
    };
}
function statement(report) {
    return {
        index: report.index,
        line: report.line,
        count: report.count,
        sql: (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(report.sql, 1000),
        executed: report.executed,
        error: report.error,
        reason: report.reason,
        ms: report.ms,
        rows: report.rows,
        locks: report.locks,
        rewrites: report.rewrites,
        scans: report.scans,
        watched: report.watched,
        touched: report.touched,
        dropped: [...report.dropped, ...report.droppedViews],
        droppedColumns: report.droppedColumns,
        truncated: report.truncated,
    };
}
function hazard(item) {
    return {
        rule: item.rule,
        severity: item.severity,
        effects: item.effects,
        version: item.version,
        file: item.file,
        line: item.line,
        statement: item.statement === null ? null : (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(item.statement, 200),
        relation: item.relation,
        message: item.message,
        safer: item.safer,
        source: item.source,
        allowed: item.allowed,
    };
}
/** For the output: no single entry may be so large that it pushes all others out. */
function shortHazard(item) {
    return {
        ...hazard(item),
        file: cutOrNull(item.file, 1000),
        relation: cutOrNull(item.relation, 500),
        message: (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(item.message, 2000),
        safer: cutOrNull(item.safer, 2000),
        allowed: cutOrNull(item.allowed, 500),
    };
}
function cutOrNull(text, max) {
    return text === null ? null : (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .cut */ .Jj)(text, max);
}
function orNull(text) {
    return text === '' ? null : text;
}
/** A JSON array of as many entries, from the front, as fit into fewer than `limit` bytes. */
function jsonWithin(entries, limit) {
    const kept = [];
    let size = 2;
    for (const entry of entries) {
        const text = JSON.stringify(entry);
        size += (0,_text_js__WEBPACK_IMPORTED_MODULE_0__/* .byteLength */ .dp)(text) + 1;
        if (size >= limit)
            break;
        kept.push(text);
    }
    return `[${kept.join(',')}]`;
}


/***/ }),

/***/ 6472:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   S: () => (/* binding */ renderText)
/* harmony export */ });
/* harmony import */ var _facts_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1349);
/* harmony import */ var _places_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(9012);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(5655);
/** Outcome -> the report for a terminal and for migration.log: plain text, aligned, nothing in it that a runner would obey. */



/** The whole report, ended by a line feed. Free texts are cut at 20,000 characters; nothing else is left out. */
function renderText(whole) {
    const outcome = (0,_places_js__WEBPACK_IMPORTED_MODULE_1__/* .withPlaces */ .rd)(whole);
    const sections = [
        headSection(outcome),
        problemsSection(outcome),
        failureSection(outcome),
        whereSection(outcome),
        stagesSection(outcome),
        blockedSection(outcome),
        failedChecksSection(outcome),
        migrationsSection(outcome),
        hazardsSection(outcome),
        listSection('Warnings', (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .warningsToShow */ .aI)(outcome)),
        proofSection(outcome),
        rollbackSection(outcome),
        diffSection('Schema difference', outcome),
        checksSection(outcome),
        recordedSection(outcome),
        titled('Health', (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .healthLines */ .mR)(outcome)),
        listSection('Notes', outcome.notes),
    ];
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .inertText */ .UJ)(`${sections
        .filter((lines) => lines.length > 0)
        .map((lines) => lines.join('\n'))
        .join('\n\n')}\n`);
}
const WORDS = 20_000;
function headSection(outcome) {
    const next = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .nextStep */ .sk)(outcome);
    return [(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .headline */ .Pl)(outcome), ...(next === null ? [] : [`Next: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(next, WORDS)}`])];
}
function titled(title, lines) {
    return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}
function listSection(title, texts) {
    return titled(title, texts.map((text) => (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(text, WORDS)));
}
function problemsSection(outcome) {
    return titled('Inputs', outcome.problems.map((problem) => `${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(problem.input, 100)}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(problem.message, WORDS)}`));
}
function failureSection(outcome) {
    const { error } = outcome;
    if (error === null || outcome.problems.length > 0)
        return [];
    const location = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .locationOf */ .hD)(outcome);
    const block = [
        ...(location === null ? [] : [`at ${location}`]),
        ...(error.excerpt === null ? [] : [(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .clean */ .uH)(error.excerpt.slice(0, 2000))]),
        ...(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .serverLines */ .LH)(outcome, WORDS).map(_text_js__WEBPACK_IMPORTED_MODULE_2__/* .clean */ .uH),
    ];
    const meaning = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .meaningOf */ .Pr)(error);
    return [
        ...(meaning === null ? [] : [(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(meaning, WORDS)]),
        ...block.flatMap((text) => text.split('\n')).map((line) => `    ${line}`),
    ];
}
function whereSection(outcome) {
    const { server } = outcome;
    const pairs = [];
    if (server !== null) {
        const version = server.version === null ? '' : `, PostgreSQL ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(server.version, 60)}`;
        pairs.push([
            'Database',
            `${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(server.database, 63)} on ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(server.host, 200)}:${server.port} as ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(server.user, 63)}${version}`,
        ]);
        pairs.push(['From', (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(server.source, 200)]);
    }
    if (outcome.environment !== null) {
        pairs.push([
            'Environment',
            `${outcome.environment}${outcome.environmentSource === null ? '' : ` (${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(outcome.environmentSource, 200)})`}`,
        ]);
    }
    if (outcome.mode !== null)
        pairs.push(['Mode', outcome.mode]);
    pairs.push(['State', (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .stateWords */ .Xu)(outcome.databaseState)]);
    const before = (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(outcome.previousVersion ?? 'none', 60);
    const now = (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(outcome.currentVersion ?? 'none', 60);
    pairs.push(['Version', before === now ? now : `${before} -> ${now}`]);
    if (outcome.planDigest !== null)
        pairs.push(['Plan digest', (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(outcome.planDigest, 200)]);
    if (outcome.artifactName !== null)
        pairs.push(['Artifact', (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(outcome.artifactName, 300)]);
    pairs.push(['Time', (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .duration */ .p0)(outcome.durationMs)]);
    return aligned(pairs.map(([name, value]) => [name, value]));
}
/** Columns two spaces apart. The last one is as wide as it is. */
function aligned(rows) {
    const widths = [];
    for (const cells of rows) {
        cells.forEach((cell, index) => {
            widths[index] = Math.max(widths[index] ?? 0, width(cell));
        });
    }
    return rows.map((cells) => cells
        .map((cell, index) => index === cells.length - 1 ? cell : `${cell}${' '.repeat((widths[index] ?? 0) - width(cell))}`)
        .join('  ')
        .trimEnd());
}
/** In code points. */
function width(text) {
    return [...text].length;
}
function stagesSection(outcome) {
    return titled('Stages', aligned(outcome.stages.map((stage) => [
        (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .stageWords */ ._l)(stage.stage),
        stage.status,
        stage.status === 'skipped' ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .duration */ .p0)(stage.ms),
    ])));
}
function blockedSection(outcome) {
    return titled('Kept waiting by the dry run', outcome.blocked.map((blocked) => {
        const by = blocked.file === null ? '' : ` by ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(blocked.file, 300)}`;
        const index = blocked.statementIndex === null ? '' : ` statement ${blocked.statementIndex}`;
        return `pid ${blocked.pid}, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(blocked.application, 64) || 'no application name'}, waited ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .duration */ .p0)(blocked.waitedMs)}${by}${index}`;
    }));
}
function migrationsSection(outcome) {
    const sizes = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sizesByRelation */ .Ss)(outcome);
    const table = aligned(outcome.migrations.map((migration) => migrationCells(migration, sizes)));
    const lines = outcome.migrations.flatMap((migration, index) => [table[index] ?? '', ...notAsWritten(migration)]);
    return titled(`Migrations (${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .number */ .ai)(outcome.migrations.length)})`, lines);
}
function migrationCells(migration, sizes) {
    const rows = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .rowsOf */ .RO)(migration);
    const statements = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .statementsWords */ .Qj)(migration);
    const lock = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .strongestLock */ .fp)(migration, sizes);
    const size = lock === null ? undefined : sizes.get(lock.relation);
    return [
        migration.status.replace('-', ' '),
        (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(migration.file, 300),
        migration.transactional ? '' : 'no transaction',
        statements === null ? '' : `${statements} statements`,
        rows === null ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .plural */ .LS)(rows, 'row'),
        migration.ms === null ? '' : `dry run ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .duration */ .p0)(migration.ms)}`,
        migration.appliedMs === null ? '' : `apply ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .duration */ .p0)(migration.appliedMs)}`,
        lock === null
            ? ''
            : `${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .lockWords */ .jU)(lock.mode)} on ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(lock.relation, 140)}${size === undefined ? '' : ` (${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sizeWords */ .pG)(size)})`}`,
    ];
}
/** Statements of which a reader must know: those that failed and those that did not run as written. */
function notAsWritten(migration) {
    return migration.statements
        .filter((statement) => !statement.executed || statement.error !== null)
        .map((statement) => {
        const what = statement.error === null
            ? `not executed as written: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(statement.reason ?? 'no reason given', 1000)}`
            : `failed: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(statement.error, 1000)}`;
        return `    statement ${statement.index}, line ${statement.line}: ${what}`;
    });
}
function hazardsSection(outcome) {
    const hazards = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedHazards */ .pY)(outcome);
    return titled(`Hazards (${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .number */ .ai)(hazards.length)})`, hazards.flatMap(hazardLines));
}
function hazardLines(hazard) {
    const place = hazard.file === null ? '' : ` at ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.file, 300)}${hazard.line === null ? '' : `:${hazard.line}`}`;
    const relation = hazard.relation === null ? '' : ` on ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.relation, 140)}`;
    const effects = hazard.effects.length === 0 ? '' : ` (${hazard.effects.join(', ')})`;
    return [
        `${hazard.severity} ${hazard.rule}${relation}${place}${effects}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.message, WORDS)}`,
        ...(hazard.statement === null ? [] : [`    ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.statement, 200)}`]),
        ...(hazard.safer === null ? [] : [`    Safer: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.safer, WORDS)}`]),
        ...(hazard.allowed === null ? [] : [`    Accepted: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(hazard.allowed, 500)}`]),
    ];
}
function proofSection(outcome) {
    return [(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .coverageWords */ .gn)(outcome), (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .rehearsalWords */ .hK)(outcome), (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .predictionWords */ .Vu)(outcome)].filter((line) => line !== null);
}
function checkLine(check) {
    const detail = check.detail === null ? '' : `: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(check.detail, WORDS)}`;
    return `${check.passed ? 'passed' : 'FAILED'}  ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(check.check, 300)}${detail}`;
}
function failedChecksSection(outcome) {
    const difference = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .byKind */ .Sb)(outcome.unpredicted).flatMap((change) => (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffLines */ .Pp)(change, 1000));
    return [
        ...titled('Failed checks', outcome.verification.filter((check) => !check.passed).map(checkLine)),
        ...titled(`Not as predicted (${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffWords */ .b2)(outcome.unpredicted)})`, difference),
    ];
}
function checksSection(outcome) {
    const passed = outcome.verification.filter((check) => check.passed);
    return titled(`Verification (${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .number */ .ai)(passed.length)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .number */ .ai)(outcome.verification.length)} passed)`, passed.map(checkLine));
}
function rollbackSection(outcome) {
    const backup = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .backupWords */ .eI)(outcome);
    if (outcome.databaseState === 'unchanged')
        return backup === null ? [] : titled('Backup marker', [backup]);
    const recovery = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .recoverySettings */ .pF)(outcome);
    return titled('Rollback instructions for this run', [
        backup ?? 'No backup marker was taken in this run.',
        ...[(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .wayBackOfTool */ .yY)(outcome)].filter((text) => text !== null),
        ...(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .waysBack */ .ed)(outcome).map((way) => `${(0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(way.file, 300)}: ${way.down === null ? 'no down file; write a new migration that undoes it' : (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(way.down, 300)}`),
        ...(recovery === null
            ? []
            : [
                `The whole database as it was before this run: restore a base backup with ${recovery}; whatever was written after that point is lost with it.`,
            ]),
    ]);
}
function diffSection(title, outcome) {
    return titled(`${title} (${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffWords */ .b2)(outcome.schemaDiff)})`, (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .byKind */ .Sb)(outcome.schemaDiff).flatMap((change) => (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffLines */ .Pp)(change, 1000)));
}
function recordedSection(outcome) {
    return titled('Recorded before this run', aligned(outcome.recorded.map((item) => [
        (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(item.version, 60),
        (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(item.status, 40),
        (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .cut */ .Jj)((0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .oneLine */ .TN)(item.appliedAt ?? ''), 60),
        (0,_text_js__WEBPACK_IMPORTED_MODULE_2__/* .brief */ .dh)(item.name, 200),
    ])));
}


/***/ }),

/***/ 5066:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   an: () => (/* binding */ STAGES),
/* harmony export */   bx: () => (/* binding */ LOCK_MODES),
/* harmony export */   lp: () => (/* binding */ blankOutcome)
/* harmony export */ });
/* unused harmony export EFFECTS */
const STAGES = ['inspect', 'plan', 'dry-run', 'review', 'backup', 'apply', 'verify'];
/** PostgreSQL's table-level lock modes, weakest first. https://www.postgresql.org/docs/current/explicit-locking.html */
const LOCK_MODES = [
    'AccessShareLock',
    'RowShareLock',
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
];
const EFFECTS = (/* unused pure expression or super */ null && ([
    'blocks-reads',
    'blocks-writes',
    'rewrites',
    'scans',
    'destroys',
    'breaks-clients',
    'changes-behaviour',
    'fails',
    'may-fail',
    'non-transactional',
    'external',
    'bulk',
]));
/** Of a run that has not found out anything yet; `startedAt` in ISO 8601. */
function blankOutcome(known, startedAt) {
    return {
        result: 'failed',
        databaseState: 'unchanged',
        exitCode: 1,
        mode: known.mode,
        environment: known.environment,
        environmentSource: null,
        engine: null,
        server: known.target && {
            version: null,
            host: known.target.host,
            port: known.target.port,
            database: known.target.database,
            user: known.target.user,
            source: known.target.source,
        },
        startedAt,
        durationMs: 0,
        planDigest: null,
        previousVersion: null,
        currentVersion: null,
        pending: [],
        applied: [],
        recorded: [],
        stages: STAGES.map((stage) => ({ stage, status: 'skipped', ms: 0 })),
        migrations: [],
        coverage: { statements: 0, executed: 0 },
        blocked: [],
        hazards: [],
        sizes: [],
        schemaDiff: [],
        predictedEqualsActual: null,
        unpredicted: [],
        health: null,
        backup: null,
        rehearsal: null,
        checklist: [],
        verification: [],
        warnings: [],
        notes: [],
        problems: [],
        error: null,
        downFiles: [],
        run: known.run,
        artifactName: known.publishing.artifactName,
        artifacts: { plan: null, log: null },
    };
}


/***/ }),

/***/ 9356:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Ab: () => (/* binding */ notRehearsedPart),
/* harmony export */   E$: () => (/* binding */ failurePart),
/* harmony export */   Ih: () => (/* binding */ bulletsFolded),
/* harmony export */   Jo: () => (/* binding */ migrationsPart),
/* harmony export */   PS: () => (/* binding */ diffPart),
/* harmony export */   U6: () => (/* binding */ headPart),
/* harmony export */   X6: () => (/* binding */ schemaPart),
/* harmony export */   _q: () => (/* binding */ problemsPart),
/* harmony export */   bk: () => (/* binding */ locksPart),
/* harmony export */   e5: () => (/* binding */ bullets),
/* harmony export */   lI: () => (/* binding */ nextPart),
/* harmony export */   oR: () => (/* binding */ joined),
/* harmony export */   tT: () => (/* binding */ hazardsPart),
/* harmony export */   uP: () => (/* binding */ blockedPart),
/* harmony export */   ut: () => (/* binding */ runLink),
/* harmony export */   wz: () => (/* binding */ artifactWords)
/* harmony export */ });
/* unused harmony export folderOf */
/* harmony import */ var _facts_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1349);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5655);
/** The parts of which the job summary and the pull request's comment are made: GitHub-flavoured markdown, each '' where it has nothing to say. */


const MORE = 'in report.json';
function joined(parts, between = '\n\n') {
    return parts.filter((part) => part !== '').join(between);
}
/** A list of at most `limit` entries; only these are made. */
function bullets(lines, limit) {
    const shown = lines.slice(0, limit).map((line) => `- ${line()}`);
    const left = lines.length - shown.length;
    return [...shown, ...(left > 0 ? [`- … and ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(left)} more, ${MORE}`] : [])].join('\n');
}
/** The first `open` entries are seen, the rest folds. */
function bulletsFolded(lines, open, limit, what) {
    const rest = lines.slice(open);
    return joined([
        bullets(lines.slice(0, open), open),
        rest.length === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rest.length, `more ${what}`), bullets(rest, limit)),
    ]);
}
function row(cells) {
    return `| ${cells.join(' | ')} |`;
}
/** One sign, told apart by its shape too: done; not done and the database is as it was; somebody must look at the database. */
function mark(outcome) {
    if (outcome.exitCode === 0)
        return '✅';
    if ((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .needsHands */ .Cq)(outcome))
        return '🚨';
    if (outcome.result === 'failed')
        return '❌';
    return outcome.result === 'refused' || outcome.result === 'cancelled' ? '⛔' : '⚠️';
}
/** The first line, one line of markdown whatever it holds. `level`: how many `#`. */
function headPart(outcome, level) {
    const where = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .place */ .ik)(outcome);
    const below = where === '' ? '' : `<br><sub>${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(where)}</sub>`;
    return `${'#'.repeat(level)} ${mark(outcome)} ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .happened */ .Y5)(outcome))}${below}`;
}
/** A command in a sentence that is longer than this stands below it, where it can be copied. */
const LONG_CODE = 60;
function nextPart(outcome, limits) {
    if (outcome.result === 'dry-run-passed' && outcome.mode === 'dry-run' && outcome.planDigest !== null) {
        const token = outcome.environment === 'production' ? ' and the `confirm-token`' : '';
        return `**Next:** to apply exactly this plan, run with these inputs${token}:\n\n${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .fenced */ .OF)(`mode: apply\nplan-digest: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(outcome.planDigest, 200)}`, 'yaml')}`;
    }
    const next = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .nextStep */ .sk)(outcome);
    if (next === null)
        return '';
    const commands = [];
    const text = (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(next, limits.words).replace(/`([^`]+)`/g, (all, command) => {
        if (command.length < LONG_CODE)
            return all;
        commands.push(command);
        return '(below)';
    });
    const again = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .rerunCommand */ .w4)(outcome);
    return joined([
        `**Next:** ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)(text)}`,
        ...commands.map((command) => (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .fenced */ .OF)(command, 'sql')),
        again === null ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .fenced */ .OF)(again, 'sh'),
    ]);
}
function problemsPart(outcome, limits) {
    return bullets(outcome.problems.map((problem) => () => `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(problem.input, 100))}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(problem.message, limits.words))}`), limits.list);
}
/** PostgreSQL's words, the place with its caret, what it means. The words wrap; only the source line stands in a block. */
function failurePart(outcome, limits) {
    const { error } = outcome;
    if (error === null || outcome.problems.length > 0)
        return '';
    const location = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .locationOf */ .hD)(outcome);
    const excerpt = error.excerpt === null ? '' : nearCaret(error.excerpt.slice(0, 2000));
    const shown = location !== null && excerpt !== '';
    const meaning = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .meaningOf */ .Pr)(error);
    return joined([
        messageLines(error, outcome, limits).join('<br>'),
        shown
            ? (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .fenced */ .OF)(`${location}\n${excerpt}`, 'text')
            : location === null || isPlaceSaid(outcome, error)
                ? ''
                : `At ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(location)}.`,
        meaning === null ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(meaning, limits.words)),
    ]);
}
/** In the first line, or with the hazard that it stands for. */
function isPlaceSaid(outcome, { file, line }) {
    return ((file !== null && (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .happened */ .Y5)(outcome).includes((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(file, 300))) ||
        (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedHazards */ .pY)(outcome).some((hazard) => hazard.file === file && hazard.line === line));
}
function messageLines(error, outcome, limits) {
    const words = (text) => `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(text, limits.words))}${sizeNote(text, limits.words)}`;
    const line = (label, text) => (text === null ? [] : [`**${label}** ${words(text)}`]);
    const code = error.sqlstate === null ? '' : ` ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(error.sqlstate, 40))}`;
    return [
        ...((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .isSaid */ .QV)(outcome, error.message) ? [] : line(`ERROR${code}:`, error.message)),
        ...line('DETAIL:', error.detail),
        ...line('HINT:', error.hint),
        ...line('CONTEXT:', error.where),
    ];
}
function sizeNote(text, max) {
    return text.length <= max ? '' : ` (${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .bytes */ .ee)(text.length)} in all)`;
}
/** So many characters before the caret are shown at most: a phone shows forty in a block. */
const BEFORE_CARET = 28;
/** Begins at a word, where one begins soon. */
function nearCaret(excerpt) {
    const [source = '', caret = ''] = excerpt.split('\n');
    const before = [...source.slice(0, Math.max(0, caret.indexOf('^')))];
    if (before.length <= BEFORE_CARET + 4)
        return excerpt;
    const kept = before
        .slice(-BEFORE_CARET)
        .join('')
        .replace(/^\S{0,12}\s+(?=\S)/, '');
    const under = kept.replace(/[^\t]/gu, ' ');
    return `… ${kept}${source.slice(before.join('').length)}\n  ${under}^`;
}
/** Who waited for the dry run, the longest first; a session that each attempt kept waiting is told once. */
function blockedPart(outcome, limits) {
    if (outcome.blocked.length === 0)
        return '';
    const waits = new Map();
    for (const blocked of [...outcome.blocked].sort((a, b) => b.waitedMs - a.waitedMs)) {
        const key = JSON.stringify([blocked.pid, blocked.application, blocked.file, blocked.statementIndex]);
        const same = waits.get(key);
        if (same)
            same.push(blocked);
        else
            waits.set(key, [blocked]);
    }
    return `### Kept waiting by the dry run\n\n${bullets([...waits.values()].map((same) => () => blockedLine(same, outcome)), Math.min(limits.list, 5))}`;
}
function blockedLine(same, outcome) {
    const [longest] = same;
    if (longest === undefined)
        return '';
    const application = (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(longest.application, 64);
    const who = `${application === '' ? 'a session without a name' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(application)} (pid ${longest.pid})`;
    const times = same.length === 1 ? '' : `, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(same.length)} times`;
    const { file, statementIndex } = longest;
    const statement = outcome.migrations
        .find((migration) => migration.file === file)
        ?.statements.find(({ index, count }) => statementIndex !== null && index <= statementIndex && statementIndex < index + count);
    const at = file === null
        ? ''
        : ` by ${placeIn(file, statement?.line ?? null, folderOf(outcome))}${statement === undefined && statementIndex !== null ? ` statement ${statementIndex}` : ''}`;
    return `${who}, ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .duration */ .p0)(longest.waitedMs)}${times}${at}${statement === undefined ? '' : `<br>${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(statement.sql, 200))}`}`;
}
function migrationsPart(outcome, limits) {
    if (outcome.migrations.length === 0)
        return '';
    const shown = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .migrationsToShow */ .mA)(outcome, limits.migrations);
    const columns = columnsFor(outcome);
    const head = [row(columns.map((column) => column.title)), row(columns.map((column) => column.rule))];
    const table = (items) => columns.length === 1
        ? bullets(items.map((migration) => () => columns[0]?.cell(migration) ?? ''), items.length)
        : [...head, ...items.map((migration) => row(columns.map((column) => column.cell(migration))))].join('\n');
    const left = outcome.migrations.length - shown.length;
    const pending = outcome.migrations.every(isUntouched) ? 'pending migration' : 'migration';
    const open = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .migrationsToShow */ .mA)(outcome, OPEN_MIGRATIONS);
    const rest = shown.filter((migration) => !open.includes(migration));
    return joined([
        `### ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(outcome.migrations.length, pending)}`,
        table(shown.length <= open.length ? shown : open),
        rest.length === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rest.length, 'more migration'), table(rest)),
        left > 0 ? `… and ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(left)} more, ${MORE}` : '',
    ]);
}
/** More rows than this fold. */
const OPEN_MIGRATIONS = 20;
/** Only the columns that tell something: of a status there are no times, and where all have one status the first line says it. */
function columnsFor(outcome) {
    const known = (has, column) => outcome.migrations.some(has) ? [column] : [];
    const folder = folderOf(outcome);
    const told = {
        'dry-run-passed': 'rehearsed',
        applied: 'applied',
        reported: 'pending',
        'rolled-back': 'rolled-back',
    };
    return [
        {
            title: 'Migration',
            rule: '---',
            cell: (migration) => `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(migration.file.slice(folder.length), 200))}${migration.transactional ? '' : '<br>not in a transaction'}`,
        },
        ...known((migration) => migration.status !== told[outcome.result] && !outcome.migrations.every(isUntouched), {
            title: 'Status',
            rule: '---',
            cell: (migration) => migration.status === 'failed'
                ? '**failed**'
                : migration.status.replace('rehearsed', 'dry run passed').replace('-', ' '),
        }),
        ...known((migration) => migration.statements.length > 0, {
            title: 'Statements',
            rule: '---',
            cell: (migration) => `${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .statementsWords */ .Qj)(migration) ?? ''}${rowsCell(migration)}`,
        }),
        ...known((migration) => migration.ms !== null, {
            title: 'Dry run',
            rule: '--:',
            cell: (migration) => timeCell(migration.ms),
        }),
        ...known((migration) => migration.appliedMs !== null, {
            title: 'Apply',
            rule: '--:',
            cell: (migration) => timeCell(migration.appliedMs),
        }),
    ];
}
/** Does not break between number and unit. */
function timeCell(ms) {
    return ms === null ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .duration */ .p0)(ms).replaceAll(' ', '\u00a0');
}
/** Nothing was tried of it. */
function isUntouched(migration) {
    return (migration.status === 'pending' || migration.status === 'not-executed') && migration.statements.length === 0;
}
function rowsCell(migration) {
    const rows = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .rowsOf */ .RO)(migration);
    return rows === null || rows === 0 ? '' : ` (${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rows, 'row')})`;
}
/** `migrations/`, where all of the run's files lie in it; else ''. */
function folderOf(outcome) {
    const first = outcome.migrations[0]?.file ?? outcome.applied[0]?.file ?? '';
    const folder = first.slice(0, first.lastIndexOf('/') + 1);
    const inside = (file) => file.startsWith(folder) && !file.slice(folder.length).includes('/');
    return outcome.migrations.every((one) => inside(one.file)) && outcome.applied.every((one) => inside(one.file))
        ? folder
        : '';
}
/** `14_orders.sql:4`, without the folder that the migrations' heading names. */
function placeIn(file, line, folder) {
    const name = folder !== '' && file.startsWith(folder) ? file.slice(folder.length) : file;
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(`${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(name, 200)}${line === null ? '' : `:${line}`}`);
}
const OPEN_LOCKS = 5;
/** What the migrations keep others from doing, for how long, on what and how large that is. The shortest columns first: a phone shows them. */
function locksPart(outcome, limits) {
    const sizes = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sizesByRelation */ .Ss)(outcome);
    const rows = lockRows((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .locksHeld */ .Ez)(outcome, sizes));
    if (rows.length === 0)
        return '';
    const head = [row(['For', 'Blocks', 'Relation']), row(['--:', '---', '---'])];
    const table = (some) => [...head, ...some.map((locks) => lockRow(locks, sizes))].join('\n');
    const rest = rows.slice(OPEN_LOCKS, OPEN_LOCKS + limits.list);
    const left = rows.length - OPEN_LOCKS - rest.length;
    return joined([
        '### Locks',
        table(rows.slice(0, OPEN_LOCKS)),
        rest.length === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(rest.length, 'more lock'), table(rest)),
        left > 0 ? `… and ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(left)} more, ${MORE}` : '',
    ]);
}
/** What one statement locks alike (a table's indexes) is one row. */
function lockRows(held) {
    const rows = new Map();
    for (const lock of held) {
        const key = JSON.stringify([lock.migration.file, lock.line, lock.mode]);
        const same = rows.get(key);
        if (same)
            same.push(lock);
        else
            rows.set(key, [lock]);
    }
    return [...rows.values()];
}
function lockRow(locks, sizes) {
    const [first] = locks;
    if (first === undefined)
        return '';
    const names = locks.slice(0, 4).map((lock) => {
        const size = sizes.get(lock.relation);
        return `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(lock.relation, 140))}${size === undefined ? '' : `<br>${(0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sizeWords */ .pG)(size)}`}`;
    });
    if (locks.length > names.length)
        names.push(`${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(locks.length - names.length)} more`);
    return row([
        timeCell(first.ms),
        (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .blocks */ .Bv)(first.mode) === 'writes' ? 'writes' : '**reads and writes**',
        `${names.join('<br>')}<br>${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .lockWords */ .jU)(first.mode))} from ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(first.migration.version, 60))}, line ${first.line}`,
    ]);
}
/** What the dry run could not show. */
function notRehearsedPart(outcome, limits) {
    const left = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .notRehearsed */ .Fk)(outcome);
    if (left.length === 0)
        return '';
    const folder = folderOf(outcome);
    const count = left.reduce((sum, { statement }) => sum + statement.count, 0);
    const line = ({ migration, statement, reason }) => () => `${placeIn(migration.file, statement.line, folder)}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(reason, limits.words))}<br>${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(statement.sql, 200))}`;
    return joined([
        `### Not rehearsed as written: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(count)} of ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(outcome.coverage.statements, 'statement')}`,
        bulletsFolded(left.map(line), 5, limits.list, 'statement'),
    ]);
}
const SEVERITIES = ['danger', 'warning', 'info'];
const OPEN_HAZARDS = 5;
/** Hazards of one statement stand together; information and what was accepted folds. */
function hazardsPart(outcome, limits) {
    const listed = new Set((0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .notRehearsed */ .Fk)(outcome).map((one) => `${one.migration.file}:${one.statement.line}`));
    // Their reasons are told where they are listed.
    const hazards = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedHazards */ .pY)(outcome).filter((hazard) => hazard.rule !== 'not-executed' || !listed.has(`${hazard.file}:${hazard.line}`));
    if (hazards.length === 0)
        return '';
    const folder = folderOf(outcome);
    const entries = (some) => grouped(some).map((group) => () => hazardEntry(group, folder, limits));
    const quiet = (hazard) => hazard.severity === 'info' || hazard.allowed !== null;
    const loud = hazards.filter((hazard) => !quiet(hazard));
    const told = hazards.filter(quiet);
    const open = entries(loud);
    const rest = [...open.slice(OPEN_HAZARDS), ...entries(told)];
    if (open.length === 0)
        return (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)(`Hazards: ${severityWords(told)}`, bullets(rest, limits.hazards));
    const more = open.length - OPEN_HAZARDS;
    const folded = [more > 0 ? (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(more, 'more place') : '', severityWords(told)].filter((words) => words !== '');
    return joined([
        `### Hazards: ${severityWords(loud)}`,
        bullets(open.slice(0, OPEN_HAZARDS), OPEN_HAZARDS),
        rest.length === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)(folded.join(', '), bullets(rest, limits.hazards)),
    ]);
}
/** `2 dangers, 1 warning, 3 accepted, 1 info` */
function severityWords(hazards) {
    const open = hazards.filter((hazard) => hazard.allowed === null);
    const accepted = hazards.length - open.length;
    return [
        ...SEVERITIES.map((severity) => {
            const count = open.filter((hazard) => hazard.severity === severity).length;
            return count === 0 ? '' : severity === 'info' ? `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(count)} for information` : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(count, severity);
        }),
        accepted === 0 ? '' : `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(accepted)} accepted`,
    ]
        .filter((words) => words !== '')
        .join(', ');
}
/** Of one place and statement, in the order in which the first of each comes. */
function grouped(hazards) {
    const groups = new Map();
    for (const hazard of hazards) {
        const key = JSON.stringify([hazard.file, hazard.line, hazard.file === null ? hazard.message.slice(0, 1000) : '']);
        const group = groups.get(key);
        if (group)
            group.push(hazard);
        else
            groups.set(key, [hazard]);
    }
    return [...groups.values()];
}
/** Worst first: the first of a group says how bad it is. */
function hazardEntry(group, folder, limits) {
    const [worst] = group;
    if (worst === undefined)
        return '';
    const at = worst.file === null ? '' : ` at ${placeIn(worst.file, worst.line, folder)}`;
    const statement = group.find((hazard) => hazard.statement !== null)?.statement ?? null;
    const rules = new Map();
    for (const hazard of group) {
        const same = rules.get(hazard.rule);
        if (same)
            same.push(hazard);
        else
            rules.set(hazard.rule, [hazard]);
    }
    const safer = new Set(group.map((hazard) => hazard.safer).filter((text) => text !== null));
    const accepted = new Set(group.map((hazard) => hazard.allowed).filter((text) => text !== null));
    const lines = [
        ...(statement === null ? [] : [(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(statement, 200))]),
        ...[...rules.values()].slice(0, 10).map((some) => ruleLine(some, limits)),
        ...[...safer].slice(0, 3).map((text) => `**Safer:** ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(text, limits.words))}`),
        ...[...accepted].slice(0, 3).map((text) => `**Accepted:** ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(text, 300))}`),
    ];
    return `**${worst.severity}**${at}<br>${lines.join('<br>')}`;
}
/** The first of a rule in full; where else it holds of the same statement, by name. */
function ruleLine(hazards, limits) {
    const [first, ...others] = hazards;
    if (first === undefined)
        return '';
    const also = others
        .slice(0, 5)
        .flatMap((hazard) => (hazard.relation === null ? [] : [(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(hazard.relation, 140))]));
    const more = others.length - also.length;
    const rest = [...also, ...(more > 0 ? [`${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(more)} more`] : [])];
    return `${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(first.rule, 80))}: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .prose */ .CS)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(first.message, limits.words))}${rest.length === 0 ? '' : `; likewise ${rest.join(', ')}`}`;
}
const NAMED = 8;
/** What goes and what changes by name, what comes by count; the rest folds. */
function schemaPart(outcome, limits) {
    const changes = outcome.schemaDiff;
    if (changes.length === 0)
        return '';
    const of = (change) => changes.filter((one) => one.change === change);
    const named = (some) => {
        const shown = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .byKind */ .Sb)(some)
            .slice(0, NAMED)
            .map((one) => `${one.kind.replace('-', ' ')} ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)((0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(one.name, 140))}`);
        return [...shown, ...(some.length > NAMED ? [`${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(some.length - NAMED)} more`] : [])].join(', ');
    };
    const line = (label, text) => (text === '' ? '' : `**${label}:** ${text}`);
    return joined([
        '### Schema',
        joined([
            line('Removed', named(of('removed'))),
            line('Changed', named(of('changed'))),
            line('Added', (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffWords */ .b2)(of('added')).replaceAll(' added', '')),
        ], '<br>'),
        diffPart(`Schema difference: ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .plural */ .LS)(changes.length, 'object')}`, changes, limits),
    ]);
}
function diffPart(title, changes, limits) {
    if (changes.length === 0)
        return '';
    const shown = (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .byKind */ .Sb)(changes).slice(0, limits.diff);
    const left = changes.length - shown.length;
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .details */ .zH)(title, joined([
        shown.length === 0 ? '' : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .fenced */ .OF)(shown.flatMap((change) => (0,_facts_js__WEBPACK_IMPORTED_MODULE_0__/* .diffLines */ .Pp)(change, 300)).join('\n'), 'diff'),
        left > 0 ? `… and ${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai)(left)} more, ${MORE}` : '',
    ]));
}
/** Only a plain address becomes a link; else the name as code. */
function artifactWords(artifact) {
    const name = (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .brief */ .dh)(artifact.name, 200);
    return artifact.url !== null && isPlainUrl(artifact.url) ? `[${(0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(name)}](${artifact.url})` : (0,_text_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(name);
}
function runLink(outcome) {
    const url = outcome.run.runUrl;
    return url !== null && isPlainUrl(url) ? `[this run](${url})` : '';
}
function isPlainUrl(url) {
    return /^https?:\/\/[\w.:/-]{1,500}$/.test(url);
}


/***/ }),

/***/ 9012:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $t: () => (/* binding */ placeOf),
/* harmony export */   ce: () => (/* binding */ UNRECORDED),
/* harmony export */   rd: () => (/* binding */ withPlaces)
/* harmony export */ });
/** The version of what a tool did beside its records, or of one that keeps none. */
const UNRECORDED = 'unrecorded';
function placeOf({ file, version, name }) {
    if (file !== '')
        return file;
    return version === UNRECORDED ? `${name} (${UNRECORDED})` : version;
}
/** For readers: a place for everything, so that nobody has to guess which migration is meant. */
function withPlaces(outcome) {
    const { migrations, pending, applied, hazards } = outcome;
    if ([...migrations, ...pending, ...applied].every(({ file }) => file !== ''))
        return outcome;
    const named = (one) => ({ ...one, file: placeOf(one) });
    const places = new Map(migrations.map((one) => [one.version, placeOf(one)]));
    return {
        ...outcome,
        migrations: migrations.map(named),
        pending: pending.map(named),
        applied: applied.map(named),
        hazards: hazards.map((one) => ({ ...one, file: one.file ?? (one.version && places.get(one.version)) ?? null })),
    };
}


/***/ }),

/***/ 649:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $p: () => (/* binding */ redactor),
/* harmony export */   Ah: () => (/* binding */ redactOutcome),
/* harmony export */   Rk: () => (/* binding */ KEYS),
/* harmony export */   jD: () => (/* binding */ hideData),
/* harmony export */   oP: () => (/* binding */ hideMessage)
/* harmony export */ });
/* unused harmony export hideDetail */
const MASK = '***';
/** Keys and tokens that are known by their look, wherever they stand. */
const KEYS = [
    { what: 'an access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
    {
        what: 'a token',
        pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255}|glpat-[\w-]{20,64}|npm_[A-Za-z0-9]{36})\b/,
    },
    { what: 'a token', pattern: /\bxox[abprs]-[\w-]{10,250}/ },
    { what: 'an API key', pattern: /\b(?:sk|rk)_live_[A-Za-z0-9]{16,250}\b/ },
    {
        what: 'a private key',
        pattern: /-----BEGIN (?:[A-Z]{1,20} )?PRIVATE KEY-----(?:[A-Za-z0-9+/=\s\\]{0,9999}-----END (?:[A-Z]{1,20} )?PRIVATE KEY-----)?/,
    },
];
const ANY_KEY = new RegExp(KEYS.map(({ pattern }) => pattern.source).join('|'), 'g');
/**
 * A function that replaces every form of every secret, password literals in SQL and passwords in URLs by `***`. A literal
 * that it has hidden once it knows from then on: the server quotes it without the word before it (`near "'secret'"`).
 */
function redactor(secrets, options = {}) {
    const known = new Set(options.publicNames ?? []);
    const shown = secrets.filter((secret) => secret.trim() !== '' && !known.has(secret));
    const texts = [...new Set(shown.flatMap(textsOf))].filter((text) => !known.has(text));
    const encoded = [...new Set(texts.flatMap((text) => [...base64Forms(text), ...percentForms(text)]))].filter((text) => !known.has(text));
    const pattern = patternOf([...texts.map(spellingsOf), ...encoded.map(verbatim)]);
    const hideCut = cutHider(texts);
    const literals = knownLiterals();
    return (text) => {
        if (text === '')
            return text;
        const plain = pattern ? hideCut(text).replace(pattern, MASK) : text;
        return redactUrls(literals.hide(redactSql(plain, literals.learn))).replace(ANY_KEY, MASK);
    };
}
const MOST_LITERALS = 500;
function knownLiterals() {
    const known = new Set();
    let pattern = null;
    return {
        /** As written, with its quotes: what is only a word may be anybody's. */
        learn: (hidden) => {
            for (const literal of hidden.match(/'(?:[^'\n]|'')*'?|\$\w*\$[^\n]*/g) ?? []) {
                if (known.size >= MOST_LITERALS || literal.length < SHORTEST_PART || literal.includes(MASK))
                    continue;
                // Quotes alone stand anywhere.
                if (/^'*$/.test(literal))
                    continue;
                known.add(literal);
                pattern = null;
            }
        },
        hide: (text) => {
            if (known.size === 0 || !/['$]/.test(text))
                return text;
            pattern ??= patternOf([...known].map(verbatim));
            return pattern ? text.replace(pattern, `'${MASK}'`) : text;
        },
    };
}
/** One alternation, longest first, so that a secret that begins another does not leave the rest of it. */
function patternOf(sources) {
    if (sources.length === 0)
        return null;
    const sorted = [...sources].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    return new RegExp(sorted.join('|'), 'g');
}
function verbatim(text) {
    return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
/**
 * A pattern of a text in whatever way its characters may be written, each in its own: as they are, percent-encoded, as
 * entities, escaped for JSON, SQL, shells, PowerShell, C or markdown; once or twice over.
 */
function spellingsOf(text) {
    // Whatever escapes quotes puts more of them, and backslashes, around them: a run of these is one of any such, not much longer.
    return (text.match(/['"`\\]+|[^'"`\\]/gsu) ?? [])
        .map((piece) => {
        if (!/^['"`\\]/.test(piece))
            return anyOf(waysToWrite(piece));
        const ways = [...new Set(piece)].flatMap(encodingsOf);
        return `${anyOf([...ways, '[\'"`\\\\\\\\]'])}{${piece.length},${piece.length * 8}}`;
    })
        .join('');
}
function anyOf(ways) {
    return ways.length === 1 ? String(ways[0]) : `(?:${ways.join('|')})`;
}
const NAMED_ENTITIES = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const OTHER_WAYS = {
    ' ': ['\\+'],
    '\n': ['\\s{1,8}', '\\\\{1,3}n'],
    '\r': ['\\\\{1,3}r'],
    '\t': ['\\\\{1,3}t'],
};
function waysToWrite(character) {
    const plain = verbatim(character);
    // A zero-width space is what we put where GitHub would begin to read a link.
    if (/w/i.test(character))
        return [`${plain}\u200b?`];
    if (/[a-z0-9]/i.test(character))
        return [plain];
    const escaped = `[\\\\\`]{0,3}${plain}\u200b?`;
    if (/[._~-]/.test(character))
        return [escaped];
    return [...(OTHER_WAYS[character] ?? []), ...encodingsOf(character), escaped];
}
/** Percent-encoded, as a code unit of JSON, as an entity. */
function encodingsOf(character) {
    const bytes = [...Buffer.from(character, 'utf8')].map((byte) => `%(?:25)?${anyCase(hex(byte, 2))}`).join('');
    const units = character
        .split('')
        .map((unit) => `\\\\{1,3}u${anyCase(hex(unit.charCodeAt(0), 4))}`)
        .join('');
    const point = character.codePointAt(0) ?? 0;
    const named = NAMED_ENTITIES[character];
    const entities = [`#0{0,4}${point}`, `#[xX]0{0,4}${anyCase(hex(point, 1))}`, ...(named ? [named] : [])];
    return [bytes, units, `&(?:amp;)?(?:${entities.join('|')});`];
}
function hex(value, width) {
    return value.toString(16).padStart(width, '0');
}
function anyCase(digits) {
    return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
const ELLIPSIS = /…|\.{3}/g;
/** Fewer characters of a secret stand in ordinary words by chance. */
const SHORTEST_PART = 4;
/** Hides what a cut has left of a secret: before an ellipsis its beginning, after one its end. PostgreSQL cuts values that it quotes, we cut statements. */
function cutHider(texts) {
    let parts = null;
    return (text) => {
        if (!text.includes('…') && !text.includes('...'))
            return text;
        parts ??= partsOf(texts);
        const { beginnings, ends, pieces, longest } = parts;
        let out = '';
        let copied = 0;
        for (const { index, 0: mark } of text.matchAll(ELLIPSIS)) {
            const end = index + mark.length;
            const begun = pieces.has(text.slice(index - SHORTEST_PART, index));
            const ended = pieces.has(text.slice(end, end + SHORTEST_PART));
            const before = begun
                ? longestPart(Math.min(longest, index - copied), (size) => beginnings.has(text.slice(index - size, index)))
                : 0;
            const after = ended ? longestPart(longest, (size) => ends.has(text.slice(end, end + size))) : 0;
            if (before + after === 0)
                continue;
            out += `${text.slice(copied, index - before)}${before > 0 ? MASK : ''}${mark}${after > 0 ? MASK : ''}`;
            copied = end + after;
        }
        return copied === 0 ? text : out + text.slice(copied);
    };
}
function partsOf(texts) {
    const [beginnings, ends, pieces] = [new Set(), new Set(), new Set()];
    let longest = 0;
    for (const form of new Set(texts.flatMap(cuttable))) {
        if (form.length < SHORTEST_PART * 2)
            continue;
        longest = Math.max(longest, form.length - 1);
        for (let size = SHORTEST_PART; size < form.length; size += 1) {
            beginnings.add(form.slice(0, size));
            ends.add(form.slice(-size));
        }
        // Most of what stands at an ellipsis is nothing of ours, and that is soon seen.
        for (let at = 0; at + SHORTEST_PART <= form.length; at += 1)
            pieces.add(form.slice(at, at + SHORTEST_PART));
    }
    return { beginnings, ends, pieces, longest };
}
/** As it stands in a value and in a statement. Of a URL only what tells: anybody's begins with `postgresql://` or `https://`. */
function cuttable(text) {
    const part = text.includes('://') ? (/^https?:\/\/[^/]*(\/.*)$/s.exec(text)?.[1] ?? '') : text;
    return [part, part.replaceAll("'", "''"), encodeURIComponent(Buffer.from(part, 'utf8').toString('utf8'))];
}
function longestPart(longest, is) {
    for (let size = longest; size >= SHORTEST_PART; size -= 1)
        if (is(size))
            return size;
    return 0;
}
/** The secret as given and decoded, and the parts of it that are as secret as the whole. */
function textsOf(secret) {
    // A PEM text or a list: each of its lines.
    const lines = secret.split(/\r?\n/).map((line) => line.trim());
    const wholes = [secret, secret.trim(), ...lines.filter((line) => line.length >= 8), percentDecoded(secret)];
    return wholes
        .flatMap((whole) => [whole, whole.replace(/^"(.*)"$/s, '$1'), ...powerShellParts(whole)])
        .filter((text) => text !== '');
}
/** PowerShell prints a secret with an ampersand in it in two parts; the runner knows these two. */
function powerShellParts(text) {
    const at = text.includes('&+') ? text.indexOf('&+') + 2 : text.lastIndexOf('&') + 1;
    if (at === 0)
        return [];
    return [text.slice(0, at), text.slice(text.includes('&+') ? at + 1 : at)].filter((part) => part.length >= 6);
}
function percentDecoded(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        // Not percent-encoded: there is no decoded form to hide.
        return text;
    }
}
/** Each of its characters, letters too. */
function percentForms(text) {
    const digits = Buffer.from(text, 'utf8').toString('hex').replace(/../g, '%$&');
    return [digits, digits.toUpperCase()];
}
/** Base64 of the secret alone, and of the part of it that looks the same wherever it stands in a longer text. */
function base64Forms(text) {
    const forms = [];
    const whole = Buffer.from(text, 'utf8');
    for (const shift of [0, 1, 2]) {
        const bytes = whole.subarray(shift);
        const inner = bytes.subarray(0, bytes.length - (bytes.length % 3));
        // Four characters of base64 (three bytes) stand in ordinary words by chance; short rests are not looked for.
        for (const part of [bytes, inner]) {
            if (part.length < 4)
                continue;
            const form = part.toString('base64');
            forms.push(form, form.replace(/=+$/, ''), part.toString('base64url'));
        }
    }
    return forms;
}
/** `scheme://user:password@host` -> `scheme://user:***@host`. */
function redactUrls(text) {
    if (!text.includes('://'))
        return text;
    return text.replace(/:\/\/([^\s:@/'"<>]{0,256}):([^\s/'"<>]{1,1024})@/g, `://$1:${MASK}@`);
}
const KEYWORD = /(?:PASSWORD|\bCONNECTION|\bIDENTIFIED\s{1,20}BY)\b"?/gi;
const COMMENT_LIMIT = 1000;
/**
 * Literals after PASSWORD, CONNECTION, IDENTIFIED BY, and `password=...` in connection strings; in code that puts such
 * statements together, and in settings and JSON of that name, too. A literal cut short is hidden to its end.
 */
function redactSql(text, learn) {
    let out = '';
    let copied = 0;
    KEYWORD.lastIndex = 0;
    for (let match = KEYWORD.exec(text); match !== null; match = KEYWORD.exec(text)) {
        const secret = secretAfter(text, match.index + match[0].length);
        if (secret === null)
            continue;
        if (secret.shown === `'${MASK}'`)
            learn(text.slice(secret.start, secret.end));
        out += text.slice(copied, secret.start) + secret.shown;
        copied = secret.end;
        KEYWORD.lastIndex = secret.end;
    }
    return copied === 0 ? redactConninfo(text) : redactConninfo(out + text.slice(copied));
}
/** A password with a space in it that is not quoted: libpq says the rest of it. */
function redactConninfo(text) {
    return text.replace(/((?:missing "=" after|invalid connection option) )"[^"\n]*"/g, `$1"${MASK}"`);
}
function secretAfter(text, from) {
    if (ahead(PLACEHOLDER, text, from) !== null)
        return argumentsAfter(text, from);
    const bridged = bridge(text, from);
    if (bridged !== null)
        return literalAt(text, bridged);
    if (ahead(CLOSING, text, from) !== null)
        return null;
    let start = skipFiller(text, from);
    const assigned = ahead(ASSIGNMENT, text, start);
    if (assigned !== null)
        start = skipFiller(text, assigned);
    const literal = literalAt(text, start);
    if (literal !== null || assigned === null)
        return literal;
    return start === from + 1 || isConninfo(text, from, start) ? connectionValue(text, start) : null;
}
function literalAt(text, start) {
    const end = literalEnd(text, start);
    if (end === null)
        return null;
    const mark = text[start] === '"' ? '"' : "'";
    return { start, end, shown: `${mark}${MASK}${mark}` };
}
/** One past what `pattern` finds at `from`, or null. */
function ahead(pattern, text, from) {
    pattern.lastIndex = from;
    return pattern.test(text) ? pattern.lastIndex : null;
}
const ASSIGNMENT = /(?:=>|:=|=)/y;
/** `format('... PASSWORD %L', 'secret')`. */
const PLACEHOLDER = /\s{0,20}'{0,4}%(?:\d{1,3}\$)?[LsI]/y;
/** `'... PASSWORD ' || quote_literal('secret')`. */
const CONCATENATION = /\s{0,20}'{1,4}\s{0,20}\|\|\s{0,20}(?:[\w.]{1,60}\s{0,5}\(\s{0,20})?/y;
/** The quote that ends a literal of which the keyword was the last word. */
const CLOSING = /'{1,4}(?=\s{0,20}(?:[,);\]]|::|$))/y;
/** `set_config('app.password', 'secret', true)`. */
const NEXT_ARGUMENT = /'{1,4}\s{0,20},\s{0,20}/y;
const NAMES_ITS_VALUE = /(?:set_config|jsonb?_build_object|hstore)\s*\([^;]*$/i;
/** `"password": "secret"`. */
const MEMBER = /\s{0,20}:\s{0,20}(?=")/y;
/** Where the literal begins that belongs to the keyword though something stands between; null: nothing of the kind. */
function bridge(text, from) {
    if (text[from - 1] === '"')
        return ahead(MEMBER, text, from);
    const concatenated = ahead(CONCATENATION, text, from);
    if (concatenated !== null)
        return concatenated;
    const next = ahead(NEXT_ARGUMENT, text, from);
    return next !== null && NAMES_ITS_VALUE.test(text.slice(Math.max(0, from - 250), from)) ? next : null;
}
const ARGUMENTS = 2_000;
/** All literals after the text with the placeholder, to the end of the statement: which of them it is nobody counts. */
function argumentsAfter(text, from) {
    const limit = Math.min(text.length, from + ARGUMENTS);
    const closing = text.indexOf("'", text.indexOf('%', from));
    if (closing === -1 || closing >= limit)
        return null;
    let shown = '';
    let at = closing + 1;
    while (at < limit && text[at] !== ';') {
        const begins = /['$]|\b[EUNBX]&?'/iy;
        begins.lastIndex = at;
        const literal = begins.test(text) ? literalEnd(text, at) : null;
        const end = literal ?? (text.startsWith('--', at) ? endOf(text, '\n', at + 2, limit) : at + 1);
        shown += literal === null ? text.slice(at, end) : `'${MASK}'`;
        at = end;
    }
    return { start: closing + 1, end: at, shown };
}
/** `password = secret` with spaces is libpq's too, where its other words are around. */
function isConninfo(text, from, start) {
    return /\b(?:host|hostaddr|dbname)\s{0,5}=/i.test(text.slice(Math.max(0, from - 200), start + 200));
}
/** `password=secret` as libpq writes it, without a space: not an assignment of SQL (`SET password = lower(x)`, `password=NULL`). */
function connectionValue(text, start) {
    const value = /\\'[^']*(?:'|$)|[^\s'"&;,()]*/y;
    value.lastIndex = start;
    const found = value.exec(text)?.[0] ?? '';
    const end = start + found.length;
    if (found === '' ||
        found === MASK ||
        text[end] === '(' ||
        // What a template of database-url-env puts in the password's place.
        /^\{(?:url|host|port|user|password|database)\}(?:`|$)/.test(found) ||
        /^(?:null|default|\$\d+|:\w+|new\.\w+|old\.\w+|excluded\.\w+)$/i.test(found)) {
        return null;
    }
    return { start, end, shown: MASK };
}
/** Past white space and comments. An endless comment is not walked through again for every keyword in it. */
function skipFiller(text, from) {
    let at = from;
    const limit = from + COMMENT_LIMIT;
    while (at < text.length && at < limit) {
        if (/\s/.test(text.charAt(at)))
            at += 1;
        else if (text.startsWith('--', at))
            at = endOf(text, '\n', at + 2, limit);
        else if (text.startsWith('/*', at))
            at = endOf(text, '*/', at + 2, limit);
        else
            break;
    }
    return at;
}
function endOf(text, mark, from, limit) {
    const found = text.slice(from, limit).indexOf(mark);
    return found === -1 ? limit : from + found + mark.length;
}
/** Where the literal that starts here ends (one past), or null: there is none. */
function literalEnd(text, start) {
    const dollar = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]{0,63})?\$/y;
    dollar.lastIndex = start;
    const tag = dollar.exec(text)?.[0];
    if (tag !== undefined)
        return after(text, tag, start + tag.length);
    const prefix = /(?:E|U&|N|B|X)?(?=')/iy;
    prefix.lastIndex = start;
    const lead = prefix.exec(text)?.[0];
    if (lead === undefined)
        return quotedIdentifierEnd(text, start);
    return quotedEnd(text, start + lead.length, lead.toUpperCase() === 'E');
}
/** `IDENTIFIED BY "secret"`, `"password":"secret"`. */
function quotedIdentifierEnd(text, start) {
    return ahead(/"(?:[^"\\]|\\.)*(?:"|$)/sy, text, start);
}
function after(text, mark, from) {
    const found = text.indexOf(mark, from);
    return found === -1 ? text.length : found + mark.length;
}
function quotedEnd(text, open, backslashes) {
    let start = open;
    for (;;) {
        const end = pieceEnd(text, start, backslashes);
        // A literal goes on after a line end and line comments; after a blank the server refuses it, and quotes it.
        const next = /(?:\s|--[^\n\r]{0,1000}[\n\r]){1,200}(?=')/y;
        next.lastIndex = end;
        const gap = next.exec(text)?.[0];
        if (gap === undefined)
            return end;
        start = end + gap.length;
    }
}
function pieceEnd(text, open, backslashes) {
    const run = quotesAt(text, open);
    if (run % 2 === 0)
        return nestedEnd(text, open, run);
    let at = open + 1;
    for (; at < text.length; at += 1) {
        if (backslashes && text[at] === '\\')
            at += 1;
        else if (text[at] === "'") {
            if (text[at + 1] === "'")
                at += 1;
            else
                break;
        }
    }
    return Math.min(at + 1, text.length);
}
function quotesAt(text, from) {
    let at = from;
    while (text[at] === "'")
        at += 1;
    return at - from;
}
/** An even run of quotes is an empty literal, or the quotes of a literal inside another (`EXECUTE '... PASSWORD ''x'' '`). */
function nestedEnd(text, open, run) {
    const next = text[open + run];
    if (next === undefined || /[\s;,)]/.test(next))
        return open + run;
    // Inside of it a quote is written twice over: a run that is not made of such pairs holds its end.
    for (let at = text.indexOf("'", open + run); at !== -1; at = text.indexOf("'", at)) {
        const length = quotesAt(text, at);
        const rest = length % (run * 2);
        if (rest !== 0)
            return at + length - rest + Math.min(rest, run);
        at += length;
    }
    return text.length;
}
/** Fields whose values are ours, from fixed lists or as digests: a password like `failed` or `1` must not garble them. */
const FIXED = new Set([
    'result',
    'databaseState',
    'mode',
    'environment',
    'engine',
    'checksum',
    'planDigest',
    'stage',
    'status',
    'class',
    'sqlstate',
    'severity',
    'effects',
    'rule',
    'change',
    'kind',
    'xid',
    'lsn',
    'at',
    'startedAt',
]);
/** The outcome with every free text in it passed through `redact`; fixed words, digests and numbers stay. */
function redactOutcome(outcome, redact) {
    return mapTexts(outcome, redact);
}
function mapTexts(value, redact) {
    if (typeof value === 'string')
        return redact(value);
    if (Array.isArray(value))
        return value.map((item) => mapTexts(item, redact));
    if (value === null || typeof value !== 'object')
        return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, FIXED.has(key) ? item : mapTexts(item, redact)]));
}
const WITHHELD = '(row data withheld: show-data is false)';
/** Classes whose DETAIL names objects, sessions or limits, never rows. */
const DETAIL_WITHOUT_ROWS = /^(?:08|0A|25|26|28|2B|34|3B|3D|3F|42|53|54|55|57|58)|^40P01$/;
/** What of a server's error may be shown with `show-data: false`: the columns of a key, not its values. */
function hideData(failure) {
    return {
        ...failure,
        message: hideMessage(failure.sqlstate, failure.message),
        detail: failure.detail === null ? null : hideDetail(failure.sqlstate, failure.detail),
        where: failure.where === null ? null : hideWhere(failure.where),
    };
}
/** A server's message without the values it quotes (`invalid input syntax for type integer: "abc"`). Class 22 alone quotes values. */
function hideMessage(sqlstate, message) {
    return sqlstate?.startsWith('22') ? hideQuoted(message) : message;
}
/** The text is translated: what is looked for is only punctuation. */
function hideDetail(sqlstate, detail) {
    if (sqlstate === null || DETAIL_WITHOUT_ROWS.test(sqlstate))
        return detail;
    if (!sqlstate.startsWith('23'))
        return WITHHELD;
    // "Failing row contains (...)": all in the parentheses is data, whatever it looks like.
    if (sqlstate === '23502' || sqlstate === '23514')
        return hideParenthesis(detail);
    // "Key (email)=(a@b.c) already exists.": a value may hold parentheses, so all between the first `)=(` and the last `)` goes.
    const key = detail.indexOf(')=(');
    const last = detail.lastIndexOf(')');
    if (key !== -1)
        return last > key + 2 ? `${detail.slice(0, key)})=(…)${detail.slice(last + 1)}` : WITHHELD;
    return hideParenthesis(detail);
}
function hideParenthesis(detail) {
    const open = detail.indexOf('(');
    const last = detail.lastIndexOf(')');
    return open !== -1 && last > open ? `${detail.slice(0, open)}(…)${detail.slice(last + 1)}` : WITHHELD;
}
/** Which function at which line, without the statements and rows that the context quotes. */
function hideWhere(where) {
    const kept = [];
    let withheld = false;
    for (const line of where.split('\n')) {
        if (/^PL\/pgSQL\b/.test(line))
            kept.push(hideQuoted(line));
        else if (line.trim() !== '')
            withheld = true;
    }
    return [...kept, ...(withheld ? [WITHHELD] : [])].join('\n');
}
/** Quotation marks of the languages that the server speaks. */
const QUOTE = /["'«»‹›“”„‟‘’‚「」『』]/u;
/** From the first quotation mark to the last, of whatever kind: a value may hold any of them itself. */
function hideQuoted(text) {
    const first = text.search(QUOTE);
    if (first === -1)
        return text;
    let last = text.length - 1;
    while (!QUOTE.test(text.charAt(last)))
        last -= 1;
    const open = text.slice(0, first + 1);
    return last > first ? `${open}…${text.slice(last)}` : `${open}…`;
}


/***/ }),

/***/ 9836:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   K: () => (/* binding */ cancelled),
/* harmony export */   V: () => (/* binding */ Stop)
/* harmony export */ });
/** The run was asked to end. `when`: what it was doing, such as `while applying`. */
function cancelled(when, next = 'Run it again when you are ready: nothing was changed.') {
    return new Stop({ result: 'cancelled', class: 'cancelled', message: `cancelled ${when}`, next });
}
class Stop extends Error {
    reason;
    constructor(reason, options) {
        super(reason.message, options);
        this.name = 'Stop';
        this.reason = reason;
    }
}


/***/ }),

/***/ 5655:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   CS: () => (/* binding */ prose),
/* harmony export */   FV: () => (/* binding */ escapeMarkdown),
/* harmony export */   Jj: () => (/* binding */ cut),
/* harmony export */   LS: () => (/* binding */ plural),
/* harmony export */   OF: () => (/* binding */ fenced),
/* harmony export */   TN: () => (/* binding */ oneLine),
/* harmony export */   UJ: () => (/* binding */ inertText),
/* harmony export */   Uw: () => (/* binding */ cutBytes),
/* harmony export */   aY: () => (/* binding */ code),
/* harmony export */   ai: () => (/* binding */ number),
/* harmony export */   dh: () => (/* binding */ brief),
/* harmony export */   dp: () => (/* binding */ byteLength),
/* harmony export */   ee: () => (/* binding */ bytes),
/* harmony export */   p0: () => (/* binding */ duration),
/* harmony export */   uH: () => (/* binding */ clean),
/* harmony export */   zH: () => (/* binding */ details)
/* harmony export */ });
/* unused harmony exports escapeHtml, inert */
/** Text that came from files, servers and tools, made safe to show: in markdown, in HTML, on a runner's stdout. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])|\u009b[0-?]*[ -/]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all controls but tab and line feed
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Marks that reorder what is read: a name can pretend to be another.
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g;
/** Without ANSI sequences, control characters and bidi marks; every kind of line end is one `\n`. Tabs stay. */
function clean(text) {
    return text.replace(ANSI, '').replace(LINE_BREAKS, '\n').replace(CONTROLS, '').replace(BIDI, '');
}
/** `clean`, on one line: each run of line ends and the white space around it is one space. */
function oneLine(text) {
    return clean(text)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(' ');
}
/** At most `max` UTF-16 units, the last one `…` when something was left out. Never splits a code point. */
function cut(text, max) {
    if (text.length <= max)
        return text;
    const end = Math.max(0, max - 1);
    return `${text.slice(0, splitsPair(text, end) ? end - 1 : end)}…`;
}
function splitsPair(text, at) {
    const before = text.charCodeAt(at - 1);
    const after = text.charCodeAt(at);
    return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
/** `oneLine` and `cut`, without walking through megabytes to show a line of them. */
function brief(text, max) {
    return cut(oneLine(cut(text, max * 4 + 64)), max);
}
/** 4950 -> `4,950`. */
function number(value) {
    return Math.round(value)
        .toString()
        .replace(/\B(?=(?:\d{3})+$)/g, ',');
}
/** `1 migration`, `4,950 migrations`; `many` where an s is not enough. */
function plural(count, one, many = `${one}s`) {
    return `${number(count)} ${count === 1 ? one : many}`;
}
/** 1536 -> `1.5 kB`: powers of 1024, PostgreSQL's own unit names. */
function bytes(value) {
    let rest = value;
    for (const unit of ['bytes', 'kB', 'MB', 'GB', 'TB']) {
        if (Math.abs(rest) < 1024 || unit === 'TB')
            return `${unit === 'bytes' ? number(rest) : decimal(rest)} ${unit}`;
        rest /= 1024;
    }
    return `${value} bytes`;
}
/** Milliseconds in words: `12 ms`, `1.2 s`, `3 min 5 s`, `1 h 2 min`. */
function duration(ms) {
    if (ms < 1)
        return ms <= 0 ? '0 ms' : '<1 ms';
    if (ms < 999.5)
        return `${Math.round(ms)} ms`;
    if (ms < 59_950)
        return `${decimal(ms / 1000)} s`;
    const seconds = Math.round(ms / 1000);
    if (seconds < 3600)
        return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
    const minutes = Math.round(seconds / 60);
    return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}
function pair(large, largeUnit, small, smallUnit) {
    return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
function decimal(value) {
    return value >= 99.95 ? number(value) : value.toFixed(1).replace(/\.0$/, '');
}
function escapeHtml(text) {
    return clean(text)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;');
}
/** Mentions nobody, refers to no issue, and no address in it becomes a link: a zero-width space stands where GitHub would begin to read one. */
function unlinked(text) {
    return text
        .replace(/[@#](?=[^\s#])/g, '$&\u200b')
        .replace(/\bGH-(?=\d)/gi, '$&\u200b')
        .replace(/www(?=\.)|:(?=\/\/)/gi, '$&\u200b');
}
/** For a line of markdown, table cells included: read as these characters and nothing else. Mentions nobody, links to nothing. */
function escapeMarkdown(text) {
    return (unlinked(oneLine(text))
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('|', '&#124;')
        .replace(/[\\`*[\]~$]/g, '\\$&')
        // Inside a word an underscore is only itself: file names stay readable in the raw text.
        .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
        .replace(/^([-+=#])/, '\\$1')
        .replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2'));
}
/** Inline code that holds any text, table cells included. Plain backticks where they do, since summary.md is read as it stands too. */
function code(text) {
    const line = oneLine(text);
    if (line === '')
        return '<code></code>';
    if (!/[`|]/.test(line))
        return `\`${line}\``;
    return `<code>${line.replace(/[^\p{L}\p{N} ]/gu, (character) => `&#${character.codePointAt(0)};`)}</code>`;
}
/** Our own sentences: `code` between backticks, the rest escaped. Safe whatever a name in it holds. */
function prose(text) {
    const parts = oneLine(text).split('`');
    // An odd backtick has no partner: it is a character like any other.
    if (parts.length % 2 === 0)
        return escapeMarkdown(text);
    return parts.map((part, index) => (index % 2 === 1 ? code(part) : escapeAround(part, index === 0))).join('');
}
function escapeAround(part, first) {
    const lead = /^\s*/.exec(part)?.[0] ?? '';
    const trail = part.length > lead.length ? (/\s*$/.exec(part)?.[0] ?? '') : '';
    return `${first ? '' : lead}${escapeMarkdown(part)}${trail}`;
}
/** A fenced block that holds any text: the fence is longer than any run of backticks in it. */
function fenced(text, language = '') {
    const body = clean(text).replace(/\n+$/, '');
    let longest = 2;
    for (const run of body.match(/`+/g) ?? [])
        longest = Math.max(longest, run.length);
    const fence = '`'.repeat(longest + 1);
    return `${fence}${language}\n${body}\n${fence}`;
}
/** A folded part: `summary` is plain text, `body` is markdown. */
function details(summary, body) {
    return `<details><summary>${escapeHtml(unlinked(oneLine(summary)))}</summary>\n\n${body}\n\n</details>`;
}
/**
 * One line for a runner's stdout: no ANSI, no controls, no bidi marks, and no command. A line that starts with `::` is led by `> `,
 * `##[` gets a space: both can be seen, and what follows is copied as it was (an invisible character would be copied along).
 */
function inert(line) {
    const safe = clean(line).replaceAll('\n', ' ').replaceAll('##[', '## [');
    return /^\s*::/.test(safe) ? `> ${safe}` : safe;
}
/** `inert`, for each line of a text. */
function inertText(text) {
    return clean(text).split('\n').map(inert).join('\n');
}
/** UTF-8 bytes. */
function byteLength(text) {
    return Buffer.byteLength(text, 'utf8');
}
/** At most `max` UTF-8 bytes, at a whole code point. */
function cutBytes(text, max) {
    if (byteLength(text) <= max)
        return text;
    const buffer = Buffer.from(text, 'utf8');
    let end = max;
    // Back to the start of the code point that would be split.
    while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80)
        end -= 1;
    return buffer.subarray(0, end).toString('utf8');
}


/***/ }),

/***/ 626:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   QU: () => (/* binding */ formOf),
/* harmony export */   hl: () => (/* binding */ outcomeWithoutValues),
/* harmony export */   lO: () => (/* binding */ withoutValues),
/* harmony export */   tt: () => (/* binding */ lineWithoutValues),
/* harmony export */   vU: () => (/* binding */ isAboutRows)
/* harmony export */ });
const LONGEST_FORM = 1_000_000;
const LONGEST_SHOWN = 10_000;
/** Commands whose literals are rows; those of other commands are the schema. */
const ABOUT_ROWS = /^\s*(?:--[^\n]*\n\s*)*(?:insert|update|delete|merge|select|with|values|copy|execute)\b/i;
/** The text without its literals, and of a list of rows the first; two statements of one form do the same to other rows. */
function formOf(sql) {
    return cutAt(sql, LONGEST_FORM)
        .replace(/'(?:[^']|'')*(?:'|$)|(?<![$\w])\d+(?:\.\d+)?(?!["\w])/g, '?')
        .replace(/(\(\?[?\s,]*\))(?:\s*,\s*\(\?[?\s,]*\))+/g, '$1');
}
function cutAt(text, length) {
    return text.length > length ? `${text.slice(0, length)}…` : text;
}
function isAboutRows(sql) {
    return ABOUT_ROWS.test(sql);
}
/** A statement that is about rows without their values; any other as it is. */
function withoutValues(sql) {
    if (!isAboutRows(sql))
        return sql;
    return formOf(cutAt(sql, LONGEST_SHOWN));
}
/** A line that a tool printed, without the rows that the server or the tool's library put into it. */
function lineWithoutValues(line) {
    return line
        .replace(/\b(DETAIL:\s*).*$/, '$1(row data is not shown)')
        .replace(/(\bdetail: ').*(',?\s*)$/i, '$1(row data is not shown)$2')
        .replace(/(\bKey \([^)]*\)=\().*(\))/, '$1…$2')
        .replace(/(Failing row contains \().*/i, '$1…)')
        .replace(/(\[parameters: ).*/, '$1…]')
        .replace(/(invalid input [^:"]*: )".*/, '$1"…"');
}
/** The same for all that a run has to say of a tool's statements. */
function outcomeWithoutValues(outcome) {
    const { error } = outcome;
    const failedOnRows = error?.excerpt && ABOUT_ROWS.test(error.excerpt);
    return {
        ...outcome,
        migrations: outcome.migrations.map((migration) => ({
            ...migration,
            statements: migration.statements.map((one) => ({ ...one, sql: withoutValues(one.sql) })),
        })),
        hazards: outcome.hazards.map((hazard) => ({
            ...hazard,
            statement: hazard.statement === null ? null : withoutValues(hazard.statement),
        })),
        error: error && {
            ...error,
            message: error.message.split('\n').map(lineWithoutValues).join('\n'),
            // Its column would point somewhere else.
            excerpt: failedOnRows ? null : error.excerpt,
            column: failedOnRows ? null : error.column,
        },
    };
}


/***/ }),

/***/ 9369:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   DO: () => (/* binding */ refuseEvent),
/* harmony export */   E$: () => (/* binding */ inferEnvironment),
/* harmony export */   JM: () => (/* binding */ isVersionTag),
/* harmony export */   YM: () => (/* binding */ runAddress),
/* harmony export */   cO: () => (/* binding */ tagOf),
/* harmony export */   hp: () => (/* binding */ badPushedTag),
/* harmony export */   tl: () => (/* binding */ refuseTool),
/* harmony export */   yn: () => (/* binding */ identifyRun)
/* harmony export */ });
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4332);
/** What GitHub says of the run: who and where, which environment it means, and whether such an event may do this. */

/** The run as the GITHUB_* variables and the event tell it; outside Actions everything is null. */
function identifyRun(env, event) {
    const runId = env.GITHUB_RUN_ID || null;
    const attempt = env.GITHUB_RUN_ATTEMPT || null;
    const repository = env.GITHUB_REPOSITORY || null;
    const server = env.GITHUB_SERVER_URL || null;
    return {
        runId,
        attempt,
        repository,
        actor: env.GITHUB_ACTOR || null,
        sha: env.GITHUB_SHA || null,
        ref: env.GITHUB_REF || null,
        runUrl: server && repository && runId ? runAddress(server, repository, runId, attempt) : null,
        eventName: env.GITHUB_EVENT_NAME || null,
        workflow: env.GITHUB_WORKFLOW || null,
        job: env.GITHUB_JOB || null,
        pullRequest: pullRequestNumber(event),
    };
}
/** The page of a run. `server`: as `https://github.com`. */
function runAddress(server, repository, runId, attempt) {
    return `${server}/${repository}/actions/runs/${runId}${attempt === null ? '' : `/attempts/${attempt}`}`;
}
/** The environment where the input does not say it. What is not known to be something else is production. */
function inferEnvironment(door, env) {
    if (door === 'cli' && env.NODE_ENV === 'production')
        return { environment: 'production', source: 'NODE_ENV=production' };
    const ref = env.GITHUB_REF ?? '';
    const tag = tagOf(ref);
    if (tag !== null && isVersionTag(tag))
        return { environment: 'production', source: `tag ${tag}` };
    if (ref === 'refs/heads/staging')
        return { environment: 'staging', source: 'branch staging' };
    return { environment: 'production', source: 'assumed, the strict side' };
}
/** The name of the tag that `ref` is; null when it is none. */
function tagOf(ref) {
    return ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : null;
}
const NUMBER = '(?:0|[1-9][0-9]*)';
// A pre-release part is a number without leading zeros, or holds a letter or hyphen.
const PRE_RELEASE = `(?:${NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const BUILD = '[0-9A-Za-z-]+';
const VERSION_TAG = new RegExp(`^v${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRE_RELEASE}(?:\\.${PRE_RELEASE})*)?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`);
/** `v` and a semantic version (2.0.0), strictly. */
function isVersionTag(tag) {
    return VERSION_TAG.test(tag);
}
/** A tag that pushed us, which is no semantic version; else null. */
function badPushedTag(run) {
    const tag = run.eventName === 'push' ? tagOf(run.ref ?? '') : null;
    return tag === null || isVersionTag(tag) ? null : tag;
}
/** On the merge of somebody's branch, or of several that wait for it. */
const NOT_MERGED_YET = ['pull_request', 'pull_request_review', 'pull_request_review_comment', 'merge_group'];
/** Anybody with an account raises them, and they run with the secrets of the repository. */
const ANYBODYS = [
    'issue_comment',
    'issues',
    'commit_comment',
    'discussion',
    'discussion_comment',
    'fork',
    'watch',
    'gollum',
];
const ON_PULL_REQUESTS = ['dry-run', 'status', 'verify'];
function originOf(name, event) {
    if (name === 'pull_request_target' || ANYBODYS.includes(name))
        return 'anybody';
    if (name === 'merge_group')
        return 'not-merged';
    if (NOT_MERGED_YET.includes(name)) {
        const pullRequest = property(event, 'pull_request');
        return ofTwo(property(property(pullRequest, 'head'), 'repo'), property(property(pullRequest, 'base'), 'repo'));
    }
    if (name !== 'workflow_run')
        return 'merged';
    // With the secrets of this repository, after a workflow that a stranger may have started.
    const first = property(event, 'workflow_run');
    const origin = ofTwo(property(first, 'head_repository'), property(first, 'repository'));
    if (origin !== 'not-merged')
        return origin;
    const started = property(first, 'event');
    if (typeof started !== 'string' || started === 'workflow_run')
        return 'unreadable';
    return originOf(started, { pull_request: { head: { repo: SAME }, base: { repo: SAME } } });
}
const SAME = { full_name: 'same' };
function ofTwo(head, base) {
    const name = repositoryName(base);
    if (name === null)
        return 'unreadable';
    // The repository of the head is null once the fork was deleted.
    return repositoryName(head) === name ? 'not-merged' : 'fork';
}
/**
 * Why this event may not do this; null when it may.
 * @param event the parsed payload, or null when it could not be read: then a pull request counts as one from a fork.
 */
function refuseEvent(run, event, asked) {
    const { mode, environment, smokeTests } = asked;
    const name = run.eventName ?? '';
    const origin = originOf(name, event);
    if (origin === 'merged')
        return null;
    const executes = _inputs_js__WEBPACK_IMPORTED_MODULE_0__/* .MODE_TABLE */ .TL.some((spec) => spec.name === mode && spec.executes);
    if (origin !== 'not-merged' && (executes || (mode === 'verify' && smokeTests))) {
        const what = executes ? `mode ${mode}` : 'smoke-tests';
        return { reason: `${what} ${refused(origin, name)}`, next: INSTEAD[origin] };
    }
    if (origin === 'anybody')
        return null;
    if (!ON_PULL_REQUESTS.includes(mode)) {
        return {
            reason: `mode ${mode} is refused on ${name}: a pull request is rehearsed, never applied`,
            next: "Use mode 'dry-run' on pull requests, and apply on push or workflow_dispatch.",
        };
    }
    if (environment !== 'production')
        return null;
    return {
        reason: `production is refused on ${name}: what is not merged yet does not go near it`,
        next: "Set 'environment: staging' or 'environment: development', with the database-url of that database.",
    };
}
/**
 * Why nothing that may be a stranger's program is run on this event: a tool and its revisions, even to read them; null
 * when it may.
 */
function refuseTool(run, event) {
    const name = run.eventName ?? '';
    const origin = originOf(name, event);
    if (origin === 'merged' || origin === 'not-merged')
        return null;
    return { reason: `a migration tool ${refused(origin, name)}`, next: INSTEAD[origin] };
}
function refused(origin, name) {
    if (origin === 'fork') {
        return `is refused on a ${name === 'workflow_run' ? 'workflow_run of a fork' : 'pull request from a fork'}: its code is not ours`;
    }
    if (origin === 'unreadable') {
        return `is refused: the event of this ${name === 'workflow_run' ? name : 'pull request'} could not be read, so it counts as one from a fork`;
    }
    return `is refused on ${name}: it would run what anybody may have written with the secrets of this repository`;
}
const INSTEAD = {
    fork: "Push the branch to this repository to rehearse it, or run mode 'status' or 'verify' on SQL files.",
    unreadable: "Push the branch to this repository to rehearse it, or run mode 'status' or 'verify' on SQL files.",
    anybody: 'Use the event pull_request for dry runs, and push or workflow_dispatch to apply.',
};
function pullRequestNumber(event) {
    const number = property(property(event, 'pull_request'), 'number');
    return Number.isSafeInteger(number) ? number : null;
}
function repositoryName(repository) {
    const name = property(repository, 'full_name');
    return typeof name === 'string' && name !== '' ? name : null;
}
function property(value, name) {
    return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}


/***/ }),

/***/ 4332:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   TL: () => (/* binding */ MODE_TABLE),
/* harmony export */   ai: () => (/* binding */ EXIT_CODES),
/* harmony export */   cu: () => (/* binding */ findInput),
/* harmony export */   mc: () => (/* binding */ INPUTS),
/* harmony export */   wp: () => (/* binding */ isInputName)
/* harmony export */ });
/* unused harmony export OUTPUTS */
/**
 * The one table of inputs, outputs, modes and exit codes. action.yml, the README's tables and the command line's help
 * are generated from it, and the parser takes names, defaults and allowed values from it.
 */
const INPUTS = [
    {
        name: 'database-url',
        kind: 'secret',
        default: '',
        description: 'PostgreSQL URL; `env`, or empty outside production, reads `DATABASE_URL`, else `DATABASE_HOST`, `DATABASE_PORT`, `DATABASE_NAME`, `DATABASE_USER` and `DATABASE_PASSWORD`, else `PGHOST`, `PGDATABASE`, `PGUSER` and the like; the command line reads them whenever it is empty.',
        supported: true,
    },
    {
        name: 'rehearsal-database-url',
        kind: 'secret',
        default: '',
        description: 'Rehearse on this copy instead of the target, whose schema and applied migrations it must equal; `env` reads `REHEARSAL_DATABASE_URL`.',
        supported: true,
    },
    {
        name: 'ssl-root-cert',
        kind: 'text',
        default: '',
        description: 'Root certificate, as PEM text, as a file or `system`; it wins over the `sslrootcert` of the URL, whose `sslmode` has the meaning that libpq gives it.',
        supported: true,
    },
    {
        name: 'connect-timeout',
        kind: 'duration',
        default: '10s',
        description: 'How long connecting may take; `0` is no limit.',
        supported: true,
    },
    {
        name: 'mode',
        kind: 'choice',
        default: 'dry-run',
        description: 'What to do: see the table of modes.',
        supported: true,
        choices: ['dry-run', 'apply', 'status', 'verify', 'rollback', 'baseline', 'repair'],
        later: ['rollback', 'baseline'],
    },
    {
        name: 'environment',
        kind: 'choice',
        default: '',
        defaultNote: 'inferred',
        description: '`production`, `staging` or `development`; inferred, a tag `vX.Y.Z` (semantic version) is production, the branch `staging` is staging, and anything else counts as production, the strict side.',
        supported: true,
        choices: ['production', 'staging', 'development'],
    },
    {
        name: 'confirm-token',
        kind: 'secret',
        default: '',
        description: 'The phrase that the mode asks for in production, exactly: `MIGRATE-PRODUCTION` for `apply`.',
        supported: true,
    },
    {
        name: 'plan-digest',
        kind: 'text',
        default: '',
        description: 'Apply only if the plan computed now has this digest, the one that a dry run gave.',
        supported: true,
    },
    {
        name: 'review-delay',
        kind: 'duration',
        default: '',
        defaultNote: '`30s` in production, else `0`',
        description: 'Pause between the dry run and apply, in which cancelling changes nothing; `0` is no pause.',
        supported: true,
    },
    {
        name: 'engine',
        kind: 'choice',
        default: 'auto',
        description: 'What the migrations are: numbered SQL files (`sql`), Alembic revisions (`alembic`), or those of any other tool (`command`); `auto` is `alembic` where there is an `alembic.ini`, else `sql`.',
        supported: true,
        choices: ['auto', 'sql', 'alembic', 'command'],
    },
    {
        name: 'migrations-path',
        kind: 'path',
        default: '',
        defaultNote: 'found',
        description: 'Folder of migration files, inside the working directory; looked for in `migrations`, `db/migrations`, `database/migrations`, `supabase/migrations` and `scripts`, where two finds are an error.',
        supported: true,
    },
    {
        name: 'working-directory',
        kind: 'path',
        default: '.',
        description: 'Folder that all paths start from, inside the workspace.',
        supported: true,
    },
    {
        name: 'target-version',
        kind: 'text',
        default: '',
        defaultNote: 'latest',
        description: 'Stop after this version; with Alembic, after this revision.',
        supported: true,
    },
    {
        name: 'rollback-steps',
        kind: 'integer',
        default: '1',
        description: 'For `rollback`: how many migrations to undo, unless `target-version` is set.',
        supported: false,
    },
    {
        name: 'transaction-mode',
        kind: 'choice',
        default: 'per-migration',
        description: '`per-migration`, or `all`: every pending migration in one transaction (a non-transactional file is then refused by name).',
        supported: true,
        choices: ['per-migration', 'all'],
    },
    {
        name: 'allow-out-of-order',
        kind: 'boolean',
        default: 'false',
        description: 'Accept pending files that are older than the newest applied one.',
        supported: true,
    },
    {
        name: 'tracking-schema',
        kind: 'name',
        default: 'public',
        description: 'Schema where the tables of the gate live.',
        supported: true,
    },
    {
        name: 'lock-timeout',
        kind: 'duration',
        default: '2s',
        description: 'How long a statement of transactional work may wait for a lock; `0` is no limit.',
        supported: true,
    },
    {
        name: 'statement-timeout',
        kind: 'duration',
        default: '0',
        description: 'How long a statement may take; `0` is no limit.',
        supported: true,
    },
    {
        name: 'lock-retries',
        kind: 'integer',
        default: '5',
        description: 'Retries of a whole migration after a lock timeout, a deadlock or a serialization failure (55P03, 40P01, 40001 only), with backoff; the dry run is tried again as often.',
        supported: true,
        min: 0,
        max: 100,
    },
    {
        name: 'lock-wait',
        kind: 'duration',
        default: '60s',
        description: 'How long to wait for another gate on the same database; `0` does not wait.',
        supported: true,
    },
    {
        name: 'max-blocking',
        kind: 'duration',
        default: '1s',
        description: 'Dry run: roll back as soon as anyone else has waited on us for this long; `0` is no limit.',
        supported: true,
    },
    {
        name: 'max-exclusive',
        kind: 'duration',
        default: '',
        defaultNote: 'as `max-blocking`',
        description: 'Dry run: total time under ACCESS EXCLUSIVE on relations that existed, where standbys follow (their readers wait unseen); `0` is no limit.',
        supported: true,
    },
    {
        name: 'dry-run-timeout',
        kind: 'duration',
        default: '5m',
        description: 'How long the dry run may take in all; `0` is no limit.',
        supported: true,
    },
    {
        name: 'dry-run-max-bytes',
        kind: 'size',
        default: '1GB',
        description: 'A statement whose rehearsal would rewrite or touch more than this on the target is not run there; units are powers of 1024, `0` is no limit.',
        supported: true,
    },
    {
        name: 'fail-on',
        kind: 'choice',
        default: 'danger',
        description: '`danger`, `warning` or `none`: hazards at or above it refuse the apply.',
        supported: true,
        choices: ['danger', 'warning', 'none'],
    },
    {
        name: 'allow-hazards',
        kind: 'list',
        default: '',
        description: 'Ids of the hazard rules that are accepted for this run.',
        supported: true,
    },
    {
        name: 'assume-rows',
        kind: 'integer',
        default: '0',
        description: 'Judge every table that exists already as if it had at least this many rows, for a staging database smaller than production.',
        supported: true,
        min: 0,
    },
    {
        name: 'rehearse-rollback',
        kind: 'boolean',
        default: '',
        defaultNote: '`true` where down files exist',
        description: 'The dry run goes up, down and up again.',
        supported: true,
    },
    {
        name: 'settle',
        kind: 'list',
        default: '',
        description: 'For `repair`, where the database does not tell: `<version>=applied` (all of it is done), `=pending` (none of it), `=done` or `=again` (the statement that was interrupted was finished, or was not).',
        supported: true,
    },
    {
        name: 'settle-reason',
        kind: 'text',
        default: '',
        description: 'Why, for the history; needed with `settle`.',
        supported: true,
    },
    {
        name: 'critical-tables',
        kind: 'list',
        default: '',
        description: 'Tables that must exist at the end, as `schema.table` or `table`; checked in the dry run and again after apply.',
        supported: true,
    },
    {
        name: 'critical-indexes',
        kind: 'list',
        default: '',
        description: 'Indexes that must exist, valid and ready; checked likewise.',
        supported: true,
    },
    {
        name: 'smoke-tests',
        kind: 'path',
        default: '',
        description: 'Glob of `.sql` files run read-only in the dry run and after apply; each statement returns no row, or only `true`; `-- gate: uses-index <name>` above one asserts its plan.',
        supported: true,
    },
    {
        name: 'backup',
        kind: 'choice',
        default: '',
        defaultNote: '`marker` in production, else `none`',
        description: '`none`, or `marker`: a restore point or the WAL position, taken just before apply.',
        supported: true,
        choices: ['none', 'marker', 'dump'],
        later: ['dump'],
    },
    {
        name: 'backup-path',
        kind: 'path',
        default: '',
        description: 'Where `backup: dump` writes.',
        supported: false,
    },
    {
        name: 'show-data',
        kind: 'boolean',
        default: 'false',
        description: 'Show row data (DETAIL, key values); otherwise it is replaced by counts in everything that we write.',
        supported: true,
    },
    {
        name: 'alembic-config',
        kind: 'path',
        default: 'alembic.ini',
        description: 'For `engine: alembic`: its configuration, inside the working directory.',
        supported: true,
    },
    {
        name: 'alembic-command',
        kind: 'text',
        default: '',
        defaultNote: 'found',
        description: 'For `engine: alembic`: how to run it, such as `uv run alembic`.',
        supported: true,
    },
    {
        name: 'command',
        kind: 'text',
        default: '',
        description: 'For `engine: command`: the apply command of the migration tool, such as `npx node-pg-migrate up`; split by quoting rules, and run without a shell.',
        supported: true,
    },
    {
        name: 'command-probe',
        kind: 'text',
        default: '',
        description: 'For `engine: command`: a harmless command of the same tool, such as its status, by which we see that it connects through us; needed by `dry-run` and `apply`.',
        supported: true,
    },
    {
        name: 'database-url-env',
        kind: 'list',
        default: 'DATABASE_URL',
        description: 'For `alembic` and `command`: the variables through which the tool is given its URL, `NAME` or `NAME=template` with `{url} {host} {port} {user} {password} {database}`.',
        supported: true,
    },
    {
        name: 'artifact-name',
        kind: 'name',
        default: '',
        defaultNote: '`migration-log-<environment>-<mode>-<run id>-<attempt>`',
        description: 'Name of the artifact; when it is taken, `-2`, `-3` and so on follow it.',
        supported: true,
    },
    {
        name: 'artifact-retention-days',
        kind: 'integer',
        default: '',
        defaultNote: 'as the repository says',
        description: 'How many days the artifact is kept.',
        supported: true,
        min: 1,
        max: 400,
    },
    {
        name: 'upload-artifact',
        kind: 'boolean',
        default: 'true',
        description: 'Upload `migration-log/` as an artifact at the end, and the plan as one of its own before a review pause.',
        supported: true,
    },
    {
        name: 'github-token',
        kind: 'secret',
        default: '',
        description: 'Needed only for comments (`pull-requests: write`) and releases (`contents: write`); `env` reads `GITHUB_TOKEN`.',
        supported: true,
    },
    {
        name: 'comment-on-pr',
        kind: 'boolean',
        default: 'true',
        description: 'Comment on pull_request events, when a token is given; one comment, kept up to date.',
        supported: true,
    },
    {
        name: 'create-release',
        kind: 'boolean',
        default: 'false',
        description: 'Create a release on a semantic version tag, after a verified apply.',
        supported: true,
    },
    {
        name: 'notify-url',
        kind: 'secret',
        default: '',
        description: 'Slack- or Discord-compatible webhook, told once how the run ended; `env` reads `NOTIFY_URL`.',
        supported: true,
    },
];
const BY_NAME = new Map(INPUTS.map((spec) => [spec.name, spec]));
function isInputName(name) {
    return BY_NAME.has(name);
}
/** The spec of `name`; null when there is no such input. */
function findInput(name) {
    return BY_NAME.get(name) ?? null;
}
const OUTPUTS = [
    {
        name: 'result',
        description: '`dry-run-passed`, `up-to-date`, `applied`, `verified`, `reported`, `rolled-back`, `baselined`, `repaired`, `failed`, `refused`, `dry-run-inconclusive` or `cancelled`.',
    },
    {
        name: 'database-state',
        description: '`unchanged`, `migrated`, `partially-migrated`, `rolled-back` or `unknown`, proved by reading the database back.',
    },
    { name: 'environment', description: '`production`, `staging` or `development`, as given or inferred.' },
    { name: 'previous-version', description: 'Newest version that was applied before this run; empty for none.' },
    { name: 'current-version', description: 'Newest version that is applied now; empty for none.' },
    { name: 'pending-count', description: 'How many migrations were pending when the plan was made.' },
    { name: 'pending', description: 'The pending migrations, as JSON: `[{"version","name","file"}]`.' },
    { name: 'applied-count', description: 'How many migrations this run applied.' },
    { name: 'applied', description: 'The migrations that this run applied, as JSON of the same shape.' },
    { name: 'plan-digest', description: 'Digest of the plan, to be given to an apply as `plan-digest`.' },
    { name: 'hazard-count', description: 'How many hazards were found.' },
    { name: 'hazards', description: 'The hazards, worst first, as JSON; all of them are in `report.json`.' },
    { name: 'log-path', description: 'Absolute path of `migration.log`.' },
    { name: 'report-path', description: 'Absolute path of `report.json`.' },
    { name: 'artifact-name', description: 'Name of the artifact.' },
    { name: 'artifact-id', description: 'Id of the uploaded artifact; empty when nothing was uploaded.' },
    { name: 'artifact-url', description: 'Address of the uploaded artifact; empty when nothing was uploaded.' },
    { name: 'duration-ms', description: 'How long the run took, in milliseconds.' },
];
const MODE_TABLE = [
    {
        name: 'dry-run',
        description: 'inspect, plan, dry run, report; nothing is kept',
        phrase: null,
        executes: true,
        supported: true,
    },
    {
        name: 'apply',
        description: 'inspect, plan, dry run, review, apply, verify, report',
        phrase: 'MIGRATE-PRODUCTION',
        executes: true,
        supported: true,
    },
    {
        name: 'status',
        description: 'inspect, plan, report; read-only, works on a standby',
        phrase: null,
        executes: false,
        supported: true,
    },
    {
        name: 'verify',
        description: 'inspect, verify, report; read-only; pending files fail it',
        phrase: null,
        executes: false,
        supported: true,
    },
    {
        name: 'rollback',
        description: 'undo the newest migrations by their down files, rehearsed first',
        phrase: 'ROLLBACK-PRODUCTION',
        executes: true,
        supported: false,
    },
    {
        name: 'baseline',
        description: 'record files up to `target-version` as applied without running them',
        phrase: 'MIGRATE-PRODUCTION',
        executes: true,
        supported: false,
    },
    {
        name: 'repair',
        description: 'inspect, settle interrupted and failed records, report',
        phrase: 'MIGRATE-PRODUCTION',
        executes: true,
        supported: true,
    },
];
const EXIT_CODES = [
    { code: 0, description: 'done: the dry run passed, up to date, applied and verified, verified, or reported' },
    { code: 1, description: 'failed, database unchanged: no connection, bad files, or SQL that failed and was undone' },
    { code: 2, description: 'bad input, decided before connecting; database unchanged' },
    {
        code: 3,
        description: 'refused, the dry run was inconclusive, or status found records to settle; database unchanged',
    },
    { code: 4, description: 'applied, not verified' },
    { code: 5, description: 'refused: another gate holds the lock; database unchanged' },
    { code: 6, description: 'cancelled; database unchanged' },
    { code: 7, description: 'partially migrated, or its state could not be read back' },
];


/***/ }),

/***/ 8607:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  p7: () => (/* binding */ engineProblems),
  gW: () => (/* binding */ passwordsIn),
  ye: () => (/* binding */ readCommandLine),
  rW: () => (/* binding */ readUrlVariables)
});

// UNUSED EXPORTS: PLACEHOLDERS

// EXTERNAL MODULE: ./src/request/url.ts
var url = __nccwpck_require__(7800);
// EXTERNAL MODULE: ./src/request/values.ts
var values = __nccwpck_require__(671);
;// CONCATENATED MODULE: ./src/request/words.ts
/**
 * A command line as words, by the shell's quoting rules and without a shell. What a shell would do besides is refused and
 * never handed on as an argument: `migrate && seed` would run `migrate` with two words that it may well pass over.
 */
/** One piece of a word, or what stands between two; together they take in any text. */
const PIECE = /(?<continued>\\\n)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<space>[ \t]+)|(?<shell>&&|\|\||;;|>>|<<|\$\(|[|&;<>()$`*?[{]|\r?\n|\r)|(?<plain>[^\\'" \t|&;<>()$`*?[{\r\n]+)|(?<open>['"\\])/gsy;
/** Where a variable is set before the program's name. */
const ASSIGNMENT = /^([A-Za-z_]\w*)\+?=/;
/** Splits a command line into words, or says everything that is wrong with it. */
function splitWords(text) {
    const words = [];
    const forShell = [];
    const problems = [];
    /** Null: between two words. '' is a word: `""`. */
    let word = null;
    const place = (index) => `character ${[...text.slice(0, index)].length + 1}`;
    for (const piece of text.matchAll(PIECE)) {
        const { escaped, single, double, space, shell, plain, open } = piece.groups ?? {};
        const at = piece.index;
        if (space !== undefined) {
            if (word !== null)
                words.push(word);
            word = null;
        }
        if (shell !== undefined)
            forShell.push(`${nameOf(shell)} (${place(at)})`);
        if (open !== undefined) {
            problems.push(open === '\\'
                ? 'it ends in a single `\\`, which escapes nothing'
                : `the ${open} at ${place(at)} is never closed`);
            // What follows may be text of the string that was not closed.
            break;
        }
        if (plain !== undefined) {
            const variable = word === null && words.length === 0 ? ASSIGNMENT.exec(plain)?.[1] : undefined;
            if (variable !== undefined)
                problems.push(`\`${variable}=\` (${place(at)}) sets a variable, which only a shell does; set it in \`env:\` of the step`);
            if (word === null && plain.startsWith('#'))
                forShell.push(`\`#\` (${place(at)})`);
            // `NAME=~` and `NAME=a:~` are a home directory too.
            const home = plain.indexOf('~');
            if (home >= 0 && /(?:^|[=:])~/.test((word ?? '') + plain))
                forShell.push(`\`~\` (${place(at + home)})`);
        }
        if (double !== undefined) {
            for (const inner of double.matchAll(/\\.|(\$\(|[$`])/gs))
                if (inner[1] !== undefined)
                    forShell.push(`${nameOf(inner[1])} (${place(at + 1 + inner.index)})`);
        }
        // A backslash in double quotes escapes only what would mean something there.
        const part = plain ?? escaped ?? single ?? double?.replace(/\\([\\"$`\n])/g, (_, char) => (char === '\n' ? '' : char));
        if (part !== undefined)
            word = (word ?? '') + part;
    }
    if (word !== null)
        words.push(word);
    if (forShell.length > 0)
        problems.push(`${forShell.join(', ')}: that is a shell's work, and no shell runs this; put the line into a script file and name that (\`bash migrate.sh\`), or put what is meant as text into single quotes`);
    if (text.includes('\0'))
        problems.push('it holds a NUL character, which no argument can');
    if (problems.length === 0 && (words[0] ?? '') === '')
        problems.push('it names no program');
    return problems.length > 0 ? { kind: 'bad', problems } : { kind: 'words', words };
}
function nameOf(operator) {
    if (/[\r\n]/.test(operator))
        return 'a line break';
    return operator === '`' ? 'a backtick' : `\`${operator}\``;
}

;// CONCATENATED MODULE: ./src/request/tool.ts



/** Reads a command line; none that names a database by itself is taken, as every process of the machine sees it. */
function readCommandLine(text) {
    const reading = splitWords(text);
    if (reading.kind === 'bad')
        return { words: [], problems: reading.problems };
    const problems = [];
    if (reading.words.some((word) => passwordsIn(word).length > 0))
        problems.push('it holds a password, and a command line is seen by every process of the machine; no secret stands here: the tool is given its URL by database-url-env');
    else if (reading.words.some((word) => /postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(word)))
        problems.push('it holds the URL of a database, so that the tool would go past the rehearsal; the tool is given its URL by database-url-env');
    return { words: problems.length > 0 ? [] : reading.words, problems };
}
const PLACEHOLDERS = ['url', 'host', 'port', 'user', 'password', 'database'];
const PLACEHOLDER = new RegExp(`\\{(?:${PLACEHOLDERS.join('|')})\\}`, 'g');
const PLACEHOLDER_FORM = PLACEHOLDERS.map((name) => `{${name}}`).join(' ');
/**
 * Reads `NAME` and `NAME=template`, separated by commas or new lines.
 * @param show a value as a message may repeat it
 */
function readUrlVariables(text, show) {
    const problems = [];
    const variables = [];
    for (const item of (0,values/* parseList */.E1)(text)) {
        const equals = item.indexOf('=');
        const name = equals < 0 ? item : item.slice(0, equals);
        const template = equals < 0 ? null : item.slice(equals + 1);
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
            problems.push(`${show(name)} is no name of a variable; allowed: letters, digits and _, no digit first, such as DATABASE_URL or APP_DSN=jdbc:postgresql://{host}:{port}/{database}`);
            continue;
        }
        if (variables.some((other) => other.name === name))
            problems.push(`${show(name)} is given twice`);
        const fault = template === null ? null : templateFault(template, show);
        if (fault !== null)
            problems.push(`the template of ${show(name)} ${fault}`);
        variables.push({ name, template });
    }
    if (variables.length === 0 && problems.length === 0)
        problems.push('it names no variable');
    return { variables, problems };
}
function templateFault(template, show) {
    const fixed = template.replace(PLACEHOLDER, '');
    if (passwordsIn(template).length > 0)
        return 'holds a password of its own; write {password}, which is that of the run';
    if (fixed === template && !/[{}]/.test(fixed))
        return `has none of ${PLACEHOLDER_FORM}; what never changes belongs in \`env:\` of the step`;
    const unknown = /\{[^{}]*\}|[{}]/.exec(fixed)?.[0];
    return unknown === undefined ? null : `holds ${show(unknown)}; allowed: ${PLACEHOLDER_FORM}`;
}
/** The passwords that somebody wrote into a command line or a template, in every form, with the piece that each stands in. */
function passwordsIn(text) {
    return text
        .replace(PLACEHOLDER, '')
        .split(/[\s'",]+/)
        .flatMap((piece) => {
        const secrets = (0,url/* secretsInUrl */.Ct)(piece);
        // The first is the piece itself, which is a secret only when it holds one.
        return secrets.some((secret) => secret !== piece) ? secrets : [];
    });
}
const OWN_WAYS = 'any other tool has its own ways; leave it out';
const RULES = [
    {
        input: 'migrations-path',
        engines: ['sql'],
        isSet: (asked) => asked.migrationsPath !== null,
        why: 'any other tool finds its migrations by its own configuration; leave it out',
    },
    {
        input: 'target-version',
        engines: ['sql', 'alembic'],
        isSet: (asked) => asked.targetVersion !== null,
        why: 'a command decides by itself what it applies; leave it out',
    },
    {
        input: 'transaction-mode',
        engines: ['sql'],
        isSet: (asked) => asked.transactionMode === 'all',
        why: OWN_WAYS,
    },
    {
        input: 'allow-out-of-order',
        engines: ['sql'],
        isSet: (asked) => asked.allowOutOfOrder,
        why: OWN_WAYS,
    },
    {
        input: 'settle',
        engines: ['sql'],
        isSet: (asked) => asked.settle.words.size > 0,
        why: "the tool's own command settles its records",
    },
    {
        input: 'rehearse-rollback',
        engines: ['sql'],
        isSet: (asked) => asked.rehearseRollback === true,
        why: OWN_WAYS,
    },
    {
        input: 'alembic-config',
        engines: ['alembic'],
        isSet: (asked) => asked.alembicConfig !== DEFAULT_ALEMBIC_CONFIG,
        why: 'nothing else reads it; leave it out',
    },
    {
        input: 'alembic-command',
        engines: ['alembic'],
        isSet: (asked) => asked.alembicCommand !== null,
        why: 'nothing else runs it; leave it out',
    },
    {
        input: 'command',
        engines: ['command'],
        isSet: (asked) => asked.command !== null,
        why: 'say which is meant: set `engine: command`, or leave it out',
    },
    {
        input: 'command-probe',
        engines: ['command'],
        isSet: (asked) => asked.commandProbe !== null,
        why: 'say which is meant: set `engine: command`, or leave it out',
    },
    {
        input: 'database-url-env',
        engines: ['alembic', 'command'],
        isSet: ({ urlVariables: [first, ...more] }) => more.length > 0 || first?.name !== DEFAULT_URL_VARIABLE || first.template !== null,
        why: 'no other engine runs a tool that would be given a URL; leave it out',
    },
];
const DEFAULT_ALEMBIC_CONFIG = 'alembic.ini';
const DEFAULT_URL_VARIABLE = 'DATABASE_URL';
/**
 * What was asked for that a run by this engine would not do. `auto` may still become `sql` or `alembic`: ask again with
 * the one that it became.
 */
function engineProblems(engine, asked) {
    const possible = engine === 'auto' ? ['sql', 'alembic'] : [engine];
    const problems = RULES.filter((rule) => rule.isSet(asked) && !rule.engines.some((honours) => possible.includes(honours))).map(({ input, engines, why }) => ({
        input,
        message: `it goes with engine ${engines.join(' or ')} only, and this is engine ${engine}; ${why}`,
    }));
    if (engine === 'command' && asked.command === null)
        problems.push({
            input: 'command',
            message: "`engine: command` needs it: the tool's apply command, such as `npx node-pg-migrate up`",
        });
    return problems;
}


/***/ }),

/***/ 7800:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Ct: () => (/* binding */ secretsInUrl),
/* harmony export */   O0: () => (/* binding */ channelBindingOf),
/* harmony export */   Q8: () => (/* binding */ hostProblem),
/* harmony export */   Sr: () => (/* binding */ readPort),
/* harmony export */   dH: () => (/* binding */ addForms),
/* harmony export */   wo: () => (/* binding */ readUrl),
/* harmony export */   yj: () => (/* binding */ SSL_MODES)
/* harmony export */ });
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'];
/** The word as `channel_binding` knows it; undefined: it is none. */
function channelBindingOf(text) {
    return CHANNEL_BINDINGS.find((candidate) => candidate === text);
}
const ENCODE = 'percent-encode such characters in the user name and the password (`#` as %23, `/` as %2F, `?` as %3F)';
const FORM = 'postgres://user:password@host:5432/database';
/** Every parameter that may stand behind the `?`. */
const CONNECTION_PARAMETERS = ['host', 'port', 'user', 'password', 'dbname'];
const OTHER_PARAMETERS = [
    'sslmode',
    'sslrootcert',
    'connect_timeout',
    // We name our sessions ourselves: whoever looks at a lock must see which run holds it.
    'application_name',
    'target_session_attrs',
    'channel_binding',
    'uselibpqcompat',
];
const WRITABLE_SESSIONS = ['any', 'read-write', 'primary'];
/** Reads a URL, or says everything that is wrong with it. */
function readUrl(text) {
    const shape = shapeProblem(text);
    if (shape !== null)
        return { kind: 'bad', problems: [shape] };
    const rest = text.slice(text.indexOf('://') + 3);
    const authorityEnd = rest.search(/[/?]/);
    const authority = authorityEnd < 0 ? rest : rest.slice(0, authorityEnd);
    const tail = authorityEnd < 0 ? '' : rest.slice(authorityEnd);
    // An @ behind the first / or ? means that one of those is part of the password.
    if (tail.includes('@'))
        return { kind: 'bad', problems: [`it holds an unencoded \`/\` or \`?\` before the @; ${ENCODE}`] };
    const queryStart = tail.indexOf('?');
    const path = queryStart < 0 ? tail : tail.slice(0, queryStart);
    const problems = [];
    const parameters = readParameters(queryStart < 0 ? '' : tail.slice(queryStart + 1), problems);
    const parts = readAuthority(authority, problems);
    const databasePath = path.slice(1);
    if (databasePath.includes('/'))
        problems.push('the database name holds a `/`; write one name, or percent-encode it (%2F)');
    const database = decode(databasePath, 'the database name', problems);
    // As in libpq the parameters may carry the parts; but one part given twice is somebody's mistake.
    const pick = (name, given) => {
        const parameter = parameters.get(name) ?? '';
        if (given !== null && given !== '' && parameter !== '')
            problems.push(`\`${name}\` is given twice, in the URL and as a parameter`);
        return given || parameter;
    };
    const host = pick('host', parts.host);
    const portText = pick('port', parts.port);
    const user = pick('user', parts.user);
    const password = pick('password', parts.password);
    const name = pick('dbname', database);
    const hostFault = hostProblem(host);
    if (hostFault !== null)
        problems.push(hostFault);
    const port = portText === '' ? 5432 : readPort(portText);
    if (port === null)
        problems.push('the port is not a number from 1 to 65535');
    if (user === '' && !parts.broken)
        problems.push(`it names no user, and no default completes it; write ${FORM}`);
    if (name === '' && database !== null)
        problems.push(`it names no database, and no default completes it; write ${FORM}`);
    const sslMode = readSslMode(parameters.get('sslmode'), problems);
    const channelBinding = channelBindingOf(parameters.get('channel_binding') ?? 'prefer');
    if (channelBinding === undefined)
        problems.push(`the parameter \`channel_binding\` must be one of ${CHANNEL_BINDINGS.join(', ')}`);
    const connectTimeoutMs = readConnectTimeout(parameters.get('connect_timeout'), problems);
    if (problems.length > 0 || port === null)
        return { kind: 'bad', problems };
    const sslRootCert = parameters.get('sslrootcert') || null;
    return {
        kind: 'url',
        url: {
            host,
            port,
            database: name,
            user,
            password: password === '' ? null : password,
            sslMode,
            sslRootCert,
            channelBinding: parameters.has('channel_binding') ? (channelBinding ?? null) : null,
            connectTimeoutMs,
        },
    };
}
/** What can be said before the URL is taken apart; null when it looks like a URL. */
function shapeProblem(text) {
    if (text.trim() === '')
        return 'it holds white space only';
    if (text.trim() !== text)
        return 'it begins or ends with white space (a line break at the end of the secret?); take that out';
    if (/^["'`]|["'`]$/.test(text))
        return 'it has quotes around it; take them out';
    if (/^postgres(ql)?(\+[a-z0-9_]+)?:\/\//i.test(text)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a URL is what we look for.
        if (/[\u0000-\u001f\u007f]/.test(text))
            return 'it holds a line break or another control character; take that out';
        if (text.includes('#'))
            return `it holds an unencoded \`#\`; ${ENCODE}`;
        return null;
    }
    if (/^\s*(host|hostaddr|port|dbname|user|password|service|sslmode)\s*=/i.test(text)) {
        return `it is a connection string of keywords (host=... user=...); write it as a URL: ${FORM}`;
    }
    if (/^jdbc:/i.test(text))
        return `it is a JDBC URL; write ${FORM}`;
    return `it does not begin with postgres:// or postgresql://; write ${FORM}`;
}
function readAuthority(authority, problems) {
    const at = authority.lastIndexOf('@');
    const userInfo = at < 0 ? '' : authority.slice(0, at);
    const colon = userInfo.indexOf(':');
    const user = decode(colon < 0 ? userInfo : userInfo.slice(0, colon), 'the user name', problems);
    const password = colon < 0 ? null : decode(userInfo.slice(colon + 1), 'the password', problems);
    return { user, password, broken: user === null, ...readHostAndPort(authority.slice(at + 1), problems) };
}
function readHostAndPort(text, problems) {
    if (text.includes(',')) {
        problems.push('it names more than one host; a migration needs the one that takes writes');
        return { host: 'several', port: null };
    }
    const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
    if (bracketed) {
        const address = bracketed[1] ?? '';
        if (!/^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%25[a-z0-9]+)?$/i.test(address)) {
            problems.push('what stands in the brackets is not an IPv6 address');
            return { host: 'address', port: null };
        }
        return { host: address.replace('%25', '%'), port: emptyPortIsBad(bracketed[2]) };
    }
    const [host = '', port, ...more] = text.split(':');
    if (more.length > 0) {
        problems.push('its host and port hold more than one `:`; write an IPv6 address in brackets, as in [::1]:5432');
        return { host: 'address', port: null };
    }
    return { host: decode(host, 'the host', problems) ?? 'undecodable', port: emptyPortIsBad(port) };
}
/** `host:/db` comes of a variable that was empty; it is no way to ask for the default. */
function emptyPortIsBad(port) {
    return port === undefined ? null : port === '' ? 'empty' : port;
}
/** Why `host` can't be one; null when it can. A leading `/` is the folder of a unix socket. */
function hostProblem(host) {
    if (host === '')
        return `it names no host, and no default completes it; write ${FORM}`;
    if (host.startsWith('/'))
        return null;
    if (host.includes(','))
        return 'it names more than one host; a migration needs the one that takes writes';
    if (/[\s"'`<>\\^{}|@#?$/[\]=]/.test(host))
        return 'its host holds a character that no host name has';
    return null;
}
/** 1 to 65535, or null. */
function readPort(text) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    return port >= 1 && port <= 65_535 ? port : null;
}
function readParameters(query, problems) {
    const parameters = new Map();
    for (const pair of query.split('&')) {
        if (pair === '')
            continue;
        const equals = pair.indexOf('=');
        const name = equals < 0 ? '' : pair.slice(0, equals);
        // What is no plain word may be a piece of the password, so it is not repeated.
        if (!/^[a-z_]{1,30}$/i.test(name)) {
            problems.push(`what follows the \`?\` is not name=value; if the \`?\` belongs to the password, ${ENCODE}`);
            continue;
        }
        const fault = parameterProblem(name);
        if (fault !== null) {
            problems.push(fault);
            continue;
        }
        if (parameters.has(name))
            problems.push(`the parameter \`${name}\` is given twice`);
        const value = decode(pair.slice(equals + 1), `the parameter \`${name}\``, problems);
        if (value !== null)
            parameters.set(name, value);
        if (name === 'target_session_attrs' && value !== null && !WRITABLE_SESSIONS.includes(value)) {
            problems.push(`the parameter \`target_session_attrs\` must be one of ${WRITABLE_SESSIONS.join(', ')}`);
        }
    }
    return parameters;
}
function parameterProblem(name) {
    const known = [...CONNECTION_PARAMETERS, ...OTHER_PARAMETERS];
    if (known.includes(name))
        return null;
    if (name === 'options') {
        return 'the parameter `options` is refused: settings behind our back would change what is rehearsed; set them on the role or in the files';
    }
    if (['sslcert', 'sslkey', 'sslpassword'].includes(name)) {
        return `the parameter \`${name}\` (client certificates) is not supported yet`;
    }
    if (name === 'ssl')
        return 'the parameter `ssl` is not known; write `sslmode`, as in sslmode=require';
    return `the parameter \`${name}\` is not known; allowed: ${known.join(', ')}`;
}
function readSslMode(text, problems) {
    if (text === undefined)
        return null;
    const mode = SSL_MODES.find((candidate) => candidate === text);
    if (mode === undefined)
        problems.push(`its \`sslmode\` is not one of ${SSL_MODES.join(', ')}`);
    return mode ?? null;
}
function readConnectTimeout(text, problems) {
    if (text === undefined)
        return null;
    if (/^\d{1,6}$/.test(text))
        return Number(text) * 1000;
    problems.push('its `connect_timeout` is not a whole number of seconds');
    return null;
}
/** Percent-decoded; null, with a problem, when it can't be. */
function decode(text, what, problems) {
    let decoded;
    try {
        decoded = decodeURIComponent(text);
    }
    catch {
        problems.push(`${what} holds a \`%\` that begins no valid escape; a \`%\` itself is written %25`);
        return null;
    }
    if (!decoded.includes('\0'))
        return decoded;
    problems.push(`${what} holds a zero byte (%00), which PostgreSQL does not take`);
    return null;
}
/**
 * What of a URL must never be seen: all of it, and its password as written, decoded and encoded. It works on a URL that is
 * wrong too, and then rather hides too much.
 */
function secretsInUrl(text) {
    if (text.trim() === '')
        return [];
    const found = new Set([text, text.trim()]);
    const rest = text.includes('://') ? text.slice(text.indexOf('://') + 3) : '';
    const authority = rest.split(/[/?#]/, 1)[0] ?? '';
    for (const part of [authority, rest]) {
        const userInfo = part.slice(0, Math.max(0, part.lastIndexOf('@')));
        const colon = userInfo.indexOf(':');
        if (colon >= 0)
            addForms(userInfo.slice(colon + 1), found);
    }
    for (const match of text.matchAll(/password\s*=\s*('(?:[^'\\]|\\.)*'|[^&\s#]*)/gi)) {
        addForms((match[1] ?? '').replace(/^'|'$/g, ''), found);
    }
    found.delete('');
    return [...found];
}
/** Adds a password in every form in which something may print it. */
function addForms(written, found) {
    found.add(written);
    let decoded = written;
    try {
        decoded = decodeURIComponent(written);
    }
    catch {
        // Not encoded text: then it is the password as it stands.
    }
    found.add(decoded);
    for (const text of [written, decoded]) {
        try {
            found.add(encodeURIComponent(text));
        }
        catch {
            // A lone surrogate has no encoded form that could be printed.
        }
    }
}


/***/ }),

/***/ 671:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   DB: () => (/* binding */ parseSize),
/* harmony export */   E1: () => (/* binding */ parseList),
/* harmony export */   E9: () => (/* binding */ parseDuration),
/* harmony export */   F$: () => (/* binding */ SIZE_FORM),
/* harmony export */   SP: () => (/* binding */ shown),
/* harmony export */   cG: () => (/* binding */ parseInteger),
/* harmony export */   ec: () => (/* binding */ DURATION_FORM),
/* harmony export */   h: () => (/* binding */ suggestion),
/* harmony export */   x_: () => (/* binding */ equalInConstantTime),
/* harmony export */   yG: () => (/* binding */ parseBoolean)
/* harmony export */ });
/* unused harmony export closest */
/** Readers of single values: text in, value or null out. What is allowed is said by `*_FORM`, for the messages. */
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** PostgreSQL's own limit for a timeout, and a timer's: about 24 days. */
const MAX_DURATION_MS = 2_147_483_647;
const DURATION_FORM = 'a whole number with `ms`, `s`, `m` or `h` (500ms, 30s, 5m), up to 24 days; 0 for none';
/** Milliseconds; null when it is not a duration. A number without a unit is refused: 30 what? */
function parseDuration(text) {
    if (text === '0')
        return 0;
    const match = /^(\d{1,10})(ms|s|m|h)$/.exec(text);
    if (!match)
        return null;
    const ms = Number(match[1]) * UNIT_MS[match[2]];
    return ms <= MAX_DURATION_MS ? ms : null;
}
const UNIT_BYTES = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const SIZE_FORM = 'a whole number with `B`, `kB`, `MB`, `GB` or `TB`, powers of 1024 written as PostgreSQL does (64kB, 500MB, 1GB); 0 for no limit';
/** Bytes; 0 is no limit; null when it is not a size. Units are powers of 1024, as PostgreSQL counts. */
function parseSize(text) {
    if (text === '0')
        return 0;
    const match = /^(\d{1,15})(B|kB|MB|GB|TB)$/.exec(text);
    if (!match)
        return null;
    const bytes = Number(match[1]) * UNIT_BYTES[match[2]];
    return Number.isSafeInteger(bytes) ? bytes : null;
}
/** A whole number without sign; null when it is not one. */
function parseInteger(text) {
    return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
function parseBoolean(text) {
    return text === 'true' ? true : text === 'false' ? false : null;
}
/** Commas or new lines; trimmed; empty items dropped. */
function parseList(text) {
    return text
        .split(/[,\r\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== '');
}
const SHOWN_LENGTH = 80;
const WITHHELD = '(not shown: it may hold a secret)';
/**
 * A value as a message may repeat it: quoted, cut, without control or direction characters; withheld when it may hold a
 * secret, which happens when somebody puts a URL into the wrong input.
 */
function shown(value, secrets = []) {
    if (mayHoldSecret(value, secrets))
        return WITHHELD;
    const cut = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}...` : value;
    return quoted(cut) + lookAlikes(cut);
}
/** A letter of another script that looks like one of ours could not be seen to be wrong. */
function lookAlikes(text) {
    if (!/[a-z0-9]/i.test(text))
        return '';
    const odd = [...new Set(text.match(/[^\P{L}A-Za-z]|[^\P{Nd}0-9]/gu) ?? [])].slice(0, 3);
    const codes = odd.map((char) => `U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`);
    return odd.length === 0 ? '' : ` (with ${codes.join(', ')})`;
}
function quoted(text) {
    return JSON.stringify(text).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (char) => {
        return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
}
function mayHoldSecret(value, secrets) {
    if (/:\/\/.*@/s.test(value) || /pass(word|wd)?\s*[=:]/i.test(value))
        return true;
    // One or two characters are found in nearly any text: such a secret hides only what equals it.
    return secrets.some((secret) => value === secret || (secret.length > 2 && value.includes(secret)));
}
/** The candidate that `name` was probably meant to be; null when none is near. */
function closest(name, candidates) {
    const wanted = name.toLowerCase().replaceAll('_', '-');
    const allowed = Math.max(1, Math.floor(wanted.length / 3));
    let best = null;
    let bestDistance = allowed + 1;
    for (const candidate of candidates) {
        const distance = editDistance(wanted, candidate);
        if (distance < bestDistance)
            [best, bestDistance] = [candidate, distance];
    }
    return best;
}
/** " (did you mean `x`?)", or nothing. */
function suggestion(name, candidates, prefix = '') {
    const near = closest(name, candidates);
    return near === null ? '' : `; did you mean \`${prefix}${near}\`?`;
}
function editDistance(a, b) {
    let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
    for (let row = 1; row <= a.length; row++) {
        const current = [row];
        for (let column = 1; column <= b.length; column++) {
            const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
            current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
        }
        previous = current;
    }
    return previous[b.length] ?? 0;
}
/** Whether two texts are equal, in a time that depends on their lengths only: never on where they differ. */
function equalInConstantTime(given, expected) {
    let difference = given.length ^ expected.length;
    for (let index = 0; index < given.length; index++) {
        difference |= given.charCodeAt(index) ^ (index < expected.length ? expected.charCodeAt(index) : -1);
    }
    return difference === 0;
}


/***/ }),

/***/ 4074:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ run)
});

// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(8500);
// EXTERNAL MODULE: ./src/conclude.ts
var conclude = __nccwpck_require__(8206);
// EXTERNAL MODULE: ./src/door.ts + 3 modules
var src_door = __nccwpck_require__(6627);
// EXTERNAL MODULE: ./src/engines/choose.ts
var choose = __nccwpck_require__(146);
// EXTERNAL MODULE: ./src/postgres/failure.ts
var postgres_failure = __nccwpck_require__(8829);
// EXTERNAL MODULE: ./src/report/exit.ts
var exit = __nccwpck_require__(1036);
// EXTERNAL MODULE: ./src/report/outcome.ts
var outcome = __nccwpck_require__(5066);
// EXTERNAL MODULE: ./src/report/stop.ts
var report_stop = __nccwpck_require__(9836);
// EXTERNAL MODULE: ./src/report/values.ts
var values = __nccwpck_require__(626);
;// CONCATENATED MODULE: ./src/draft.ts





/** The dry run's own failure is complete already: class, place and remedy. */
class RehearsalFailed extends Error {
    rehearsal;
    constructor(rehearsal) {
        super(rehearsal.error?.message ?? 'the dry run failed');
        this.rehearsal = rehearsal;
    }
}
const GO_ON = 'Run it again: it goes on with what is still pending.';
/** The failure itself is in the draft, with what reading the database back has proved. */
class ApplyFailed extends Error {
}
class Draft {
    backup = null;
    request;
    kind;
    now;
    signal;
    startedAt;
    stages = [];
    inspection = null;
    plan = null;
    health = null;
    rehearsal = null;
    hazards = [];
    checklist = [];
    warnings = [];
    applied = null;
    proof = null;
    verification = null;
    planArtifact = null;
    current = null;
    isWriting = false;
    end = null;
    failure = null;
    stateUnknown = false;
    lockHeld = false;
    badInput = false;
    constructor(request, kind, now, signal) {
        this.request = request;
        this.kind = kind;
        this.now = now;
        this.signal = signal;
        this.startedAt = now();
    }
    async stage(stage, work) {
        if (this.signal.aborted)
            throw (0,report_stop/* cancelled */.K)(`before the stage ${stage}`, this.isWriting ? GO_ON : undefined);
        this.current = { stage, from: this.now() };
        try {
            const result = await work();
            this.leave('passed');
            return result;
        }
        catch (error) {
            this.leave(this.signal.aborted ? 'cancelled' : 'failed');
            throw error;
        }
    }
    leave(status) {
        if (this.current === null)
            return;
        const { stage, from } = this.current;
        this.current = null;
        this.stages.push({ stage, status, ms: this.now() - from });
    }
    skipped(stage) {
        this.stages.push({ stage, status: 'skipped', ms: 0 });
    }
    found(inspection) {
        this.inspection = inspection;
        this.warnings.push(...inspection.warnings);
    }
    /** `again`: what was found after it. */
    settled(settled, again) {
        const notes = settled.map((one) => `migration ${one.version} (${one.name}) is ${one.became}: ${one.reason}`);
        this.inspection = {
            ...again,
            notes: [...(notes.length > 0 ? notes : ['no record was to be settled']), ...again.notes],
        };
        this.planned(again.plan);
    }
    planned(plan) {
        this.plan = plan;
        // The first problem becomes the failure, in the modes that stop for it; the whole list belongs into every report.
        this.warnings.push(...(this.inspection?.problems ?? []).map((problem) => problem.message));
        for (const row of this.inspection?.recorded ?? []) {
            if (row.status === 'failed' || row.status === 'running')
                this.warnings.push(`migration ${row.version} (${row.name}) is recorded as ${row.status}`);
        }
    }
    /** The dry run has seen more of it than was known before. */
    planSeen(plan) {
        this.plan = plan;
    }
    healthy(health) {
        this.health = health;
        for (const long of health.longTransactions) {
            this.warnings.push(`pid ${long.pid}${long.application ? ` (${long.application})` : ''} has had a transaction open for ${long.seconds} s: locks may be waited for`);
        }
    }
    rehearsed(rehearsal, hazards, unusedAllowances, checklist) {
        this.rehearsal = rehearsal;
        this.hazards = hazards;
        this.checklist = checklist;
        this.warnings.push(...rehearsal.remarks, ...unusedAllowances);
    }
    planShared({ link, warnings }) {
        this.planArtifact = link;
        this.warnings.push(...warnings);
    }
    marked(marker) {
        this.backup = marker;
    }
    /** From here on a death leaves a state that only reading the database back can tell. */
    writing() {
        this.isWriting = true;
    }
    appliedSoFar(applied) {
        this.applied = applied;
    }
    /** What reading the database back says; from now on nothing else is believed. */
    proved(proof) {
        this.proof = proof;
    }
    /** Applied is what reading the database back says is applied; that no error was heard of is not enough. */
    refuseFailed() {
        if (this.applied?.failed)
            throw new ApplyFailed(this.applied.failed.error.message);
        if (this.proof?.state === 'migrated')
            return;
        throw new report_stop/* Stop */.V({
            result: 'failed',
            class: 'verification',
            message: 'every migration was applied without an error, and reading the database back does not show it',
            next: 'Run mode: status to see what is recorded, before anything else is deployed.',
        });
    }
    verified(verification) {
        this.verification = verification;
        const names = verification.foreign.map((change) => `${change.kind} ${change.name}`);
        this.warnings.push(...verification.remarks);
        if (names.length > 0)
            this.warnings.push(`changed meanwhile by somebody else: ${names.slice(0, 10).join(', ')}`);
    }
    refuseUnverified() {
        const lost = this.verification?.checks.find((check) => !check.passed);
        const different = this.verification?.predictedEqualsActual === false ? this.verification.differences[0] : undefined;
        if (!lost && !different)
            return;
        throw new report_stop/* Stop */.V({
            result: 'failed',
            class: 'verification',
            message: lost
                ? `${lost.check}: ${lost.detail ?? 'it does not hold'}`
                : `${different?.kind} ${different?.name} is not what the dry run said it would be`,
            next: this.isWriting
                ? 'The migrations are applied: put right what is named above by a new migration, then run mode: verify.'
                : 'Put right what is named above, then run mode: verify.',
        });
    }
    ended(result, why = {}) {
        this.end = { result, alarm: why.alarm ?? false };
    }
    /** The one place where what was thrown becomes a result. */
    stopped(thrown) {
        const { target, showData } = this.request;
        const context = { phase: this.phase(thrown), host: target.host, showData };
        const reason = thrown instanceof report_stop/* Stop */.V ? thrown.reason : null;
        const failed = this.applied?.failed ?? null;
        if (thrown instanceof ApplyFailed && failed)
            this.failure = failed.error;
        else if (thrown instanceof RehearsalFailed)
            this.failure = thrown.rehearsal.error;
        else
            this.failure = (0,postgres_failure/* failureFrom */.J)(thrown, null, context);
        if (this.failure && this.signal.aborted && isConsequence(this.failure))
            this.failure = this.cancelledNow();
        this.leave(this.signal.aborted ? 'cancelled' : 'failed');
        this.lockHeld = reason?.lockHeld ?? false;
        this.stateUnknown = reason?.stateUnknown ?? false;
        this.badInput = reason?.badInput ?? false;
        const result = reason?.result ?? 'failed';
        this.end = {
            result: this.signal.aborted || this.failure?.class === 'cancelled' ? 'cancelled' : result,
            alarm: false,
        };
        if (this.failure?.class === 'checksum' && failed && result === 'failed' && this.proof?.state === 'unchanged')
            this.end = { result: 'refused', alarm: false };
    }
    cancelledNow() {
        const stage = this.current?.stage ?? this.stages.at(-1)?.stage ?? 'inspect';
        const stop = (0,report_stop/* cancelled */.K)(`in the stage ${stage}`, this.isWriting ? GO_ON : undefined);
        return (0,postgres_failure/* failureFrom */.J)(stop, null, { phase: 'other', showData: true });
    }
    phase(thrown) {
        const last = this.stages.at(-1)?.stage ?? 'inspect';
        // What could not connect is a Stop; a server that answers our questions with an error has let us in.
        if (this.inspection === null)
            return thrown instanceof report_stop/* Stop */.V ? 'connect' : 'other';
        return last === 'dry-run' || last === 'apply' || last === 'verify' ? last : 'other';
    }
    /** What a reviewer is shown while the run waits or works. */
    soFar() {
        return this.outcomeOf('dry-run-passed', 'unchanged', null, false);
    }
    /** What is true if the run dies now: it is on the disk before it can. */
    ifKilled() {
        const stop = this.isWriting
            ? {
                message: 'the run was killed while applying',
                next: 'Run mode: status to see what is applied; the next run goes on from there.',
            }
            : { message: 'the run was killed before it applied anything', next: 'Nothing was changed; run again.' };
        const failure = (0,postgres_failure/* failureFrom */.J)(new report_stop/* Stop */.V({ result: 'failed', class: 'internal', ...stop }), null, {
            phase: 'other',
            showData: true,
        });
        return this.outcomeOf('failed', this.isWriting ? 'unknown' : 'unchanged', failure, false);
    }
    outcome() {
        const end = this.end ?? { result: 'failed', alarm: false };
        return this.outcomeOf(end.result, this.state(), this.failure, end.alarm);
    }
    state() {
        if (this.isWriting)
            return this.hasUnrecorded() ? 'unknown' : (this.proof?.state ?? 'unknown');
        return this.stateUnknown ? 'unknown' : 'unchanged';
    }
    /** The server has answered a COMMIT and what it was to record is not there: what is in the database nobody can tell. */
    hasUnrecorded() {
        const proved = new Set(this.proof?.applied.map((one) => one.version));
        return this.applied?.applied.some(({ migration }) => !proved.has(migration.version)) ?? false;
    }
    outcomeOf(result, databaseState, error, alarm) {
        const whole = this.wholeOutcomeOf(result, databaseState, error, alarm);
        // The text of an SQL file is the project's own; what a tool sends may hold rows.
        return this.kind === 'sql' || this.request.showData ? whole : (0,values/* outcomeWithoutValues */.hl)(whole);
    }
    wholeOutcomeOf(result, databaseState, error, alarm) {
        const { request, inspection, plan, rehearsal, verification } = this;
        const applied = this.proof?.applied ?? [];
        const ref = ({ version, name, file }) => ({ version, name, file });
        return {
            result,
            databaseState,
            exitCode: (0,exit/* exitCodeOf */.F)(result, databaseState, { lockHeld: this.lockHeld, badInput: this.badInput, alarm }),
            mode: request.mode,
            environment: request.environment,
            environmentSource: request.environmentSource,
            engine: this.kind,
            server: {
                version: inspection?.server.version ?? null,
                host: request.target.host,
                port: request.target.port,
                database: request.target.database,
                user: request.target.user,
                source: request.target.source,
            },
            startedAt: new Date(this.startedAt).toISOString(),
            durationMs: this.now() - this.startedAt,
            planDigest: plan?.digest ?? null,
            previousVersion: inspection?.previousVersion ?? null,
            currentVersion: this.proof?.currentVersion ?? inspection?.previousVersion ?? null,
            pending: (plan?.pending ?? []).map(ref),
            applied: applied.map(ref),
            recorded: inspection?.recorded ?? [],
            stages: withSkipped(this.stages),
            migrations: this.migrations(),
            coverage: rehearsal?.coverage ?? {
                statements: (plan?.pending ?? []).reduce((sum, one) => sum + one.script.statements, 0),
                executed: 0,
            },
            blocked: rehearsal?.blocked ?? [],
            hazards: this.hazards,
            sizes: rehearsal?.sizes ?? [],
            schemaDiff: rehearsal?.schemaDiff ?? [],
            predictedEqualsActual: verification?.predictedEqualsActual ?? null,
            unpredicted: verification?.differences ?? [],
            health: this.health,
            backup: this.backup,
            rehearsal: rehearsal?.proof ?? null,
            checklist: this.checklist,
            verification: verification?.checks ?? rehearsal?.checks ?? [],
            warnings: this.warnings,
            notes: inspection?.notes ?? [],
            problems: [],
            error,
            downFiles: this.kind !== 'sql' ? [] : (plan?.pending ?? []).flatMap((one) => plan?.downFiles.get(one.key) ?? []),
            run: request.run,
            artifactName: request.publishing.artifactName,
            artifacts: { plan: this.planArtifact, log: null },
        };
    }
    /** One row for each pending migration from the start, whatever became of it. */
    migrations() {
        const rehearsed = new Map(this.rehearsal?.migrations.map((one) => [one.version, one]));
        const appliedMs = new Map(this.applied?.applied.map((one) => [one.migration.version, one.ms]));
        const proved = new Set(this.proof?.applied.map((one) => one.version));
        const failed = this.applied?.failed?.migration.version ?? null;
        return (this.plan?.pending ?? []).map((migration) => {
            const report = rehearsed.get(migration.version) ?? {
                version: migration.version,
                name: migration.name,
                file: migration.file,
                checksum: migration.checksum,
                transactional: migration.script.transactional,
                status: this.request.mode === 'status' || this.request.mode === 'verify' ? 'pending' : 'not-executed',
                ms: null,
                appliedMs: null,
                statements: [],
            };
            const ms = appliedMs.get(migration.version) ?? null;
            if (proved.has(migration.version))
                return { ...report, status: 'applied', appliedMs: ms };
            if (failed === migration.version)
                return { ...report, status: 'failed' };
            return this.isWriting ? { ...report, status: 'pending' } : report;
        });
    }
}
/** An error that being cancelled makes: the server ended the query or the session, or nothing but the connection was lost. */
function isConsequence({ class: kind, sqlstate }) {
    if (kind === 'cancelled')
        return false;
    return sqlstate === null
        ? kind === 'connection' || kind === 'internal'
        : sqlstate === '57014' || sqlstate === '57P01';
}
/** The stages that a run did not come to are told too. */
function withSkipped(stages) {
    const done = new Map(stages.map((stage) => [stage.stage, stage]));
    const usual = outcome/* STAGES */.an.map((stage) => done.get(stage) ?? { stage, status: 'skipped', ms: 0 });
    const others = stages.filter(({ stage }) => !outcome/* STAGES */.an.some((one) => one === stage));
    return [...usual, ...others];
}

// EXTERNAL MODULE: ./src/hazards/asked.ts
var asked = __nccwpck_require__(9965);
// EXTERNAL MODULE: ./src/report/text.ts
var report_text = __nccwpck_require__(5655);
// EXTERNAL MODULE: ./src/sql/tokens.ts
var tokens = __nccwpck_require__(6080);
;// CONCATENATED MODULE: ./src/hazards/checklist.ts


function checklist(input) {
    const { hazards, complete } = input;
    const isRead = !hazards.some(({ rule }) => NOT_READ.includes(rule));
    const real = hazards.filter((hazard) => hazard.severity !== 'info');
    const losses = real.filter((hazard) => hazard.effects.includes('destroys'));
    const breaks = real.filter((hazard) => hazard.effects.includes('breaks-clients'));
    return [
        repeatable(hazards, isRead),
        wayBack(input),
        item('no data loss', losses, complete, 'nothing that was there is destroyed'),
        item('compatible with running code', breaks, complete, 'nothing was found that running code would stumble over'),
        item('indexes on foreign keys', byRule(hazards, 'foreign-key-without-index'), isRead, 'no foreign key without one'),
        comments(input.pending),
    ];
}
/** Rules that say that a text does not show all of what it does. */
const NOT_READ = ['not-understood', 'dynamic-sql'];
/** Tables of the pending files that none of them comments on. */
function comments(pending) {
    const question = 'comments on new tables';
    const commented = new Set(pending.flatMap(({ script }) => script.texts.flatMap(({ sql }) => {
        const name = /^comment\s+on\s+table\s+([^\s]+)\s+is\b/i.exec(sql)?.[1];
        return name === undefined ? [] : [(0,tokens/* bareName */.yZ)(name)];
    })));
    const made = pending.flatMap(({ script }) => script.createsTables);
    const without = made.filter((table) => !commented.has(table));
    if (without.length > 0)
        return { question, answer: 'no', detail: `none on ${without.slice(0, 5).join(', ')}` };
    return { question, answer: 'yes', detail: made.length === 0 ? 'no table is new' : 'each has one' };
}
function byRule(hazards, rule) {
    return hazards.filter((hazard) => hazard.rule === rule);
}
/** `sure`: what was not found is not there; else it only was not seen. */
function item(question, against, sure, well) {
    const [first] = against;
    if (first) {
        const more = against.length > 1 ? ` and ${(0,report_text/* plural */.LS)(against.length - 1, 'more')}`.replace(/mores$/, 'more') : '';
        return {
            question,
            answer: 'no',
            detail: `${first.rule}${first.file ? ` at ${first.file}:${first.line ?? 1}` : ''}${more}`,
        };
    }
    return sure
        ? { question, answer: 'yes', detail: well }
        : { question, answer: 'unknown', detail: 'not everything could be read or rehearsed' };
}
function repeatable(hazards, isRead) {
    const question = 'idempotent';
    const [first] = byRule(hazards, 'not-repeatable');
    if (first)
        return { question, answer: 'no', detail: first.message };
    return item(question, [], isRead, 'every statement can be run again');
}
function wayBack({ pending, downFiles, hazards, tool, wentDown }) {
    const question = 'has a way back';
    const without = pending.filter((migration) => !downFiles.has(migration.key));
    const [first] = without;
    if (tool === 'command')
        return { question, answer: 'unknown', detail: "the tool's own way back is not read, and was not tried" };
    if (tool !== null) {
        const detail = first && `${(0,report_text/* plural */.LS)(without.length, 'revision')} without a downgrade, the first is ${first.file}`;
        return detail
            ? { question, answer: 'no', detail }
            : { question, answer: 'unknown', detail: 'each revision has a downgrade, and none was tried' };
    }
    if (first) {
        const detail = `${(0,report_text/* plural */.LS)(without.length, 'file')} without a down file, the first is ${first.file}`;
        return { question, answer: 'no', detail };
    }
    const wrong = hazards.find((hazard) => ['down-fails', 'down-differs', 'up-again-fails'].includes(hazard.rule));
    if (wrong)
        return { question, answer: 'no', detail: wrong.message };
    const untried = hazards.some((hazard) => hazard.rule === 'rollback-not-tried');
    return wentDown && !untried
        ? { question, answer: 'yes', detail: 'up, down and up again in the dry run, and the schema came back' }
        : { question, answer: 'unknown', detail: 'there are down files, and they were not tried' };
}

// EXTERNAL MODULE: ./src/hazards/hazards.ts + 3 modules
var hazards_hazards = __nccwpck_require__(562);
// EXTERNAL MODULE: ./src/policy/verdict.ts
var verdict = __nccwpck_require__(5187);
// EXTERNAL MODULE: ./src/report/log.ts
var report_log = __nccwpck_require__(6472);
;// CONCATENATED MODULE: ./src/gate.ts
/**
 * The story: inspect -> plan -> dry run -> review -> apply -> verify -> report.
 *
 * Whatever stops it is thrown as a Stop and caught once, below; what was found until then is in the draft, so that
 * every ending has the same report.
 */








async function gate(request, tools) {
    const draft = new Draft(request, tools.engine.kind, tools.now, tools.signal);
    try {
        await Promise.race([story(request, tools, draft), overdue(tools.lastCall)]);
    }
    catch (error) {
        draft.stopped(error);
    }
    await tools.engine.close();
    return draft.outcome();
}
/** A cancelled run that waits for a server that does not answer is told of as it stands. */
function overdue(lastCall) {
    return new Promise((_, reject) => {
        lastCall.addEventListener('abort', () => reject((0,report_stop/* cancelled */.K)('while waiting for the server, which did not answer in time')));
    });
}
async function story(request, tools, draft) {
    const { engine, log } = tools;
    const { target } = request;
    log.line(`${target.database} on ${target.host}:${target.port} as ${target.user} (${target.source}); ${request.environment} (${request.environmentSource}); ${request.mode}`);
    noteUnchanged(tools, draft);
    log.chapter('Inspect');
    const found = await draft.stage('inspect', () => inspect(request, engine));
    draft.found(found);
    log.line(`PostgreSQL ${found.server.version}; version ${found.previousVersion ?? 'none'}; ${found.appliedCount} applied`);
    for (const text of found.warnings)
        log.line(`warning: ${text}`);
    if (request.mode === 'repair')
        return repair(request, tools, draft, found);
    log.chapter('Plan');
    const plan = await draft.stage('plan', async () => {
        draft.planned(found.plan);
        if (request.mode === 'status')
            return found.plan;
        const objection = (0,verdict/* objectionOf */.D7)(found.problems);
        if (objection)
            throw objection;
        return found.plan;
    });
    log.line(plan.isOpen ? 'what is pending shows in the dry run' : pendingLine(plan));
    for (const migration of plan.pending)
        log.line(`  ${migration.file}`);
    if (plan.pending.length > 0)
        tools.writePlan(engine.planText(plan));
    if (request.mode === 'status')
        return draft.ended('reported', { alarm: (0,verdict/* isAlarming */.EE)(found) });
    if (request.mode === 'verify')
        return verifyOnly(tools, draft, plan);
    if (plan.pending.length === 0 && !plan.isOpen)
        return upToDate(request, tools, draft);
    // A tool that is asked by running it is run, for the dry run, before it is known what is pending.
    if (plan.isOpen)
        (0,verdict/* refuseLaxer */.$p)(request, found);
    else
        (0,verdict/* refuseUnlessMeant */.m9)(request, found, plan);
    draft.healthy(await engine.health());
    noteUnchanged(tools, draft);
    const rehearsal = await dryRun(request, tools, draft, found);
    const seen = rehearsal.plan ?? plan;
    if (seen.pending.length === 0)
        return upToDate(request, tools, draft);
    if (request.mode === 'dry-run')
        return draft.ended('dry-run-passed');
    await review(request, tools, draft);
    const again = await readAgain(engine, seen);
    if (again === 'up-to-date')
        return draft.ended('up-to-date');
    await apply(request, tools, draft, seen, rehearsal);
    await verify(tools, draft);
    draft.ended('applied');
}
function pendingLine({ pending, digest }) {
    return `${(0,report_text/* plural */.LS)(pending.length, 'pending migration')}${pending.length > 0 ? `; plan-digest ${digest}` : ''}`;
}
/** Should nothing more be heard of this run: nothing was changed by it. */
function noteUnchanged(tools, draft) {
    const ifKilled = draft.ifKilled();
    tools.writeDown(ifKilled, ifKilled);
}
/** Without the typed confirmation nothing but "there is nothing to do" can come of looking. */
async function inspect(request, engine) {
    if (request.confirmation !== 'missing')
        return engine.inspect();
    try {
        return await engine.inspect();
    }
    catch (error) {
        if (error instanceof report_stop/* Stop */.V && error.reason.badInput)
            throw error;
        throw (0,verdict/* unconfirmed */.B1)(request.mode, error instanceof Error ? error.message : String(error));
    }
}
async function dryRun(request, tools, draft, inspected) {
    const { engine, log } = tools;
    log.chapter('Dry run');
    return draft.stage('dry-run', async () => {
        const known = inspected.plan;
        // While the server is at work.
        const [knownClaims, rehearsal] = await Promise.all([readClaims(known), engine.rehearse(known)]);
        const plan = rehearsal.plan ?? known;
        const claims = rehearsal.plan ? await readClaims(plan) : knownClaims;
        if (rehearsal.plan)
            seePlan(request, tools, draft, inspected, rehearsal.plan);
        const found = (0,hazards_hazards/* hazardsOf */.f6)({ pending: plan.pending, claims, rehearsal, request });
        const { hazards, unused } = (0,verdict/* markAllowed */.uI)(found.filter(hazards_hazards/* isHazard */.NO), request, plan);
        draft.rehearsed(rehearsal, hazards, unused, checklistOf(request, engine.kind, plan, rehearsal, found));
        const { statements, executed } = rehearsal.coverage;
        log.line(`${executed} of ${(0,report_text/* plural */.LS)(statements, 'statement')} executed and rolled back`);
        if (rehearsal.error)
            throw new RehearsalFailed(rehearsal);
        (0,verdict/* judge */.S4)(request, rehearsal, hazards);
        return rehearsal;
    });
}
/** What is pending, and what would be sent, was seen as it happened. */
function seePlan(request, { engine, log, writePlan }, draft, found, seen) {
    draft.planSeen(seen);
    if (seen.pending.length === 0)
        return;
    if (found.plan.isOpen) {
        log.line(pendingLine(seen));
        for (const migration of seen.pending)
            log.line(`  ${migration.file || migration.version}`);
        (0,verdict/* refuseUnlessMeant */.m9)(request, found, seen);
    }
    writePlan(engine.planText(seen));
}
function checklistOf(request, kind, plan, rehearsal, hazards) {
    const passed = rehearsal.verdict === 'passed';
    return checklist({
        pending: plan.pending,
        downFiles: plan.downFiles,
        tool: kind === 'sql' ? null : kind,
        hazards,
        wentDown: kind === 'sql' && passed && request.rehearseRollback !== false,
        complete: passed && rehearsal.complete,
    });
}
/** The rules, and the parser that they read with, are loaded only where something is pending. */
async function readClaims(plan) {
    const { claimsOf } = await __nccwpck_require__.e(/* import() */ 512).then(__nccwpck_require__.bind(__nccwpck_require__, 3512));
    return claimsOf((0,asked/* asked */.N)(plan.pending), { major: plan.serverMajor });
}
/** The plan is on the disk and in the log; the lock is not held; cancelling changes nothing. */
async function review(request, tools, draft) {
    const { engine, log, signal, sleep, writeDown } = tools;
    if (request.reviewDelayMs === 0)
        return draft.skipped('review');
    log.chapter('Review');
    await draft.stage('review', async () => {
        const soFar = draft.soFar();
        writeDown(soFar, draft.ifKilled());
        log.line((0,report_log/* renderText */.S)(soFar));
        await engine.release();
        const shared = await tools.sharePlan();
        draft.planShared(shared);
        writeDown(draft.soFar(), draft.ifKilled());
        if (shared.link)
            log.line(`the plan: ${shared.link.url ?? shared.link.name}`);
        log.line(`applying in ${(0,report_text/* duration */.p0)(request.reviewDelayMs)} unless this run is cancelled; cancelling now changes nothing`);
        // Counted down, not read off a clock, which may be set meanwhile.
        for (let left = request.reviewDelayMs; left > 0 && !signal.aborted; left -= 1_000) {
            log.progress(`applying in ${(0,report_text/* duration */.p0)(left)}`);
            await sleep(Math.min(left, 1_000), signal);
        }
        if (signal.aborted) {
            throw (0,report_stop/* cancelled */.K)('during the review pause', 'Nothing was changed; run again when the migration is wanted.');
        }
    });
}
/** After the pause: the lock again, and the state again, which must be the one that was rehearsed. */
async function readAgain(engine, plan) {
    const found = await engine.resume();
    const objection = (0,verdict/* objectionOf */.D7)(found.problems);
    if (objection)
        throw objection;
    if (found.plan.pending.length === 0)
        return 'up-to-date';
    if (found.plan.digest !== plan.digest)
        throw (0,verdict/* otherPlan */.mp)(plan.digest, found.plan.digest);
    (0,verdict/* refuseOtherProgress */.Gt)(plan, found.plan);
    return 'same';
}
async function apply(request, { engine, log, writeDown }, draft, plan, rehearsal) {
    if (request.backup === 'none')
        draft.skipped('backup');
    else {
        const marker = await draft.stage('backup', () => engine.mark());
        draft.marked(marker);
        log.line(`to restore to just before: ${marker.name === null ? 'WAL position' : `restore point ${marker.name},`} ${marker.lsn}, ${marker.at}`);
    }
    log.chapter('Apply');
    await draft.stage('apply', async () => {
        draft.writing();
        const ifKilled = draft.ifKilled();
        writeDown(ifKilled, ifKilled);
        try {
            draft.appliedSoFar(await engine.apply(plan, rehearsal, draft.backup));
        }
        finally {
            draft.proved(await engine.prove(plan));
        }
        draft.refuseFailed();
    });
}
async function verify({ engine, log }, draft) {
    log.chapter('Verify');
    await draft.stage('verify', async () => {
        draft.verified(await engine.verify());
        draft.refuseUnverified();
    });
}
async function verifyOnly({ engine, log }, draft, plan) {
    log.chapter('Verify');
    await draft.stage('verify', async () => {
        draft.verified(await engine.verify());
        const [first] = plan.pending;
        if (first) {
            throw new report_stop/* Stop */.V({
                result: 'failed',
                class: 'verification',
                message: `${(0,report_text/* plural */.LS)(plan.pending.length, 'migration')} pending, the first is ${first.file}`,
                next: 'Apply them, then verify again.',
            });
        }
        draft.refuseUnverified();
    });
    draft.ended('verified');
}
/** What interrupted and failed runs have left in the records; what is there afterwards is what the report tells. */
async function repair(request, { engine, log }, draft, found) {
    (0,verdict/* refuseUnlessMeant */.m9)(request, found, found.plan);
    log.chapter('Repair');
    const settled = await draft.stage('record', () => engine.repair());
    for (const one of settled)
        log.line(`${one.version} (${one.name}): ${one.became}; ${one.reason}`);
    const again = await engine.resume();
    draft.settled(settled, again);
    draft.ended('repaired');
}
/** Nothing to do is not yet nothing wrong: what was named critical must be there. */
async function upToDate(request, tools, draft) {
    const named = request.criticalTables.length + request.criticalIndexes.length > 0 || request.smokeTests !== null;
    if (named)
        await verify(tools, draft);
    draft.ended('up-to-date');
}

// EXTERNAL MODULE: ./src/github/commands.ts
var commands = __nccwpck_require__(4897);
// EXTERNAL MODULE: ./src/publish.ts + 10 modules
var publish = __nccwpck_require__(3817);
// EXTERNAL MODULE: ./src/report/failure.ts
var failure = __nccwpck_require__(3304);
// EXTERNAL MODULE: ./src/report/redact.ts
var report_redact = __nccwpck_require__(649);
// EXTERNAL MODULE: ./src/report-folder.ts + 2 modules
var report_folder = __nccwpck_require__(5921);
;// CONCATENATED MODULE: ./src/run.ts
/** One run, whichever door it came through: inputs -> Request -> the gate -> everything that a run leaves behind. */












/** Returns the exit code. Throws only when the report itself cannot be written. */
async function run(door) {
    const startedAt = Date.now();
    const setting = (0,src_door/* settingOf */.y7)(door, report_folder/* ReportFolder */.LC.make(door.workspace, door.env));
    const { parsed } = setting;
    const outcome = parsed.kind === 'request'
        ? await gated(parsed.request, setting)
        : notAccepted(parsed, new Date(startedAt).toISOString(), Date.now() - startedAt);
    return (0,conclude/* conclude */.E)(outcome, setting);
}
async function gated(request, setting) {
    const { door, folder, keep, redact, audience } = setting;
    const log = (0,src_door/* logOf */.Gs)(setting);
    return gate(request, {
        engine: await (0,choose/* chooseEngine */.m)({
            request,
            log,
            signal: door.signal,
            env: door.env,
            remember: (backend) => (0,commands/* saveState */.LZ)(door.env, 'backend', JSON.stringify(backend)),
            trace: (trace) => (0,commands/* saveState */.LZ)(door.env, 'trace', JSON.stringify(trace)),
            outset: (outset) => (0,commands/* saveState */.LZ)(door.env, 'outset', JSON.stringify(outset)),
        }),
        log,
        signal: door.signal,
        lastCall: (0,src_door/* later */.NU)(door.signal, src_door/* WORK_ENDS_MS */.cz),
        now: Date.now,
        sleep: (ms, signal) => (0,promises_.setTimeout)(ms, undefined, { signal }).catch(() => undefined),
        writePlan: (pieces) => folder.writePlan(pieces, redact),
        writeDown: (soFar, ifKilled) => {
            const kept = (0,report_redact/* redactOutcome */.Ah)(ifKilled, redact);
            folder.write(soFar === ifKilled ? kept : (0,report_redact/* redactOutcome */.Ah)(soFar, redact), kept);
            keep({ outcome: kept, over: false });
        },
        sharePlan: () => (0,publish/* sharePlan */.xV)(audience),
    });
}
/** The report of a run whose inputs were not accepted: nothing was connected to. */
function notAccepted(parsed, startedAt, durationMs) {
    const invalid = parsed.kind === 'invalid';
    const result = invalid ? 'failed' : 'refused';
    const problems = invalid ? parsed.problems : [];
    const [first] = problems;
    const message = invalid
        ? `${first ? `${first.input}: ${first.message}` : 'the inputs are not right'}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`
        : parsed.reason;
    const { meaning, next } = (0,failure/* failureOfClass */.iQ)('input');
    return {
        ...(0,outcome/* blankOutcome */.lp)(parsed.known, startedAt),
        result,
        exitCode: (0,exit/* exitCodeOf */.F)(result, 'unchanged', { badInput: invalid }),
        durationMs,
        problems,
        error: {
            class: 'input',
            sqlstate: null,
            message,
            detail: null,
            hint: null,
            where: null,
            file: null,
            line: null,
            column: null,
            excerpt: null,
            meaning: invalid ? meaning : 'The run was refused before anything was connected to.',
            next: invalid ? next : parsed.next,
        },
    };
}


/***/ }),

/***/ 4241:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   At: () => (/* binding */ closeEscape),
/* harmony export */   I8: () => (/* binding */ SEMICOLON),
/* harmony export */   JU: () => (/* binding */ closeDollar),
/* harmony export */   Kh: () => (/* binding */ dollarTagEnd),
/* harmony export */   N5: () => (/* binding */ MINUS),
/* harmony export */   Nd: () => (/* binding */ CLOSE),
/* harmony export */   Nm: () => (/* binding */ closeQuote),
/* harmony export */   Ov: () => (/* binding */ wordEnd),
/* harmony export */   S4: () => (/* binding */ isLineEnd),
/* harmony export */   Vw: () => (/* binding */ STAR),
/* harmony export */   Xy: () => (/* binding */ NEWLINE),
/* harmony export */   bN: () => (/* binding */ closeLine),
/* harmony export */   dd: () => (/* binding */ isWordStart),
/* harmony export */   fi: () => (/* binding */ DOUBLE_QUOTE),
/* harmony export */   hr: () => (/* binding */ DOLLAR),
/* harmony export */   jA: () => (/* binding */ QUOTE),
/* harmony export */   o: () => (/* binding */ SLASH),
/* harmony export */   r_: () => (/* binding */ BACKSLASH),
/* harmony export */   uw: () => (/* binding */ continuesAt),
/* harmony export */   vP: () => (/* binding */ OPEN),
/* harmony export */   wj: () => (/* binding */ closeComment),
/* harmony export */   xC: () => (/* binding */ isSpace),
/* harmony export */   yp: () => (/* binding */ isDigit)
/* harmony export */ });
/* unused harmony exports RETURN, isWordPart */
/**
 * PostgreSQL's lexical rules, shared by the splitter (which sees a text in pieces) and the tokens (which see a statement).
 *
 * The `close...` functions look for the end of something that is open at `from`. They return the offset behind it, or,
 * where the text ends first, the bitwise complement (negative) of the offset at which to go on once there is more text.
 */
const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const SEMICOLON = 59;
const OPEN = 40;
const CLOSE = 41;
const MINUS = 45;
const SLASH = 47;
const STAR = 42;
const BACKSLASH = 92;
const NEWLINE = 10;
const RETURN = 13;
/** Every character beyond ASCII is a letter to PostgreSQL, a no-break space too. */
function isWordStart(code) {
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code >= 128;
}
function isDigit(code) {
    return code >= 48 && code <= 57;
}
function isWordPart(code) {
    return isWordStart(code) || isDigit(code) || code === DOLLAR;
}
function isSpace(code) {
    return code === 32 || (code >= 9 && code <= 13);
}
function isLineEnd(code) {
    return code === NEWLINE || code === RETURN;
}
function wordEnd(text, from) {
    let end = from;
    while (end < text.length && isWordPart(text.charCodeAt(end)))
        end++;
    return end;
}
/** The end of a `'...'` or `"..."` whose doubled quotes stand for one. At the very end of a piece the last quote may still be half of a pair. */
function closeQuote(text, from, quote) {
    let at = text.indexOf(quote, from);
    while (at >= 0) {
        if (text.charCodeAt(at + 1) !== quote.charCodeAt(0))
            return at + 1;
        at = text.indexOf(quote, at + 2);
    }
    return ~text.length;
}
/** The end of an `E'...'`, where a backslash takes the next character with it. */
function closeEscape(text, from) {
    for (let at = from; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code === BACKSLASH) {
            if (at + 1 === text.length)
                return ~at;
            at++;
        }
        else if (code === QUOTE) {
            if (text.charCodeAt(at + 1) !== QUOTE)
                return at + 1;
            at++;
        }
    }
    return ~text.length;
}
/**
 * Where a string literal that ended at `from` goes on: at a quote behind a line end, with only white space and line
 * comments between (a block comment, or a blank alone, parts them). -1: it does not.
 */
function continuesAt(text, from) {
    let lineEnded = false;
    for (let at = from; at < text.length;) {
        const code = text.charCodeAt(at);
        if (code === QUOTE)
            return lineEnded ? at : -1;
        if (code === MINUS && text.charCodeAt(at + 1) === MINUS) {
            const end = closeLine(text, at);
            if (end < 0)
                return -1;
            at = end;
        }
        else if (!isSpace(code))
            return -1;
        else {
            if (isLineEnd(code))
                lineEnded = true;
            at++;
        }
    }
    return -1;
}
/** The end of a dollar-quoted string that was opened by `tag` (`$$`, `$body$`). */
function closeDollar(text, from, tag) {
    const at = text.indexOf(tag, from);
    return at >= 0 ? at + tag.length : ~Math.max(from, text.length - tag.length + 1);
}
/** The end of a `--` comment: at the line's end, which is not part of it. */
function closeLine(text, from) {
    for (let at = from; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (isLineEnd(code))
            return at;
    }
    return ~text.length;
}
/** The end of a block comment; they nest. `depth` is how many are open at the offset that is returned. */
function closeComment(text, from, depth) {
    let open = depth;
    for (let at = from; at < text.length; at++) {
        const code = text.charCodeAt(at);
        if (code !== STAR && code !== SLASH)
            continue;
        if (at + 1 === text.length)
            return { at: ~at, depth: open };
        const next = text.charCodeAt(at + 1);
        if (code === STAR && next === SLASH) {
            at++;
            open--;
            if (open === 0)
                return { at: at + 1, depth: 0 };
        }
        else if (code === SLASH && next === STAR) {
            at++;
            open++;
        }
    }
    return { at: ~text.length, depth: open };
}
/** What a `$` that does not follow a word begins: `end` of the opening tag; 0: no dollar quote (`$1`); -1: the text ends before that is known. `read`: so many characters from the `$` on are known to leave it open. */
function dollarTagEnd(text, dollar, read = 0) {
    if (isDigit(text.charCodeAt(dollar + 1)))
        return 0;
    let at = dollar + Math.max(1, read);
    while (at < text.length) {
        const code = text.charCodeAt(at);
        if (code === DOLLAR)
            return at + 1;
        if (!isWordPart(code))
            return 0;
        at++;
    }
    return -1;
}


/***/ }),

/***/ 6080:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   EO: () => (/* binding */ splitAtCommas),
/* harmony export */   He: () => (/* binding */ readTokens),
/* harmony export */   Lh: () => (/* binding */ unquoteName),
/* harmony export */   TB: () => (/* binding */ copyEndpoint),
/* harmony export */   bF: () => (/* binding */ outsideParens),
/* harmony export */   bK: () => (/* binding */ literalText),
/* harmony export */   bs: () => (/* binding */ Cursor),
/* harmony export */   iL: () => (/* binding */ matchingParen),
/* harmony export */   qw: () => (/* binding */ tokenize),
/* harmony export */   yZ: () => (/* binding */ bareName)
/* harmony export */ });
/* unused harmony export splitQualifiedName */
/* harmony import */ var _lex_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4241);
/** One statement -> its tokens, and the small questions that are asked of them. */

/** A keyword is no longer than this: a longer word need not be turned to upper case. */
const LONGEST_WORD = 63;
/** The tokens of `sql`, comments and white space left out. What is not closed goes to the end. */
function* readTokens(sql, from = 0) {
    let at = from;
    while (at < sql.length) {
        const code = sql.charCodeAt(at);
        const next = sql.charCodeAt(at + 1);
        if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .isSpace */ .xC)(code))
            at++;
        else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .MINUS */ .N5 && next === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .MINUS */ .N5)
            at = orEnd(sql, (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeLine */ .bN)(sql, at));
        else if (code === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .SLASH */ .o && next === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .STAR */ .Vw)
            at = orEnd(sql, (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeComment */ .wj)(sql, at + 2, 1).at);
        else {
            const token = readToken(sql, at);
            yield token;
            at = token.end;
        }
    }
}
function tokenize(sql) {
    return [...readTokens(sql)];
}
function readToken(sql, start) {
    const code = sql.charCodeAt(start);
    if (code === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .QUOTE */ .jA)
        return literal('string', start, stringEnd(sql, start + 1, false));
    if (code === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .DOUBLE_QUOTE */ .fi)
        return literal('quoted', start, orEnd(sql, (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeQuote */ .Nm)(sql, start + 1, '"')));
    if (code === _lex_js__WEBPACK_IMPORTED_MODULE_0__/* .DOLLAR */ .hr) {
        const inside = (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .dollarTagEnd */ .Kh)(sql, start);
        if (inside > 0)
            return literal('string', start, orEnd(sql, (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeDollar */ .JU)(sql, inside, sql.slice(start, inside))));
    }
    if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .isWordStart */ .dd)(code))
        return readWord(sql, start);
    if ((0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .isDigit */ .yp)(code)) {
        let end = start + 1;
        while ((0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .isDigit */ .yp)(sql.charCodeAt(end)) || sql[end] === '.')
            end++;
        return literal('number', start, end);
    }
    return { kind: 'symbol', word: sql.charAt(start), start, end: start + 1 };
}
function readWord(sql, start) {
    const end = (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .wordEnd */ .Ov)(sql, start);
    const prefix = sql.slice(start, end + 1).toUpperCase();
    if (prefix === "E'")
        return literal('string', start, stringEnd(sql, end + 1, true));
    if (/^[BXN]'$/.test(prefix))
        return literal('string', start, stringEnd(sql, end + 1, false));
    if (prefix === 'U&') {
        if (sql[end + 1] === "'")
            return literal('string', start, stringEnd(sql, end + 2, false));
        if (sql[end + 1] === '"')
            return literal('quoted', start, orEnd(sql, (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeQuote */ .Nm)(sql, end + 2, '"')));
    }
    const word = end - start > LONGEST_WORD ? '' : sql.slice(start, end).toUpperCase();
    return { kind: 'word', word, start, end };
}
/** The end of a literal with all of its parts: it may go on in a later line. */
function stringEnd(sql, inside, escapes) {
    for (let from = inside;;) {
        const end = orEnd(sql, escapes ? (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeEscape */ .At)(sql, from) : (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeQuote */ .Nm)(sql, from, "'"));
        const next = (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .continuesAt */ .uw)(sql, end);
        if (next < 0)
            return end;
        from = next + 1;
    }
}
/** What a string literal stands for; one of a U&'...' with an escape character of its own is not read. */
function literalText(written) {
    const dollar = /^\$[^$]*\$/.exec(written)?.[0];
    if (dollar !== undefined)
        return written.slice(dollar.length, written.endsWith(dollar) ? -dollar.length : undefined);
    const escapes = /^e/i.test(written);
    let text = '';
    for (let at = written.indexOf("'"); at >= 0;) {
        const end = escapes ? (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeEscape */ .At)(written, at + 1) : (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .closeQuote */ .Nm)(written, at + 1, "'");
        const part = written.slice(at + 1, end < 0 ? undefined : end - 1);
        text += escapes ? unescaped(part) : part.replaceAll("''", "'");
        at = end < 0 ? -1 : (0,_lex_js__WEBPACK_IMPORTED_MODULE_0__/* .continuesAt */ .uw)(written, end);
    }
    return /^u&/i.test(written) ? unicodeUnescaped(text) : text;
}
const ESCAPED = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
function unescaped(part) {
    const special = /''|\\(?:([0-7]{1,3})|x([\da-f]{1,2})|u([\da-f]{4})|U([\da-f]{8})|(.))/gis;
    return part.replace(special, (whole, octal, hex, short, long, other) => {
        if (whole === "''")
            return "'";
        if (other !== undefined)
            return ESCAPED[other] ?? other;
        return character(octal ? Number.parseInt(octal, 8) : Number.parseInt(hex ?? short ?? long ?? '', 16), whole);
    });
}
function unicodeUnescaped(text) {
    return text.replace(/\\(?:([\da-f]{4})|\+([\da-f]{6})|\\)/gi, (whole, short, long) => character(Number.parseInt(short ?? long ?? '', 16), whole.slice(1)));
}
/** `otherwise`: for what is no code point. */
function character(code, otherwise) {
    return Number.isNaN(code) || code > 0x10ffff ? otherwise : String.fromCodePoint(code);
}
function literal(kind, start, end) {
    return { kind, word: '', start, end };
}
function orEnd(sql, at) {
    return at < 0 ? sql.length : at;
}
/** Walks a list of tokens by words. */
class Cursor {
    sql;
    tokens;
    at;
    constructor(sql, tokens, at = 0) {
        this.sql = sql;
        this.tokens = tokens;
        this.at = at;
    }
    peek(offset = 0) {
        return this.tokens[this.at + offset];
    }
    /** The word or symbol at hand, in upper case; empty for anything else and at the end. */
    word(offset = 0) {
        return this.peek(offset)?.word ?? '';
    }
    /** Whether these words or symbols come next. */
    is(...words) {
        return words.every((word, offset) => this.word(offset) === word);
    }
    /** Passes these words when they come next. */
    take(...words) {
        if (!this.is(...words))
            return false;
        this.at += words.length;
        return true;
    }
    /** Passes any one of these words, again and again. */
    skip(...words) {
        while (this.word() !== '' && words.includes(this.word()))
            this.at++;
        return this;
    }
    skipIfExists() {
        if (!this.take('IF', 'NOT', 'EXISTS'))
            this.take('IF', 'EXISTS');
        return this;
    }
    /** Passes a name, qualified or not, and gives it as it is written. Null: no name stands here. */
    name() {
        let written = this.namePart();
        if (written === null)
            return null;
        while (this.is('.')) {
            this.at++;
            const part = this.namePart();
            if (part === null)
                break;
            written += `.${part}`;
        }
        return written;
    }
    namePart() {
        const token = this.peek();
        if (token === undefined || (token.kind !== 'word' && token.kind !== 'quoted'))
            return null;
        this.at++;
        return this.sql.slice(token.start, token.end);
    }
    /** Passes `( ... )` and gives the tokens inside; null when no parenthesis opens here. */
    parenthesised() {
        if (!this.is('('))
            return null;
        const end = matchingParen(this.tokens, this.at);
        const inside = this.tokens.slice(this.at + 1, end);
        this.at = end + 1;
        return inside;
    }
    rest() {
        return this.tokens.slice(this.at);
    }
}
/** The index of the parenthesis that closes the one at `open`, or the number of tokens. */
function matchingParen(tokens, open) {
    let depth = 0;
    for (let at = open; at < tokens.length; at++) {
        const word = tokens[at]?.word;
        if (word === '(' || word === '[')
            depth++;
        else if (word === ')' || word === ']')
            depth--;
        if (depth === 0)
            return at;
    }
    return tokens.length;
}
/** The tokens cut at the commas that stand outside of parentheses. */
function splitAtCommas(tokens) {
    const lists = [[]];
    let depth = 0;
    for (const token of tokens) {
        if (token.word === '(' || token.word === '[')
            depth++;
        else if (token.word === ')' || token.word === ']')
            depth--;
        if (token.word === ',' && depth === 0)
            lists.push([]);
        else
            lists.at(-1)?.push(token);
    }
    return lists;
}
/** The tokens that stand outside of any parentheses (a parenthesis itself is left out too). */
function outsideParens(tokens) {
    let depth = 0;
    return tokens.filter((token) => {
        if (token.word === '(')
            depth++;
        else if (token.word === ')')
            depth--;
        else
            return depth === 0;
        return false;
    });
}
/** Where a COPY statement reads or writes; null for anything else. */
function copyEndpoint(sql) {
    let depth = 0;
    let first = true;
    let direction = null;
    for (const token of readTokens(sql)) {
        if (first && token.word !== 'COPY')
            return null;
        first = false;
        if (direction !== null) {
            if (token.word === 'PROGRAM')
                return { kind: 'program', direction };
            // PostgreSQL takes either word in either direction.
            if (token.word === 'STDIN' || token.word === 'STDOUT')
                return { kind: 'client', direction };
            return token.kind === 'string' ? { kind: 'file', direction } : null;
        }
        if (token.word === '(')
            depth++;
        else if (token.word === ')')
            depth--;
        else if (depth === 0 && (token.word === 'FROM' || token.word === 'TO')) {
            direction = token.word === 'FROM' ? 'from' : 'to';
        }
    }
    return null;
}
/** A name as the catalog has it: without its quotes, or in lower case. */
function unquoteName(part) {
    const unicode = /^u&(?=")/i.test(part);
    const quoted = unicode ? part.slice(2) : part;
    if (!quoted.startsWith('"'))
        return quoted.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const name = quoted.slice(1, quoted.endsWith('"') && quoted.length > 1 ? -1 : undefined).replaceAll('""', '"');
    return unicode ? unicodeUnescaped(name) : name;
}
/** `a."b.c"` -> its parts, each as it is written: `a`, `"b.c"`. */
function splitQualifiedName(written) {
    return tokenize(written)
        .filter((token) => token.kind !== 'symbol')
        .map((token) => written.slice(token.start, token.end));
}
/** The last part of a name, as the catalog has it. */
function bareName(written) {
    return unquoteName(splitQualifiedName(written).at(-1) ?? written);
}


/***/ }),

/***/ 4390:
/***/ ((module) => {

module.exports = eval("require")("pg-native");


/***/ }),

/***/ 6982:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("crypto");

/***/ }),

/***/ 2250:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("dns");

/***/ }),

/***/ 4434:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("events");

/***/ }),

/***/ 9896:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("fs");

/***/ }),

/***/ 9278:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("net");

/***/ }),

/***/ 4589:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:assert");

/***/ }),

/***/ 6698:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:async_hooks");

/***/ }),

/***/ 4573:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:buffer");

/***/ }),

/***/ 1421:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");

/***/ }),

/***/ 7540:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:console");

/***/ }),

/***/ 7598:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 3053:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:diagnostics_channel");

/***/ }),

/***/ 610:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:dns");

/***/ }),

/***/ 1553:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:dns/promises");

/***/ }),

/***/ 8474:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");

/***/ }),

/***/ 3024:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 1455:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");

/***/ }),

/***/ 7067:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http");

/***/ }),

/***/ 2467:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http2");

/***/ }),

/***/ 7030:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");

/***/ }),

/***/ 8161:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");

/***/ }),

/***/ 6760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 643:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:perf_hooks");

/***/ }),

/***/ 1792:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:querystring");

/***/ }),

/***/ 7075:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");

/***/ }),

/***/ 6193:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:string_decoder");

/***/ }),

/***/ 8500:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

/***/ }),

/***/ 1692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");

/***/ }),

/***/ 3136:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:url");

/***/ }),

/***/ 7975:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");

/***/ }),

/***/ 3429:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util/types");

/***/ }),

/***/ 8877:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:v8");

/***/ }),

/***/ 5919:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");

/***/ }),

/***/ 8522:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:zlib");

/***/ }),

/***/ 6928:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("path");

/***/ }),

/***/ 2203:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("stream");

/***/ }),

/***/ 3193:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("string_decoder");

/***/ }),

/***/ 4756:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("tls");

/***/ }),

/***/ 9023:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("util");

/***/ }),

/***/ 8253:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("util/types");

/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId].call(module.exports, module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/******/ // expose the modules object (__webpack_modules__)
/******/ __nccwpck_require__.m = __webpack_modules__;
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/compat get default export */
/******/ (() => {
/******/ 	// getDefaultExport function for compatibility with non-harmony modules
/******/ 	__nccwpck_require__.n = (module) => {
/******/ 		var getter = module && module.__esModule ?
/******/ 			() => (module['default']) :
/******/ 			() => (module);
/******/ 		__nccwpck_require__.d(getter, { a: getter });
/******/ 		return getter;
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/create fake namespace object */
/******/ (() => {
/******/ 	var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 	var leafPrototypes;
/******/ 	// create a fake namespace object
/******/ 	// mode & 1: value is a module id, require it
/******/ 	// mode & 2: merge all properties of value into the ns
/******/ 	// mode & 4: return value when already ns object
/******/ 	// mode & 16: return value when it's Promise-like
/******/ 	// mode & 8|1: behave like require
/******/ 	__nccwpck_require__.t = function(value, mode) {
/******/ 		if(mode & 1) value = this(value);
/******/ 		if(mode & 8) return value;
/******/ 		if(typeof value === 'object' && value) {
/******/ 			if((mode & 4) && value.__esModule) return value;
/******/ 			if((mode & 16) && typeof value.then === 'function') return value;
/******/ 		}
/******/ 		var ns = Object.create(null);
/******/ 		__nccwpck_require__.r(ns);
/******/ 		var def = {};
/******/ 		leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 		for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 			Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 		}
/******/ 		def['default'] = () => (value);
/******/ 		__nccwpck_require__.d(ns, def);
/******/ 		return ns;
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/ensure chunk */
/******/ (() => {
/******/ 	__nccwpck_require__.f = {};
/******/ 	// This file contains only the entry chunk.
/******/ 	// The chunk loading function for additional chunks
/******/ 	__nccwpck_require__.e = (chunkId) => {
/******/ 		return Promise.all(Object.keys(__nccwpck_require__.f).reduce((promises, key) => {
/******/ 			__nccwpck_require__.f[key](chunkId, promises);
/******/ 			return promises;
/******/ 		}, []));
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/get javascript chunk filename */
/******/ (() => {
/******/ 	// This function allow to reference async chunks
/******/ 	__nccwpck_require__.u = (chunkId) => {
/******/ 		// return url for filenames based on template
/******/ 		return "" + chunkId + ".index.js";
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/******/ /* webpack/runtime/make namespace object */
/******/ (() => {
/******/ 	// define __esModule on exports
/******/ 	__nccwpck_require__.r = (exports) => {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		}
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/import chunk loading */
/******/ (() => {
/******/ 	// no baseURI
/******/ 	
/******/ 	// object to store loaded and loading chunks
/******/ 	// undefined = chunk not loaded, null = chunk preloaded/prefetched
/******/ 	// [resolve, Promise] = chunk loading, 0 = chunk loaded
/******/ 	var installedChunks = {
/******/ 		792: 0
/******/ 	};
/******/ 	
/******/ 	var installChunk = (data) => {
/******/ 		var {ids, modules, runtime} = data;
/******/ 		// add "modules" to the modules object,
/******/ 		// then flag all "ids" as loaded and fire callback
/******/ 		var moduleId, chunkId, i = 0;
/******/ 		for(moduleId in modules) {
/******/ 			if(__nccwpck_require__.o(modules, moduleId)) {
/******/ 				__nccwpck_require__.m[moduleId] = modules[moduleId];
/******/ 			}
/******/ 		}
/******/ 		if(runtime) runtime(__nccwpck_require__);
/******/ 		for(;i < ids.length; i++) {
/******/ 			chunkId = ids[i];
/******/ 			if(__nccwpck_require__.o(installedChunks, chunkId) && installedChunks[chunkId]) {
/******/ 				installedChunks[chunkId][0]();
/******/ 			}
/******/ 			installedChunks[ids[i]] = 0;
/******/ 		}
/******/ 	
/******/ 	}
/******/ 	
/******/ 	__nccwpck_require__.f.j = (chunkId, promises) => {
/******/ 			// import() chunk loading for javascript
/******/ 			var installedChunkData = __nccwpck_require__.o(installedChunks, chunkId) ? installedChunks[chunkId] : undefined;
/******/ 			if(installedChunkData !== 0) { // 0 means "already installed".
/******/ 	
/******/ 				// a Promise means "currently loading".
/******/ 				if(installedChunkData) {
/******/ 					promises.push(installedChunkData[1]);
/******/ 				} else {
/******/ 					if(true) { // all chunks have JS
/******/ 						// setup Promise in chunk cache
/******/ 						var promise = import("./" + __nccwpck_require__.u(chunkId)).then(installChunk, (e) => {
/******/ 							if(installedChunks[chunkId] !== 0) installedChunks[chunkId] = undefined;
/******/ 							throw e;
/******/ 						});
/******/ 						var promise = Promise.race([promise, new Promise((resolve) => (installedChunkData = installedChunks[chunkId] = [resolve]))])
/******/ 						promises.push(installedChunkData[1] = promise);
/******/ 					}
/******/ 				}
/******/ 			}
/******/ 	};
/******/ 	
/******/ 	// no prefetching
/******/ 	
/******/ 	// no preloaded
/******/ 	
/******/ 	// no external install chunk
/******/ 	
/******/ 	// no on chunks loaded
/******/ })();
/******/ 
/************************************************************************/
var __webpack_exports__ = {};
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   i: () => (/* binding */ doors)
/* harmony export */ });
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4074);
/**
 * What the bundle is made from: both doors out of one, so that what they share, and what is loaded only when it is used
 * (`await import()`), is there once. From source each door is run by itself.
 */

const doors = {
    action: () => __nccwpck_require__.e(/* import() */ 929).then(__nccwpck_require__.bind(__nccwpck_require__, 2929)),
    cli: () => __nccwpck_require__.e(/* import() */ 581).then(__nccwpck_require__.bind(__nccwpck_require__, 5581)),
};

var __webpack_exports__doors = __webpack_exports__.i;
export { __webpack_exports__doors as doors };

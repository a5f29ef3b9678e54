// Clients that hold a connection. Each function runs the real code with one set of options and returns `count` waits.

import { clocked, load, reload, rewind, waitsOf } from "./harness.mjs";

/** One draw for each attempt; none where randomizationFactor is 0. */
export async function socketIo({ options, from = 0, count }) {
  const { Manager } = load("socket.io-client");
  const manager = new Manager("http://localhost:1", { ...options, autoConnect: false });
  manager.setTimeoutFn = () => 0;
  manager.backoff.attempts = from;
  const waits = [];
  const duration = manager.backoff.duration.bind(manager.backoff);
  manager.backoff.duration = () => {
    const wait = duration();
    waits.push(wait);
    return wait;
  };
  let failed = false;
  manager.on("reconnect_failed", () => (failed = true));
  rewind();
  while (waits.length < count && !failed) {
    manager._reconnecting = false;
    manager.reconnect();
  }
  return failed ? [...waits, null] : waits;
}

class RefusedSocket extends EventTarget {
  static last = null;

  constructor() {
    super();
    this.readyState = 0;
    RefusedSocket.last = this;
  }
  close() {
    this.readyState = 3;
  }
}
Object.assign(RefusedSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });

/** One draw at the load of the module, whether or not the options make it superfluous; none for an attempt. */
function reconnecting(name) {
  return ({ options, count }) =>
    clocked(async (clock) => {
      rewind();
      const module = reload(name);
      const Socket = module.default ?? module;
      const waits = [];
      class Watched extends Socket {
        _getNextDelay() {
          const wait = super._getNextDelay();
          if (this._retryCount > 0) waits.push(wait);
          return wait;
        }
      }
      const socket = new Watched("ws://localhost:1", undefined, { ...options, WebSocket: RefusedSocket });
      let attempts = 0;
      while (waits.length < count) {
        await clock.turn(); // the wait, which is the only timer
        attempts += 1;
        RefusedSocket.last.readyState = 3;
        RefusedSocket.last.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" }));
        if (waits.length < attempts) break; // it has given up
      }
      socket.close();
      return waits.length < count ? [...waits, null] : waits;
    });
}

export const reconnectingWebsocket = reconnecting("reconnecting-websocket");
export const partysocket = reconnecting("partysocket/ws");
export const partysocket1117 = reconnecting("partysocket-1-1-17/ws");

/** No draw. `reconnectAfterMs` is a function there; a list stands for the function that repeats its last one. */
export const phoenix = ({ options, count }) =>
  clocked((clock) => {
    const { Socket } = load("phoenix");
    const functions = {};
    for (const [name, table] of Object.entries(options)) {
      functions[name] = (tries) => table[Math.min(tries, table.length) - 1];
    }
    const socket = new Socket("ws://localhost:1", { transport: class {}, ...functions });
    socket.reconnectTimer.callback = () => socket.reconnectTimer.scheduleTimeout();
    rewind();
    socket.reconnectTimer.scheduleTimeout();
    return waitsOf(clock, count);
  });

/** No draw. */
export async function signalr({ options, count }) {
  const { HubConnectionBuilder } = load("@microsoft/signalr");
  const builder = new HubConnectionBuilder().withAutomaticReconnect(options.withAutomaticReconnect);
  rewind();
  const waits = [];
  while (waits.length < count && waits.at(-1) !== null) {
    waits.push(builder.reconnectPolicy.nextRetryDelayInMilliseconds({ previousRetryCount: waits.length }));
  }
  return waits;
}

/** One draw for each attempt; without a subscription no identifier is drawn. */
export const graphqlWs = ({ options, count }) =>
  clocked((clock) => {
    const { createClient } = load("graphql-ws");
    class Refused {
      constructor() {
        queueMicrotask(() => this.onclose({ code: 1006, reason: "" }));
      }
      close() {}
    }
    Object.assign(Refused, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
    rewind();
    createClient({ ...options, url: "ws://localhost:1", lazy: false, onNonLazyError() {}, webSocketImpl: Refused });
    return waitsOf(clock, count);
  });

/** One draw for each attempt. */
export async function centrifuge({ options, count }) {
  const { Centrifuge } = load("centrifuge");
  const client = new Centrifuge("ws://localhost:1", options);
  rewind();
  return Array.from({ length: count }, () => client._getReconnectDelay());
}

/** No draw. */
export const stomp = ({ options, count }) =>
  clocked((clock) => {
    const { Client, ReconnectionTimeMode } = load("@stomp/stompjs");
    const mode = ReconnectionTimeMode[options.reconnectTimeMode ?? "LINEAR"];
    const refused = () => {
      const socket = { readyState: 0, close() {}, send() {} };
      queueMicrotask(() => socket.onclose({ code: 1006, reason: "" }));
      return socket;
    };
    rewind();
    new Client({ ...options, reconnectTimeMode: mode, webSocketFactory: refused }).activate();
    return waitsOf(clock, count);
  });

// Clients of brokers, and wrappers of calls. Each function runs the real code and returns `count` waits.

import { Duplex } from "node:stream";

import { clocked, load, reload, rewind, settle, waitsOf } from "./harness.mjs";

/**
 * One draw for each attempt, and one for the drop itself, which is retried at once all the same; none once suspended.
 *
 * Every attempt is refused at once. The retry that is pending when connectionStateTtl ends is called off, and the wait
 * of the suspended state begins: what had passed of the first is part of the wait.
 */
export const ably = ({ options, count }) =>
  clocked(async (clock) => {
    const { Realtime } = reload("ably");
    const client = new Realtime({ ...options, key: "app.key:secret", autoConnect: false, logLevel: 0 });
    const manager = client.connection.connectionManager;
    const waits = [];
    let refusedAt = 0;
    manager.disconnectAllTransports = () => {};
    manager.connectImpl = () => {
      const { startedAt, delay } = waits.length ? clock.last : { startedAt: 0, delay: 0 };
      waits.push(startedAt - refusedAt + delay);
      refusedAt = clock.now;
      manager.notifyState({ state: manager.states.connecting.failState });
    };
    manager.state = manager.states.connected;
    rewind();
    manager.notifyState({ state: "disconnected" });
    await settle();
    while (waits.length < count && (await clock.turn()));
    return waits;
  });

/** No draw for an attempt. */
export const mqtt = ({ options, count }) =>
  clocked(async (clock) => {
    const { MqttClient } = load("mqtt");
    const refused = () => {
      const stream = new Duplex({ read() {}, write: (chunk, encoding, done) => done() });
      setImmediate(() => stream.destroy());
      return stream;
    };
    rewind();
    const client = new MqttClient(refused, { ...options, clientId: "recorded" });
    const waits = [];
    while (waits.length < count) {
      await settle();
      const timer = clock.timers.find((one) => one.repeat);
      if (!timer) return [...waits, null];
      waits.push(timer.delay);
      clock.timers = [timer];
      await clock.turn();
    }
    client.end(true);
    return waits;
  });

/** One draw for each attempt; none without jitter. A generator is given by the name that the package exports. */
export const cockatiel = ({ options, count }) =>
  clocked(async (clock) => {
    const { ExponentialBackoff, handleAll, retry, ...library } = load("cockatiel");
    const { generator, maxAttempts, ...numbers } = options;
    const chosen = generator ? { generator: library[generator] } : {};
    const policy = retry(handleAll, { maxAttempts, backoff: new ExponentialBackoff({ ...numbers, ...chosen }) });
    rewind();
    policy.execute(() => Promise.reject(new Error("refused"))).catch(() => {});
    return waitsOf(clock, count);
  });

/** One draw for each wait with jitter "full"; else none. */
export const exponentialBackoff = ({ options, count }) =>
  clocked(async (clock) => {
    const { backOff } = load("exponential-backoff");
    rewind();
    backOff(() => Promise.reject(new Error("refused")), options).catch(() => {});
    return waitsOf(clock, count);
  });

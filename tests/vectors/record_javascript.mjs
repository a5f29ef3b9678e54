// Record what shipped JavaScript clients wait, by running them.
//
//   npm install && node record_javascript.mjs [directory]
//
// Writes <directory>/<client>.json (default: recorded/). Math.random is replaced by uniforms.json; every case starts at
// its beginning, and javascript/*.mjs say how often a client draws, and when. A wait is in the client's own unit, and
// null says that it gives up. "from" in a case is the retry index (counted from 0) of its first wait.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { versionOf } from "./javascript/harness.mjs";
import * as others from "./javascript/others.mjs";
import * as sockets from "./javascript/sockets.mjs";

const COUNT = 16;

const reconnecting = [
  ["defaults", {}],
  ["a fixed first wait", { minReconnectionDelay: 800, maxReconnectionDelay: 30000, reconnectionDelayGrowFactor: 1.5 }],
  ["a cap far away", { minReconnectionDelay: 1000, maxReconnectionDelay: 1000000 }],
  ["three retries", { maxRetries: 3 }],
];

const clients = [
  ["socket.io", "4", "socket.io-client", sockets.socketIo, [
    ["defaults", {}],
    ["slower and narrower", { reconnectionDelay: 250, reconnectionDelayMax: 60000, randomizationFactor: 0.2 }],
    ["without jitter", { randomizationFactor: 0 }],
    ["a factor beyond 1 is none", { randomizationFactor: 1.5 }],
    ["0 means the default", { reconnectionDelay: 0, reconnectionDelayMax: 0, reconnectionAttempts: 0 }],
    ["three attempts", { reconnectionAttempts: 3 }],
    ["beyond the greatest float", {}, { from: 1020, count: 32 }],
  ]],
  ["reconnecting-websocket", "4", "reconnecting-websocket", sockets.reconnectingWebsocket, reconnecting],
  ["partysocket", "1.3", "partysocket", sockets.partysocket, reconnecting],
  ["partysocket@1.1.17", "1.1.17", "partysocket-1-1-17", sockets.partysocket1117, reconnecting],
  ["phoenix", "1.8", "phoenix", sockets.phoenix, [
    ["defaults", {}],
    ["a table", { reconnectAfterMs: [1000, 2000, 3000, 10000] }],
  ]],
  ["signalr", "10", "@microsoft/signalr", sockets.signalr, [
    ["defaults", {}],
    ["a table", { withAutomaticReconnect: [100, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000, 60000] }],
  ]],
  ["graphql-ws", "6", "graphql-ws", sockets.graphqlWs, [
    ["defaults", {}],
    ["many attempts", { retryAttempts: 40 }],
    ["no attempts", { retryAttempts: 0 }],
  ]],
  ["centrifuge-js", "5", "centrifuge", sockets.centrifuge, [
    ["defaults", {}],
    ["quicker", { minReconnectDelay: 100, maxReconnectDelay: 5000 }],
    ["beyond the last step", { minReconnectDelay: 1, maxReconnectDelay: 1e12 }, { count: 40 }],
  ]],
  ["stompjs", "7", "@stomp/stompjs", sockets.stomp, [
    ["defaults", {}],
    ["exponential", { reconnectTimeMode: "EXPONENTIAL" }],
    ["exponential with a cap", { reconnectDelay: 200, maxReconnectDelay: 10000, reconnectTimeMode: "EXPONENTIAL" }],
    ["exponential without a cap", { maxReconnectDelay: 0, reconnectTimeMode: "EXPONENTIAL" }],
    ["off", { reconnectDelay: 0 }],
  ]],
  ["ably", "2", "ably", others.ably, [
    ["defaults", {}],
    ["never suspended", { connectionStateTtl: 1e9 }],
    ["quicker", { disconnectedRetryTimeout: 2000, suspendedRetryTimeout: 7000, connectionStateTtl: 20000 }],
  ]],
  ["mqtt.js", "5", "mqtt", others.mqtt, [
    ["defaults", {}],
    ["slower", { reconnectPeriod: 7500 }],
    ["off", { reconnectPeriod: 0 }],
  ]],
  ["cockatiel", "3", "cockatiel", others.cockatiel, [
    ["defaults", {}],
    ["slower", { initialDelay: 1000, maxDelay: 120000 }],
    ["another exponent", { initialDelay: 500, exponent: 1.5 }],
    ["without jitter", { generator: "noJitterGenerator" }],
    ["full jitter", { generator: "fullJitterGenerator", initialDelay: 200 }],
    ["three attempts", { maxAttempts: 3 }],
    ["half jitter", { generator: "halfJitterGenerator", maxDelay: 10000 }],
  ]],
  ["exponential-backoff", "3", "exponential-backoff", others.exponentialBackoff, [
    ["defaults", {}],
    ["slower", { startingDelay: 250, timeMultiple: 3, maxDelay: 60000, numOfAttempts: 20 }],
    ["full jitter", { jitter: "full", numOfAttempts: 20 }],
    ["a wait before the first attempt", { jitter: "full", delayFirstAttempt: true, maxDelay: 5000 }],
  ]],
];

const directory = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "recorded");
mkdirSync(directory, { recursive: true });
for (const [name, version, npm, run, cases] of clients) {
  const lines = [];
  for (const [title, options, extra = {}] of cases) {
    const delays = await run({ options, count: COUNT, ...extra });
    const from = extra.from ? { from: extra.from } : {};
    lines.push(JSON.stringify({ name: title, options, ...from, delays }).replace(/([,:])(?=\S)/g, "$1 "));
  }
  const head = {
    client: name.split("@")[0],
    version,
    package: npm.replace(/-1-1-17$/, ""),
    package_version: versionOf(npm),
    unit: "ms",
    cases: [],
  };
  const text = JSON.stringify(head, null, 1).replace("[]", () => `[\n  ${lines.join(",\n  ")}\n ]`);
  writeFileSync(join(directory, `${name}.json`), `${text}\n`);
}
process.exit(0);

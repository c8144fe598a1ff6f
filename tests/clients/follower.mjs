// Follows a catalogue through whatever happens: node follower.mjs ws|sse URL SINCE TOKEN
// Breaks its connection at random, and goes on after the last cursor it has. Prints each event as a line of JSON;
// a line "end N" on its standard input says that revision N is the last one to wait for.
import { createInterface } from "node:readline";
import { createClient as createSocketClient } from "graphql-ws";
import { createClient as createStreamClient } from "graphql-sse";
import WebSocket from "ws";

const [way, url, beginning, token] = process.argv.slice(2);
const query = `subscription Follow($since: String) {
  catalogueChanged(since: $since) { cursor revision complete changes { iri change } }
}`;
const variables = { since: beginning };
let end = Infinity;
let seen = 0;
let breaks = 0;
let finish = () => {};
const finished = new Promise((resolve) => (finish = resolve));
const done = () => seen >= end;

createInterface({ input: process.stdin }).on("line", (line) => {
  end = Number(line.split(" ")[1]);
  if (done()) finish();
});

function take(result) {
  if (result.errors) throw new Error(JSON.stringify(result.errors));
  const event = result.data.catalogueChanged;
  console.log(JSON.stringify(event));
  variables.since = event.cursor;
  patience = SHORT;
  if (event.complete) seen = event.revision;
  if (done()) finish();
}

// A connection that was broken before it told anything has more time the next time: a busy machine gets on, too.
const SHORT = 400;
let patience = SHORT;
const aWhile = () => {
  const time = 20 + patience * Math.random();
  patience *= 1.5;
  return new Promise((resolve) => setTimeout(resolve, time));
};

// One subscription for the whole time: the client connects anew by itself, with the variables as they are then.
async function overSocket() {
  let open = null;
  const client = createSocketClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}`, view: "working" },
    retryAttempts: Infinity,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    shouldRetry: () => true,
    on: { opened: (socket) => (open = socket) },
  });
  const stop = client.subscribe(
    { query, variables },
    {
      next: take,
      error: (error) => {
        console.error(error);
        process.exit(1);
      },
      complete: () => {
        if (!done()) process.exit(2);
      },
    },
  );
  while (!done()) {
    await Promise.race([aWhile(), finished]);
    if (!done() && open?.readyState === WebSocket.OPEN) {
      breaks += 1;
      open.terminate();
    }
  }
  // The connection goes with this process: dispose() would wait for one that may be under way, and throw once it is closed.
  stop();
}

// One stream after another: a stream that ends, however it ends, is followed by the next one.
async function overStreams() {
  const client = createStreamClient({
    url,
    headers: { authorization: `Bearer ${token}`, "govgraph-view": "working" },
    retryAttempts: 0,
  });
  while (!done()) {
    const events = client.iterate({ query, variables });
    const broken = Promise.race([aWhile(), finished]).then(() => {
      breaks += 1;
      return events.return();
    });
    try {
      for await (const result of events) take(result);
    } catch (error) {
      if (error.message.startsWith("[")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await broken;
  }
  client.dispose();
}

await (way === "ws" ? overSocket() : overStreams());
console.error(`${breaks} connections broken`);
process.exit(0);

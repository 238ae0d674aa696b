// Runs the app in Node, as an edge runtime would. Usage: node test.mjs edge.wasm
//
// PYRAMID_PYTHON names a Python with Pyramid, which then answers one of the visits.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { handler } from "./edge.mjs";

const SECRET = randomBytes(32).toString("hex");
const wasm = readFileSync(process.argv[2]);
const module = new WebAssembly.Module(wasm);

let clock = Date.UTC(2026, 8, 21);
let drawn = 0;
const host = {
  now: () => clock,
  random: () => {
    drawn += 1;
    return randomBytes(4).readUInt32LE();
  },
};
const edge = handler(module, host);

/** A browser with its cookies. */
class Browser {
  cookies = new Map();

  async visit(method, path, headers = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const request = new Request(`https://example.com${path}`, { method, headers: cookie ? { cookie, ...headers } : headers });
    const response = await edge.fetch(request, { SESSION_SECRET: SECRET });
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split("; ");
      const [name, value] = pair.split("=");
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async page() {
    const response = await this.visit("GET", "/");
    assert.equal(response.status, 200);
    return response.json();
  }
}

// A counter.
const browser = new Browser();
const first = await browser.visit("GET", "/");
assert.deepEqual(first.headers.getSetCookie().map((line) => line.replace(/=[^;]*/, "=…")), [
  "session=…; HttpOnly; SameSite=Lax; Secure; Path=/",
]);
assert.equal(first.headers.get("vary"), "Cookie");
assert.equal(first.headers.get("cache-control"), "private");
const { visits, csrf_token } = await first.json();
assert.equal(visits, 1);
assert.equal((await browser.page()).visits, 2);

// The token consists of the host's random bytes. After a redirect, a message is shown once.
assert.match(csrf_token, /^[0-9a-f]{40}$/);
assert.equal(drawn, 5);
assert.equal((await browser.visit("POST", "/items")).status, 403);
const added = await browser.visit("POST", "/items", { "x-csrf-token": csrf_token });
assert.equal(added.status, 303);
assert.deepEqual((await browser.page()).messages, ["Your item was added."]);
assert.deepEqual(await browser.page(), { csrf_token, messages: [], visits: 4 });
assert.notEqual((await new Browser().page()).csrf_token, csrf_token);

// A changed cookie is refused.
const stolen = browser.cookies.get("session");
const forger = new Browser();
forger.cookies.set("session", `${stolen.slice(0, -1)}${stolen.endsWith("A") ? "B" : "A"}`);
assert.equal((await forger.page()).visits, 1);

// The session expires by the host's clock, after 20 minutes and a second.
const sleeper = new Browser();
sleeper.cookies = new Map(browser.cookies);
clock += 20 * 60 * 1000;
assert.equal((await sleeper.page()).visits, 5);
clock += 20 * 60 * 1000 + 1000;
assert.equal((await sleeper.page()).visits, 1);
clock -= 2 * 20 * 60 * 1000 + 1000;

// Pyramid reads the session and writes it, and the edge reads it back.
const python = process.env.PYRAMID_PYTHON;
if (python) {
  const script = fileURLToPath(new URL("pyramid_visit.py", import.meta.url));
  const before = clock;
  clock = Date.now();
  const shared = new Browser();
  for (let visit = 1; visit <= 3; visit += 1) assert.equal((await shared.page()).visits, visit);
  const printed = execFileSync(python, [script, SECRET, shared.cookies.get("session")], { encoding: "utf8" });
  const [read, value] = printed.trim().split("\n");
  assert.equal(read, "3");
  shared.cookies.set("session", value);
  const page = await shared.page();
  assert.equal(page.visits, 5);
  assert.deepEqual(page.messages, ["Pyramid says hello."]);
  clock = before;
} else {
  assert.notEqual(process.env.REQUIRE_PEERS, "1", "PYRAMID_PYTHON names no Python with Pyramid");
  console.log("skipped: PYRAMID_PYTHON names no Python with Pyramid");
}

// A logout holds: with the end mark, the old cookie is refused.
const old = browser.cookies.get("session");
assert.equal((await browser.visit("POST", "/logout")).status, 303);
assert.deepEqual([...browser.cookies.keys()], ["session.ended"]);
browser.cookies.set("session", old);
assert.equal((await browser.page()).visits, 1);

// A secret that can be guessed is refused with a sentence.
for (const [secret, reason] of [[undefined, /empty/], ["seekrit", /7 bytes and needs at least 32/]]) {
  const request = new Request("https://example.com/");
  await assert.rejects(handler(module).fetch(request, { SESSION_SECRET: secret }), reason);
}

// Measures visits that read and write a session with a counter and a token, and visits that do not touch the session.
const visitor = new Browser();
await visitor.page();
async function batch(path) {
  const visits = 200;
  const start = process.hrtime.bigint();
  for (let visit = 0; visit < visits; visit += 1) await visitor.visit("GET", path);
  return Number(process.hrtime.bigint() - start) / visits / 1000;
}
// Takes the best of many batches, because other work of the machine only adds time.
let [untouched, written] = [Infinity, Infinity];
for (let round = 0; round < 50; round += 1) {
  untouched = Math.min(untouched, await batch("/no-such-page"));
  written = Math.min(written, await batch("/"));
}
const kib = (bytes) => `${Math.round(bytes.length / 1024)} KiB`;
console.log(`edge.wasm: ${kib(wasm)}, ${kib(gzipSync(wasm))} with gzip`);
console.log(`a visit: ${written.toFixed(0)} µs, of which ${(written - untouched).toFixed(0)} µs for the session`);

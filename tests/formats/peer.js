// Express with cookie-session, and React Router. Reads requests from standard input and writes answers to standard
// output. Each is one line of JSON.
//
//   {"framework": "express", "secrets": ["…"], "do": "make", "seed": 7}
//       The framework writes a random session, which is the same for the same seed.
//       -> {"cookies": {"session": "…", "session.sig": "…"}, "json": the text in the cookie}
//   {…, "do": "read", "cookies": {…}}    -> {"json": …}, null if the framework does not accept them
//   {…, "do": "set", "cookies": {…}, "key": "k", "json": "…"}    -> {"cookies": {…}}
//   {"framework": "express", …, "do": "page", "path": "/count", "cookies": {…}}
//       An Express site answers with a page. -> {"body": "…", "set_cookies": ["…"]}
//
// NODE_PATH must name the folder of the modules.

const http = require("http");
const readline = require("readline");

const ALPHABET = Array.from("abcXYZ019 _-./:\"\\<>&%;,=\0\x1f\x7féßλ中\u2028\ufeff\u{1f36a}\u{10ffff}\n\t");

function random(seed) {
  let state = BigInt(seed) + 0x9e3779b97f4a7c15n;
  return (end) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(end));
  };
}

const text = (below, longest) => Array.from({ length: below(longest) }, () => ALPHABET[below(ALPHABET.length)]).join("");

function value(below, depth) {
  const kind = below(depth < 4 ? 8 : 5);
  if (kind === 0) return [null, true, false][below(3)];
  if (kind === 1) return below(2 ** 31) - 2 ** 30;
  if (kind === 2) return [0.1, 1.5, 1e21, 1e-7, 123456789.125, Number.MAX_SAFE_INTEGER][below(6)];
  if (kind < 5) return text(below, 20);
  if (kind < 7) return Array.from({ length: below(4) }, () => value(below, depth + 1));
  return Object.fromEntries(Array.from({ length: below(4) }, () => [text(below, 8), value(below, depth + 1)]));
}

function sessionOf(seed) {
  const below = random(seed);
  const session = {};
  for (let at = 1 + below(5); at > 0; at--) {
    const made = value(below, 0);
    session[text(below, 10) + "abc"[below(3)]] = JSON.stringify(made).length < 400 ? made : "large";
  }
  return session;
}

const header = (cookies) => Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join("; ");

function cookiesOf(lines) {
  return Object.fromEntries(lines.map((line) => {
    const pair = line.split(";")[0];
    return [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
  }));
}

async function expressPeer(secrets) {
  const app = require("express")();
  app.use(require("cookie-session")({ name: "session", keys: secrets }));
  app.get("/read", (request, response) => response.send(request.session.isNew ? "null" : JSON.stringify(request.session)));
  app.get("/write", (request, response) => {
    Object.assign(request.session, JSON.parse(request.query.json));
    response.send("");
  });
  app.get("/count", (request, response) => {
    request.session.count = (request.session.count || 0) + 1;
    response.send(String(request.session.count));
  });
  app.get("/login/:user", (request, response) => {
    request.session = { user: request.params.user };
    response.send("in");
  });
  app.get("/logout", (request, response) => {
    request.session = null;
    response.send("out");
  });
  app.get("/me", (request, response) => response.send(request.session.user || "nobody"));
  const server = await new Promise((resolve) => {
    const server = app.listen(0, "127.0.0.1", () => resolve(server));
  });
  const get = (path, cookies) => new Promise((resolve, reject) => {
    const options = { port: server.address().port, path, headers: { cookie: header(cookies) }, agent: false };
    http.get(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => { body += chunk; });
      response.on("end", () => resolve({ body, set_cookies: response.headers["set-cookie"] || [] }));
    }).on("error", reject);
  });
  const write = async (session, cookies) =>
    cookiesOf((await get("/write?json=" + encodeURIComponent(JSON.stringify(session)), cookies)).set_cookies);
  return {
    page: get,
    write: (session) => write(session, {}),
    set: async (cookies, key, value) => ({ ...cookies, ...(await write({ [key]: value }, cookies)) }),
    read: async (cookies) => JSON.parse((await get("/read", cookies)).body),
  };
}

async function reactRouterPeer(secrets) {
  const { createCookieSessionStorage } = require("react-router");
  const storage = createCookieSessionStorage({ cookie: { name: "__session", secrets, path: "/", httpOnly: true } });
  const write = async (session, members) => {
    for (const [key, value] of Object.entries(members)) session.set(key, value);
    return cookiesOf([await storage.commitSession(session)]);
  };
  return {
    write: async (members) => write(await storage.getSession(), members),
    set: async (cookies, key, value) => write(await storage.getSession(header(cookies)), { [key]: value }),
    read: async (cookies) => {
      const { data } = await storage.getSession(header(cookies));
      return Object.keys(data).length > 0 ? data : null;
    },
  };
}

const peers = {};

async function answer(asked) {
  const key = asked.framework + JSON.stringify(asked.secrets);
  peers[key] ??= await { express: expressPeer, "react-router": reactRouterPeer }[asked.framework](asked.secrets);
  const peer = peers[key];
  if (asked.do === "page") return peer.page(asked.path, asked.cookies);
  if (asked.do === "make") {
    const session = sessionOf(asked.seed);
    return { cookies: await peer.write(session), json: JSON.stringify(session) };
  }
  if (asked.do === "read") {
    const read = await peer.read(asked.cookies);
    return { json: read === null ? null : JSON.stringify(read) };
  }
  if (asked.do === "set") return { cookies: await peer.set(asked.cookies, asked.key, JSON.parse(asked.json)) };
  throw new Error(asked.do);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
  process.exit(0);
})();

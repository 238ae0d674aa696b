// The host's part: a fetch handler for Cloudflare Workers, Deno and Node.
//
// On Cloudflare Workers:
//     import module from "./edge.wasm";
//     import { handler } from "./edge.mjs";
//     export default handler(module);
// with the secret in the environment: `wrangler secret put SESSION_SECRET`.

/** The functions that the module needs from its host. */
const HOST = {
  now: () => Date.now(),
  random: () => crypto.getRandomValues(new Uint32Array(1))[0],
};

/** Returns a handler that answers requests with the app in a `WebAssembly.Module`. */
export function handler(module, host = HOST) {
  let exports;

  /** Passes a text to the module, calls a function, and returns the text of its answer. */
  function call(name, text) {
    const bytes = new TextEncoder().encode(text);
    const start = exports.reserve(bytes.length);
    new Uint8Array(exports.memory.buffer, start, bytes.length).set(bytes);
    const length = exports[name]();
    // If the memory has grown during the call, its old buffer is invalid.
    return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, exports.answer(), length));
  }

  return {
    async fetch(request, env) {
      if (!exports) {
        exports = new WebAssembly.Instance(module, { host }).exports;
        const error = call("start", env.SESSION_SECRET ?? "");
        if (error) {
          exports = undefined;
          throw new Error(`SESSION_SECRET cannot be used: ${error}`);
        }
      }
      const { method, url, headers } = request;
      const answer = JSON.parse(call("fetch", JSON.stringify({ method, path: new URL(url).pathname, headers: [...headers] })));
      // Each cookie needs its own header, so append them.
      const response = new Headers();
      for (const [name, value] of answer.headers) response.append(name, value);
      return new Response(answer.body, { status: answer.status, headers: response });
    },
  };
}

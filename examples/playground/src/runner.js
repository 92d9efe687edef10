// Runs questions in a worker, one at a time, and replaces a worker that stops or does not come back. What gets no answer is told as
// such: never as an allow.

/** How long a question may take. Ordinary ones take less than a second, the first one with its start included. */
const DEADLINE = 10_000;

/** Fetches all that is ever needed: the worker as text and the component as modules. Nothing is loaded after that. */
export async function load(base) {
  const get = async (name) => {
    const response = await fetch(new URL(name, base));
    if (!response.ok) throw new Error(`${name} was not found beside the page`);
    return response;
  };
  const names = ["handoff.core.wasm", "handoff.core2.wasm", "handoff.core3.wasm"];
  const compile = async (name) => [name, await WebAssembly.compile(await (await get(name)).arrayBuffer())];
  const [script, ...modules] = await Promise.all([get("worker.js").then((response) => response.blob()), ...names.map(compile)]);
  // Started from text, a worker is held to the page's own policy of what it may load.
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return new Runner(address, Object.fromEntries(modules));
}

class Runner {
  #address;
  #modules;
  #worker;
  #current;
  #waiting;
  #ids = 0;

  constructor(address, modules) {
    this.#address = address;
    this.#modules = modules;
  }

  /**
   * What comes of a request: an outcome, or `stopped` with the reason. Of requests that wait only the last one is run; the others come to
   * nothing.
   */
  run(request) {
    return new Promise((resolve) => {
      this.#waiting?.resolve(undefined);
      this.#waiting = { request, resolve };
      this.#next();
    });
  }

  #next() {
    if (this.#current || !this.#waiting) return;
    const { request, resolve } = this.#waiting;
    this.#waiting = undefined;
    this.#worker ??= this.#start();
    const id = (this.#ids += 1);
    const late = setTimeout(() => this.#stop(`no answer within ${DEADLINE / 1000} seconds`), DEADLINE);
    this.#current = { id, resolve, late };
    this.#worker.postMessage({ id, request });
  }

  #start() {
    const worker = new Worker(this.#address);
    worker.onmessage = ({ data }) => {
      if (data.id !== this.#current?.id) return;
      if ("stopped" in data) this.#stop(data.stopped);
      else this.#settle({ outcome: data.outcome });
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#stop(event.message || "the worker did not start");
    };
    worker.postMessage({ modules: this.#modules });
    return worker;
  }

  #stop(reason) {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#settle({ stopped: reason });
  }

  #settle(result) {
    const current = this.#current;
    this.#current = undefined;
    clearTimeout(current?.late);
    current?.resolve(result);
    this.#next();
  }
}

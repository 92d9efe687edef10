// A server of plain files, and no more: what any web space does. `npm run serve` shows dist/ below a subpath.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".yaml": "text/plain" };

/** Serves folders or files, each below a path; `close` ends it. */
export async function serve(roots, port = 0) {
  const server = createServer(async ({ url }, response) => {
    const path = new URL(url, "http://localhost").pathname;
    const root = Object.keys(roots).find((root) => path.startsWith(root));
    const file = root && new URL(`.${path.slice(root.length - 1)}`.replace(/\/$/, "/index.html"), roots[root]);
    try {
      if (!file?.href.startsWith(roots[root].href)) throw new Error("not below the folder");
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file.pathname)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { origin } = await serve({ "/playground/": new URL("../dist/", import.meta.url) }, Number(process.env.PORT ?? 8000));
  console.log(`${origin}/playground/`);
}

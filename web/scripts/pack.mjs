// After `next build`: write beside each file what browsers take compressed, and a manifest that tells the server
// everything it has to say of a file: type, tag, policy. So that serving is a look-up and a send.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = new URL("../out/", import.meta.url).pathname;
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml", ".woff2": "font/woff2",
  ".png": "image/png", ".ico": "image/x-icon",
};
const PACKED = new Set([".html", ".js", ".css", ".txt", ".json", ".svg"]);
const SMALL = 512;

function walk(folder) {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

/** Scripts inside the page, by their hashes: nothing else that is written into a page runs. */
function policy(html, path) {
  if (/\sstyle="/.test(html)) throw new Error(`${path} has a style attribute, which its policy would refuse`);
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map((found) => found[1]);
  const hashes = [...new Set(inline)].map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return [
    "default-src 'none'", `script-src 'self' ${hashes.join(" ")}`.trim(), "style-src 'self'", "img-src 'self' data: blob:",
    "font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "media-src 'self' blob:", "form-action 'self'", "base-uri 'none'",
  ].join("; ");
}

function address(file) {
  return "/" + (file.endsWith(".html") ? file.slice(0, -5) : file);
}

const files = {};
for (const path of walk(root)) {
  const file = relative(root, path);
  const kind = extname(file);
  if (file === "manifest.json" || [".br", ".gz"].includes(kind)) continue;
  if (/^(404|_not-found|_global-error|index)(\.|\/)/.test(file)) { rmSync(path); continue; }
  const body = readFileSync(path);
  const entry = { file, type: TYPES[kind] ?? "application/octet-stream", tag: createHash("sha256").update(body).digest("hex").slice(0, 24) };
  if (file.startsWith("_next/static/")) entry.immutable = true;
  if (kind === ".html") entry.policy = policy(body.toString(), file);
  if (PACKED.has(kind) && body.length > SMALL) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: kind === ".txt" ? 9 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    writeFileSync(`${path}.br`, brotliCompressSync(body, { params }));
    writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
    entry.packed = true;
  }
  files[address(file)] = entry;
}
writeFileSync(join(root, "manifest.json"), JSON.stringify({ files }));

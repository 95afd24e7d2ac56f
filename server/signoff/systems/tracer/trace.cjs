// Loaded into each Node.js process of a rehearsal by NODE_OPTIONS=--require: writes down which names the programs ask
// the environment for and do not get, and what of the project asks. Whatever goes wrong in here stays in here.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { fileURLToPath } = require("node:url");

const folder = process.env.SIGNOFF_TRACE;
const root = process.env.SIGNOFF_TRACE_ROOT;
const SAMPLES = 40; // looks at one name: the first one may be of a package, a later one of the project
const MOST = 5000; // records of one process

if (folder && root) {
  try {
    trace();
  } catch {
    // the build goes on as it would without this file
  }
}

function trace() {
  const { threadId } = require("node:worker_threads");
  const file = path.join(folder, `${process.pid}-${threadId}.jsonl`);
  const looks = new Map();
  const written = new Set();
  let busy = false;

  function missed(name) {
    if (busy || typeof name !== "string" || written.size >= MOST) return;
    const count = looks.get(name) || 0;
    if (count >= SAMPLES) return;
    looks.set(name, count + 1);
    busy = true;
    try {
      const found = place(frames());
      const line = found && JSON.stringify({ name, ...found });
      if (line && !written.has(line)) {
        written.add(line);
        fs.appendFileSync(file, line + "\n");
      }
    } catch {
      // see above
    } finally {
      busy = false;
    }
  }

  const environment = process.env;
  const seen = new Proxy(environment, {
    get(target, name) {
      const value = target[name];
      if (value === undefined && !(name in Object.prototype)) missed(name);
      return value;
    },
    has(target, name) {
      const there = name in target;
      if (!there) missed(name);
      return there;
    },
    // Without this a plain assignment would reach process.env as a definition that it refuses.
    set(target, name, value) {
      target[name] = value;
      return true;
    },
  });
  Object.defineProperty(process, "env", { value: seen, writable: true, configurable: true, enumerable: true });
}

function frames() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 60;
    Error.prepareStackTrace = (_error, sites) => sites;
    return new Error("trace").stack.slice(3).map((site) => ({
      file: plain(site.getFileName() || ""),
      line: site.getLineNumber() || 0,
      called: site.getFunctionName() || "",
    }));
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function plain(file) {
  return file.startsWith("file://") ? fileURLToPath(file) : file;
}

function ours(file) {
  return file.startsWith(root + path.sep) && !file.includes(`${path.sep}node_modules${path.sep}`);
}

// The innermost frame of the project. `loads`: it is only there because a module is loaded, as it is again when the
// image runs; a script that was started, or a configuration, is not loaded then.
function place(stack) {
  const first = stack.findIndex((frame) => ours(frame.file));
  if (first < 0) return null;
  const { file, line } = stack[first];
  const loaded = stack.findIndex((frame, at) => at >= first && ours(frame.file) && isLoading(frame, stack[at + 1]));
  const loads = loaded >= 0 && !isStarted(stack[loaded].file);
  return { file: path.relative(root, file), line, loads };
}

function isLoading(frame, caller) {
  if (frame.called === "module evaluation") return true;
  if (!caller) return false;
  if (caller.file.startsWith("node:internal/modules/")) return true;
  return /(webpack-runtime|\[turbopack\]_runtime|webpack-api-runtime)/.test(path.basename(caller.file));
}

function isStarted(file) {
  if (/\.config\.[cm]?[jt]s$/.test(file)) return true;
  try {
    return fs.realpathSync(process.argv[1]) === file;
  } catch {
    return false;
  }
}

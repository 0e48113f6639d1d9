"use strict";
// Runs a Node.js function in one of Carillon's execution environments: fetches events from the
// Lambda Runtime API, calls the handler and posts its result.
const fs = require("fs");
const http = require("http");
const path = require("path");
const { pathToFileURL } = require("url");
const util = require("util");

// Tracers such as X-Ray's and Powertools' replace functions of these modules. This file captures
// the originals before the handler's module is loaded, so that its own calls are neither traced nor
// broken.
const { request: httpRequest, Agent } = http;
const { writeSync } = fs;
const exit = process.exit.bind(process);

const api = process.env.AWS_LAMBDA_RUNTIME_API;
const slash = api.indexOf("/") < 0 ? api.length : api.indexOf("/");
const [host, port] = api.slice(0, slash).split(":");
const base = api.slice(slash) + "/2018-06-01/runtime/";
const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });

function request(method, place, body, headers) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host, port, method, path: base + place, agent, headers: headers || {} },
      (incoming) => {
        const chunks = [];
        incoming.on("data", (chunk) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode,
            headers: incoming.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function post(place, text, headers) {
  const body = Buffer.from(text, "utf8");
  return request("POST", place, body, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    ...headers,
  });
}

let requestId = "";

// AWS's line format; a bare CR keeps the lines of one message together.
for (const [method, level] of Object.entries({
  log: "INFO",
  info: "INFO",
  debug: "DEBUG",
  trace: "TRACE",
  warn: "WARN",
  error: "ERROR",
})) {
  console[method] = (...words) => write(level, util.format(...words));
}

function write(level, text) {
  const line = `${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${text}`;
  writeSync(1, line.replace(/\n/g, "\r") + "\n");
}

function describe(error) {
  const known = error instanceof Error || (error && error.stack !== undefined && error.message);
  return known
    ? {
        errorType: error.name || "Error",
        errorMessage: error.message,
        trace: String(error.stack || "").split("\n"),
      }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };
}

// An error as AWS's runtime logs it: more than in the response, since it includes properties that
// libraries set (`code`, `$metadata`, `reason`). Values that JSON cannot represent are omitted.
function detail(error) {
  const seen = new Set();
  const enrich = (_, value) => {
    if (typeof value === "bigint") {
      return String(value);
    }
    if (typeof value === "object" && value !== null) {
      if (seen.has(value)) {
        return undefined;
      }
      seen.add(value);
    }
    return value instanceof Error
      ? {
          errorType: value.name || "Error",
          errorMessage: value.message,
          code: value.code,
          ...value,
          stack: typeof value.stack === "string" ? value.stack.split("\n") : [],
        }
      : value;
  };
  try {
    return JSON.stringify(error, enrich);
  } catch {
    return JSON.stringify(describe(error));
  }
}

function fail(place, error, title) {
  write("ERROR", `${title} \t${detail(error instanceof Error ? error : new Error(String(error)))}`);
  const description = describe(error);
  return post(place, JSON.stringify(description), {
    "Lambda-Runtime-Function-Error-Type": description.errorType.replace(/[^\x21-\x7e]/g, "_"),
  });
}

class UnhandledRejection extends Error {
  constructor(reason, promise) {
    super(String(reason));
    this.reason = reason;
    this.promise = promise;
  }

  get name() {
    return "Runtime.UnhandledPromiseRejection";
  }
}

class LoadError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

// `dir/file.function` or `dir/file.object.function`, as CommonJS or as a module.
async function load(root, name) {
  const folder = path.dirname(name);
  const match = /^([^.]+)\.(.+)$/.exec(path.basename(name));
  if (!match) {
    throw new LoadError("Runtime.MalformedHandlerName", "Bad handler");
  }
  const stem = path.resolve(root, folder, match[1]);
  const file = ["", ".js", ".mjs", ".cjs"]
    .map((end) => stem + end)
    .find((place) => fs.existsSync(place) && fs.statSync(place).isFile());
  if (!file) {
    throw new LoadError(
      "Runtime.ImportModuleError",
      `Error: Cannot find module '${path.join(folder, match[1])}'`,
    );
  }
  let found;
  try {
    found = isModule(root, file) ? await import(pathToFileURL(file).href) : require(file);
  } catch (error) {
    const missing = ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(error && error.code);
    if (missing) {
      if (/['"]@aws-sdk\//.test(error.message)) {
        console.error(
          "[carillon] On AWS the runtime brings the SDK; here the function's package has to: npm install it beside the code.",
        );
      }
      throw new LoadError("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    if (error instanceof SyntaxError) {
      throw new LoadError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    }
    throw error;
  }
  let handler = found;
  for (const part of match[2].split(".")) {
    handler = handler === undefined || handler === null ? undefined : handler[part];
  }
  if (handler === undefined && found && found.default) {
    handler = match[2].split(".").reduce((o, part) => (o ? o[part] : undefined), found.default);
  }
  if (handler === undefined) {
    throw new LoadError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new LoadError("Runtime.HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

function isModule(root, file) {
  if (file.endsWith(".mjs")) {
    return true;
  }
  if (file.endsWith(".cjs")) {
    return false;
  }
  for (let folder = path.dirname(file); folder.startsWith(root); folder = path.dirname(folder)) {
    const description = path.join(folder, "package.json");
    if (fs.existsSync(description)) {
      return JSON.parse(fs.readFileSync(description, "utf8")).type === "module";
    }
    if (folder === path.dirname(folder)) {
      break;
    }
  }
  return false;
}

function contextOf(headers, done) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    clientContext: client ? JSON.parse(client) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: (error, result) => done(error, result),
    fail: (error) => done(error === undefined ? "handled" : error),
    succeed: (result) => done(null, result),
  };
}

// An async handler settles its promise, a callback handler calls back; the first counts. If neither
// happens and the event loop is empty, the response is null, as on AWS.
function invoke(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let context;
    const idle = () => resolve(null);
    const settle = (finish) => {
      process.removeListener("beforeExit", idle);
      finish();
    };
    const done = (error, result) => {
      const finish = () => (error ? reject(error) : resolve(result));
      if (context.callbackWaitsForEmptyEventLoop) {
        process.removeListener("beforeExit", idle);
        process.once("beforeExit", finish);
      } else {
        settle(finish);
      }
    };
    context = contextOf(headers, done);
    process.once("beforeExit", idle);
    const returned = handler(event, context, done);
    if (returned && typeof returned.then === "function") {
      returned.then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    }
  });
}

// AWS's message for a result that JSON cannot represent.
function answerOf(result) {
  let text;
  try {
    text = JSON.stringify(result);
  } catch {
    throw new Error("Unable to stringify response body");
  }
  return text === undefined ? "null" : text;
}

async function serve(handler) {
  for (;;) {
    const next = await request("GET", "invocation/next");
    if (next.status !== 200) {
      exit(0); // the environment ends
    }
    requestId = next.headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] || "";
    const place = `invocation/${requestId}`;
    try {
      const event = JSON.parse(next.body.toString("utf8"));
      const result = await invoke(handler, event, next.headers);
      await post(`${place}/response`, answerOf(result));
    } catch (error) {
      await fail(`${place}/error`, error, "Invoke Error");
    }
  }
}

function die(error, title, status) {
  const place = requestId ? `invocation/${requestId}/error` : "init/error";
  fail(place, error, title).finally(() => exit(status));
}

// The exit statuses are those of AWS's runtime; they are logged after a response.
process.on("uncaughtException", (error) => die(error, "Uncaught Exception", 129));
process.on("unhandledRejection", (reason, promise) =>
  die(new UnhandledRejection(reason, promise), "Unhandled Promise Rejection", 128),
);

load(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER).then(serve, (error) =>
  fail("init/error", error, "Uncaught Exception").finally(() => exit(1)),
);

// The proof of checks: the operations that they name, called with success and read (see checks.py).
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";

const answered = new Set();
const seen = new Set();

const SERVICES = { "cloudwatch logs": "logs" };

// Records every response of the client, and every read of one.
export function watched(client) {
  const service = client.config.serviceId.toLowerCase();
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const operation = `${SERVICES[service] ?? service}:${context.commandName.replace(/Command$/, "")}`;
      answered.add(operation);
      if (Object.keys(result.output).every((member) => member === "$metadata")) seen.add(operation);
      const output = new Proxy(result.output, {
        get(target, member, receiver) {
          seen.add(operation);
          return Reflect.get(target, member, receiver);
        },
      });
      return { ...result, output };
    },
    { step: "initialize", priority: "high", name: "witness" },
  );
  return client;
}

// Runs { title: { proves: ["s3:PutObject"], async check() {} } } in order and writes what was proved to $CARILLON_PROOF.
export async function run(checks) {
  const proof = {};
  for (const [title, { proves = [], check }] of Object.entries(checks)) {
    answered.clear();
    seen.clear();
    try {
      await check();
      for (const operation of proves) {
        assert.ok(answered.has(operation), `the check names ${operation}, which it never called with success`);
        assert.ok(seen.has(operation), `the check names ${operation}, but never looked at its answer`);
      }
      proof[title] = [...proves].sort();
      console.log(`ok ${title}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`FAILED ${title}: ${error.stack ?? error}`);
    }
  }
  if (process.env.CARILLON_PROOF) writeFileSync(process.env.CARILLON_PROOF, JSON.stringify(proof));
}

// Runs every audit of the npm package graphql-http against a server: node http_audit.mjs URL
// Prints {"audits": number, "failed": [{"id", "name", "status", "reason"}]}; exit 1 when one failed.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const failed = results
  .filter((result) => result.status !== "ok")
  .map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify({ audits: results.length, failed }));
process.exitCode = failed.length > 0 ? 1 : 0;

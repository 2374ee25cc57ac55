// node sdk.mjs SDK COMMAND: lists COMMAND's tools and makes the calls read from stdin, by one of the two TypeScript SDKs.
import { readFileSync } from "node:fs";

const modules = {
  "@modelcontextprotocol/client": ["@modelcontextprotocol/client", "@modelcontextprotocol/client/stdio"],
  "@modelcontextprotocol/sdk": [
    "@modelcontextprotocol/sdk/client/index.js",
    "@modelcontextprotocol/sdk/client/stdio.js",
  ],
};
const [sdk, command] = process.argv.slice(2);
const [{ Client }, { StdioClientTransport }] = await Promise.all(modules[sdk].map((name) => import(name)));

const client = new Client({ name: "cloudwatch-mcp-clients", version: "1" });
await client.connect(new StdioClientTransport({ command, env: process.env }));
const { tools } = await client.listTools();
const answers = {};
for (const { tool, given } of JSON.parse(readFileSync(0, "utf8"))) {
  answers[tool] = await client.callTool({ name: tool, arguments: given });
}
await client.close();
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), answers }));

// The host's side of MCP Apps (2026-01-26): JSON-RPC 2.0 through postMessage.

const pending = new Map();
let lastId = 0;

const send = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

const notify = (method, params) => send({ method, params });

/** The result of a request to the host; it rejects if the host refuses. */
function request(method, params) {
  lastId += 1;
  return new Promise((resolve, reject) => {
    pending.set(lastId, { resolve, reject });
    send({ id: lastId, method, params });
  });
}

/** Pass the host's notifications to `handlers`, a Map by method. */
function listen(handlers) {
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || record(data).jsonrpc !== "2.0") return;
    if (data.method === undefined) settle(data);
    else if (data.id === undefined) handlers.get(data.method)?.(record(data.params));
    else answer(data);
  });
}

function settle({ id, result, error }) {
  const request = pending.get(id);
  pending.delete(id);
  if (error) request?.reject(new Error(clean(error.message)));
  else request?.resolve(record(result));
}

function answer({ id, method }) {
  if (method === "ping" || method === "ui/resource-teardown") send({ id, result: {} });
  else send({ id, error: { code: -32601, message: "Method not found" } });
}

/** The theme and colours of the host. */
function applyContext({ theme, styles }) {
  const { style } = document.documentElement;
  if (theme === "light" || theme === "dark") style.colorScheme = theme;
  for (const [name, value] of Object.entries(record(record(styles).variables))) {
    if (/^--[a-z0-9-]+$/.test(name) && typeof value === "string") style.setProperty(name, value);
  }
}

/** Report the page's size to the host whenever it changes. */
function reportSize() {
  let last = "";
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    const size = { width: innerWidth, height };
    if (JSON.stringify(size) === last) return;
    last = JSON.stringify(size);
    notify("ui/notifications/size-changed", size);
  }).observe(document.documentElement);
}

const CONSOLES = ["console.aws.amazon.com", "console.amazonaws.cn", "console.amazonaws-us-gov.com", "console.amazonaws-eusc.eu"];

/** The links to pages of the AWS console: [{title, url}]. Any other address is left out. */
function consoleLinks(meta) {
  return list(record(meta)["cloudwatch-mcp/console"]).map(record).filter(({ title, url }) => {
    if (typeof title !== "string" || typeof url !== "string" || !URL.canParse(url)) return false;
    const { protocol, hostname, port, username, password } = new URL(url);
    const known = CONSOLES.some((name) => hostname === name || hostname.endsWith(`.${name}`));
    return protocol === "https:" && known && !port && !username && !password;
  });
}

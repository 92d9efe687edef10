// node jira/start.js: the bridge, with its settings from the environment.
import { bridge } from "./bridge.js";

const { env } = process;
const need = (name) => {
  if (!env[name]) throw new Error(`${name} is not set`);
  return env[name];
};
const list = (names) => names?.split(",").map((name) => name.trim());

bridge({
  secret: need("JIRA_WEBHOOK_SECRET"),
  handoff: env.HANDOFF_URL ?? "http://127.0.0.1:8642",
  token: need("HANDOFF_TOKEN"),
  jira: need("JIRA_URL"),
  account: need("JIRA_ACCOUNT"),
  login: need("JIRA_LOGIN"),
  devices: env.JIRA_DEVICES,
  subject: env.JIRA_SUBJECT,
  fields: list(env.JIRA_FIELDS),
  attributes: list(env.JIRA_ATTRIBUTES),
}).listen(Number(env.PORT ?? 8643), env.HOST ?? "127.0.0.1", () => console.log(JSON.stringify({ event: "listening" })));

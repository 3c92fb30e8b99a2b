// Requests to the server: JSON in, JSON out, with the session's token against forged requests.
let csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";
// Whose screen this is, where what is on it belongs to one person.
const person = JSON.parse(document.getElementById("settings")?.textContent ?? "{}").person;
// How long an answer may take. Whoever asks for reading waits longer: asking again would have it done twice.
const PATIENCE = 15000;

/** What the server refused, with its reason. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? "";
    this.body = body;
  }
}

/** The server could not be reached: what was typed stays here. */
export class Offline extends Error {}

export async function call(method, path, body, patience = PATIENCE) {
  const { response, json } = await ask(method, path, body, patience);
  if (response.ok) return json;
  // Signed in anew in another window: the token of this page was the old session's.
  if (response.status === 403 && json?.code === "forged" && (await renewed())) {
    const again = await ask(method, path, body, patience);
    if (again.response.ok) return again.json;
    throw new Refused(again.response.status, again.json);
  }
  throw new Refused(response.status, json);
}

// Takes the token of the session that holds now. What was done here is one person's: it is not sent as another's.
async function renewed() {
  if (person === undefined) return false;
  const { response, json } = await ask("GET", "/api/session", undefined, PATIENCE);
  if (!response.ok) throw new Refused(response.status, json);
  if (json.person !== person) throw new Refused(401, { code: "another", message: t("entry.another_person", { name: json.name }) });
  if (json.csrf === csrf) return false;
  csrf = json.csrf;
  return true;
}

// An answer that breaks off is none: nothing may be taken from it.
async function ask(method, path, body, patience) {
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json", "x-csrf": csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(patience),
    });
    text = await response.text();
  } catch (error) {
    throw new Offline(String(error));
  }
  if (response.status >= 502) throw new Offline(`HTTP ${response.status}`);
  try {
    return { response, json: text ? JSON.parse(text) : null };
  } catch {
    // A page of something between here and the server.
    if (response.ok) throw new Offline("no JSON");
    return { response, json: null };
  }
}

/** Sent even while the page is being left. */
export function farewell(path, body) {
  fetch(path, {
    method: "POST",
    keepalive: true,
    headers: { "content-type": "application/json", "x-csrf": csrf },
    body: JSON.stringify(body),
  }).catch(() => {});
}

const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

/** An interface text, `{name}` filled in. */
export function t(key, values = {}) {
  let text = texts[key] ?? key;
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, String(value));
  return text;
}

/** An element with attributes and a text. */
export function element(tag, attributes, text) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

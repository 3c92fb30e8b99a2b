// Requests to the server: JSON in, JSON out, with the session's token against forged requests.
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

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

export async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json", "x-csrf": csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
  } catch (error) {
    throw new Offline(String(error));
  }
  if (response.status === 204) return null;
  const json = await response.json().catch(() => null);
  if (response.status === 401) throw new Refused(401, json);
  if (response.status >= 502) throw new Offline(`HTTP ${response.status}`);
  if (!response.ok) throw new Refused(response.status, json);
  return json;
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

// The archive team's desk: how reading goes, told anew every few seconds, and scans handed in with their progress.
import { call } from "/assets/api.js";

const said = document.querySelector("[data-progress]");
const csrf = document.querySelector('meta[name="csrf"]')?.content ?? "";

async function look() {
  try {
    const now = await call("GET", "/api/archive/progress");
    const figures = document.querySelectorAll("#figures dd");
    figures[0].textContent = now.waiting;
    figures[1].textContent = now.reading;
    said.hidden = false;
    if (said.textContent !== now.text) said.textContent = now.text;
    for (const volume of now.volumes) {
      for (const name of ["pages", "entries", "waiting", "left", "mend"]) {
        const cell = document.querySelector(`tr[data-volume="${volume.id}"] [data-of="${name}"]`);
        if (cell) cell.textContent = volume[name];
      }
    }
    for (const batch of now.batches) {
      const row = document.querySelector(`tr[data-batch="${batch.id}"]`);
      if (!row) continue;
      row.querySelector("[data-of=read]").textContent = `${batch.read} / ${batch.pages}`;
      Object.assign(row.querySelector("progress"), { max: Math.max(1, batch.pages), value: batch.read });
    }
    const watched = JSON.stringify(now.watches);
    if (watched !== look.watched) {
      look.watched = watched;
      document.getElementById("watches").replaceChildren(...now.watches.map((watch) => {
        const [line, folder, badge] = ["li", "code", "span"].map((tag) => document.createElement(tag));
        folder.textContent = watch.folder;
        badge.className = `badge ${watch.class}`;
        badge.textContent = watch.text;
        line.append(folder, " ", badge);
        return line;
      }));
    }
  } catch {
    // The next look tells.
  }
}
look();
setInterval(look, 4000);

// One file after the other; the browser tells how far each is.
function send(volume, file, replaces, batch, tell) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/archive/volumes/${volume}/scans?name=${encodeURIComponent(file.name)}&batch=${encodeURIComponent(batch)}${replaces ? `&replaces=${replaces}` : ""}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-csrf", csrf);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) tell(`${file.name}: ${Math.round((100 * event.loaded) / event.total)} %`);
    });
    request.addEventListener("loadend", () => {
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Cut off: told below.
      }
      resolve(request.status === 200 ? answer : { pages: 0, duplicates: 0, refused: [`${file.name}: ${answer?.message ?? request.status}`] });
    });
    request.send(file);
  });
}

for (const input of document.querySelectorAll("[data-upload]")) {
  input.addEventListener("change", async () => {
    const volume = input.dataset.upload;
    const replaces = input.dataset.replaces;
    const line = document.querySelector(`[data-upload-said="${replaces ? `${volume}-${replaces}` : volume}"]`);
    const sum = { pages: 0, duplicates: 0, refused: [] };
    input.disabled = true;
    const files = [...input.files];
    // Files chosen together are one batch, named by the moment and their number.
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    const batch = `${two(now.getDate())}-${two(now.getMonth() + 1)}-${now.getFullYear()} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())} (${files.length})`;
    for (const file of files) {
      const taken = await send(volume, file, replaces, batch, (text) => (line.textContent = text));
      sum.pages += taken.pages;
      sum.duplicates += taken.duplicates;
      sum.refused.push(...taken.refused);
    }
    input.disabled = false;
    input.value = "";
    line.textContent = `✓ ${sum.pages}${sum.duplicates ? ` · = ${sum.duplicates}` : ""}${sum.refused.length ? ` · ✗ ${sum.refused.join("; ")}` : ""}`;
    line.className = sum.refused.length ? "bad-text" : "ok-text";
    look();
  });
}

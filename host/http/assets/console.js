// Helps on the pages of the console. Every page does its work without it.

// Each time in the reader's own zone and language. The page says it in UTC, which stays in the tooltip.
const short = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    time.textContent = short.format(moment);
  }
}

// A button beside a value that has to be copied: only where the browser lets us.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
  });
}

// Redirect URIs as the server itself judges them, while they are typed.
for (const field of document.querySelectorAll("textarea[data-check]")) {
  const told = document.getElementById(`${field.id}-check`);
  let latest = 0;
  const check = async () => {
    const turn = ++latest;
    const kind = field.form.querySelector("[name=kind]:checked, input[type=hidden][name=kind]");
    const query = new URLSearchParams({ kind: kind?.value ?? "web", uris: field.value });
    const answer = await fetch(`${field.dataset.check}?${query}`);
    if (turn === latest && answer.ok) {
      const { problems } = await answer.json();
      told.textContent = problems.join(" ");
    }
  };
  field.addEventListener("input", check);
  for (const kind of field.form.querySelectorAll("[name=kind]")) {
    kind.addEventListener("change", check);
  }
}

// A review of many users takes a while: it is streamed, and tells how far it is. Where that does not work, the form is sent.
for (const button of document.querySelectorAll("button[data-progress]")) {
  const bar = document.getElementById(button.dataset.progress);
  const result = document.getElementById(button.dataset.result);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    bar.hidden = false;
    button.disabled = true;
    const told = await streamed(bar, result, button.form).catch(() => false);
    bar.hidden = true;
    button.disabled = false;
    if (!told) {
      const action = document.createElement("input");
      Object.assign(action, { type: "hidden", name: button.name, value: button.value });
      button.form.append(action);
      button.form.submit();
    }
  });
}

async function streamed(bar, result, form) {
  const answer = await fetch(bar.dataset.path, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok || !answer.headers.get("content-type").startsWith("text/event-stream")) {
    return false;
  }
  let text = "";
  let told = false;
  for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const [name, data] = event.split("\n").map((line) => line.slice(line.indexOf(" ") + 1));
      if (name === "progress") {
        const { done, total } = JSON.parse(data);
        bar.max = total;
        bar.value = done;
      } else if (name === "review") {
        result.innerHTML = JSON.parse(data);
        told = true;
      }
    }
  }
  return told;
}

/** Joins with the key of the link's fragment, and shows what the stream says. */
const role = location.pathname.slice(1) || "player";
const key = location.hash.slice(1);
const view = document.getElementById("view");
const show = (text) => {
  const line = document.createElement("p");
  line.textContent = text;
  view.prepend(line);
};
async function post(path, body) {
  const answer = await fetch(`/api/${path}?as=${role}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}
history.replaceState(null, "", location.pathname);
if (key) show(JSON.stringify(await post("join", { role, key, name: role })));
const stream = new EventSource(`/api/stream?as=${role}`);
for (const name of ["state", "event", "lanes", "progress", "abort"]) stream.addEventListener(name, ({ data }) => show(`${name} ${data}`));

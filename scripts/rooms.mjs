/**
 * Writes the pictures of docs/whats-here.md from the imports: which room rests on which. Run it after moving files: node scripts/rooms.mjs
 * A room is a folder of harness/ or of targets/foundry/, or a file beside them. Tests and what only they use are no part of it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const page = join(root, "docs", "whats-here.md");
const left = /\.(test|chaos|d)\.ts$|\/(testing|checks|apps|conformance|red-team|rounds|pushes|live)\//;

const sources = (tops) =>
  tops.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true })
      .map((name) => join(top, name).split(sep).join("/"))
      .filter((path) => path.endsWith(".ts") && !left.test(path)),
  );
const importsOf = (path) =>
  [...readFileSync(join(root, path), "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)\.js"/g)].map(
    ([, to]) =>
      `${relative(root, resolve(root, dirname(path), to))
        .split(sep)
        .join("/")}.ts`,
  );

/** Room → the rooms that it imports, for files by `roomOf` (undefined: not in this picture). */
export function arrowsOf(files, roomOf, imports = importsOf) {
  const arrows = new Map();
  for (const file of files) {
    const from = roomOf(file);
    if (from === undefined) continue;
    const to = arrows.get(from) ?? arrows.set(from, new Set()).get(from);
    for (const target of imports(file)) {
      const room = roomOf(target);
      if (room !== undefined && room !== from && !left.test(target)) to.add(room);
    }
  }
  for (const to of [...arrows.values()]) for (const room of to) if (!arrows.has(room)) arrows.set(room, new Set());
  return arrows;
}

/** All that a room reaches, itself included where it is in a circle. */
function reached(arrows, room) {
  const found = new Set();
  const visit = (name) => {
    for (const next of arrows.get(name)) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(room);
  return found;
}

/** Rooms that import each other, however far around. */
export const inCircles = (arrows) => [...arrows.keys()].filter((room) => reached(arrows, room).has(room)).sort();

/** Without the arrows that follow from others: what is left can be looked at. */
function reduced(arrows) {
  return [...arrows.keys()].sort().map((room) => {
    const to = [...arrows.get(room)].sort();
    return [room, to.filter((one) => !to.some((other) => other !== one && reached(arrows, other).has(one)))];
  });
}

/** Files beside the rooms that import nothing but each other: whoever is above may use them. */
function groundOf(files) {
  const beside = files.filter((file) => /^harness\/[^/]+\.ts$/.test(file));
  const ground = new Set(beside);
  for (let before = -1; before !== ground.size; ) {
    before = ground.size;
    for (const file of ground) if (!importsOf(file).every((to) => ground.has(to))) ground.delete(file);
  }
  return ground;
}

export function pictures() {
  const files = sources(["harness", "faults", "targets"]);
  const ground = groundOf(files);
  const groundName = [...ground]
    .map((file) => file.replace(/^harness\/|\.ts$/g, ""))
    .sort()
    .join(", ");
  const harness = (file) => {
    if (ground.has(file)) return groundName;
    if (file.startsWith("faults/")) return "faults/";
    const [, target] = /^targets\/([^/]+)\//.exec(file) ?? [];
    if (target) return file.includes("/platform/") || file.includes("/contract/") ? undefined : `targets/${target}/`;
    const [, name] = /^harness\/([^/]+)/.exec(file);
    return name === "core.ts" ? "core/" : name.endsWith(".ts") ? name : `${name}/`;
  };
  const foundry = (file) => {
    const [, name] = /^targets\/foundry\/([^/]+)/.exec(file) ?? [];
    return name && (name.endsWith(".ts") ? name : `${name}/`);
  };
  return { harness: arrowsOf(files, harness), foundry: arrowsOf(files, foundry) };
}

function drawn(arrows) {
  const rooms = [...arrows.keys()].sort();
  const id = (room) => (room.includes(",") ? "ground" : room.replaceAll(/\W/g, "_"));
  return [
    "```mermaid",
    "flowchart TD",
    ...rooms.map((room) => `  ${id(room)}["${room}"]`),
    ...reduced(arrows).flatMap(([room, to]) => to.map((one) => `  ${id(room)} --> ${id(one)}`)),
    "```",
  ].join("\n");
}

/** docs/whats-here.md as it must be: its text with the pictures between their marks. */
export function markdown() {
  const made = Object.entries(pictures());
  return made.reduce(
    (text, [name, arrows]) => text.replace(new RegExp(`(<!-- rooms: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`), (_, a, z) => `${a}\n${drawn(arrows)}\n\n${z}`),
    readFileSync(page, "utf8"),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, markdown());

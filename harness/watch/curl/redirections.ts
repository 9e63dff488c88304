/** Cases of redirections: where they lead, and what goes along. */
import { answer, page, text, to, well } from "./answers.js";
import type { Asked, Case, Step } from "./case.js";

/** The first step leads to `where`, and what is there is well. */
const leads = (name: string, where: (asked: Asked) => string, more: Partial<Case> = {}, status = "302 Found"): Case => ({
  name,
  text,
  answer: (asked) => (asked.path === (more.path ?? "/") ? [to(where(asked), status)] : well()),
  ...more,
});
const location: readonly Case[] = [
  leads("a redirection to a rooted path", ({ here }) => `${new URL(here).pathname}/in`),
  leads("a redirection to a relative path", () => "in"),
  leads("a redirection up the path", () => "../in", {
    path: "/a/b/",
    answer: (asked) => (asked.path === "/a/b/" ? [to("../in")] : asked.path === "/a/in" ? well() : [page("404 No")]),
  }),
  leads("a redirection to a query", () => "?q=1", { answer: (asked) => (asked.query === "" ? [to("?q=1")] : well()) }),
  leads("a redirection to a whole URL", ({ here }) => `${here}/in`),
  leads("a redirection without a scheme", ({ here }) => `${here.slice(5)}/in`),
  leads("a redirection to another host", ({ there }) => `${there}/in`),
  leads("a redirection to a name", ({ named }) => `${named}/in`),
  leads("a redirection with a fragment", ({ here }) => `${here}/in#part`),
  leads("a redirection with raw UTF-8", () => "in/ü", {
    answer: (asked) => (asked.path === "/" ? [to("in/ü")] : asked.path.toLowerCase() === "/in/%c3%bc" ? well() : [page("404 No")]),
  }),
  leads("a redirection with a blank", () => "in a", {
    answer: (asked) => (asked.path === "/" ? [to("in a")] : asked.path === "/in%20a" ? well() : [page("404 No")]),
  }),
  leads("a redirection in capitals", ({ here }) => `${here.replace("http", "HTTP")}/in`),
  leads("a permanent redirection", () => "in", {}, "301 Moved"),
  leads("308", () => "in", {}, "308 Permanent"),
  leads("a redirection that is not followed", () => "in", { follow: false, text: "", statuses: [302] }),
  leads("a redirection that leads to 404", () => "in", { answer: (asked) => [asked.path === "/" ? to("in") : page("404 No")] }),
  leads("a redirection to nobody", ({ here }) => here.replace(/:\d+/, ":1")),
  leads("a redirection to ftp", () => "ftp://127.0.0.1:1/"),
  leads("a redirection to mailto", () => "mailto:a@b.test"),
  leads("a redirection to no URL", () => "http://[1::zz]:x/"),
  leads("a chain of nine redirections", () => "", { answer: ({ path }) => (path.length < 10 ? [to(`${path.slice(1)}a`)] : well()) }),
  leads("a chain of twelve redirections", () => "", { answer: ({ path }) => (path.length < 13 ? [to(`${path.slice(1)}a`)] : well()) }),
  leads("a circle of one", () => "", { answer: ({ here }) => [to(`${here}/`)] }),
  leads("a circle of two", () => "", { answer: ({ path }) => [to(path === "/" ? "b" : "./")] }),
  { name: "a place that leads to itself once", text, shows: "circle", answer: again() },
  { name: "302 without a Location", shows: "no Location", answer: () => [page("302 Found")] },
  { name: "302 with an empty Location", shows: "no Location", answer: () => [to("")] },
  { name: "300 without a Location", answer: () => [page("300 Multiple Choices")] },
  { name: "the same Location twice", text, answer: ({ path }) => (path === "/" ? [to("in", "302 Found", "Location: in")] : well()) },
  { name: "two Locations", shows: "Locations", text, answer: ({ path }) => (path === "/" ? [to("in", "302 Found", "Location: other")] : well()) },
  {
    name: "a redirection with a body in chunks",
    text,
    answer: ({ path }) => (path === "/" ? [answer("302 Found", ["Location: in", "Transfer-Encoding: chunked"], "3\r\nabc\r\n0\r\n\r\n")] : well()),
  },
  {
    name: "a redirection whose body is cut",
    text,
    answer: ({ path }) => (path === "/" ? [answer("302 Found", ["Location: in", "Content-Length: 500"], "abc"), "end"] : well()),
  },
  {
    name: "a redirection whose body never ends",
    text,
    answer: ({ path }) => (path === "/" ? [answer("302 Found", ["Location: in", "Content-Length: 500"], "abc"), "hang"] : well()),
  },
];
/** Whoever asks again at once is answered: to itself, and then it is well. */
function again(): (asked: Asked) => Step[] {
  const lastMs = new Map<string, number>();
  return ({ here, headers }) => {
    const who = headers["user-agent"] ?? "";
    const isAgain = performance.now() - (lastMs.get(who) ?? Number.NEGATIVE_INFINITY) < 400;
    lastMs.set(who, performance.now());
    return isAgain ? well() : [to(`${here}/`)];
  };
}

/** What is sent on: method, body, credentials, cookies. Whoever gets what is not meant for them says 403. */
const only = (good: boolean): Step[] => [good ? page("200 OK") : page("403 Forbidden", "no")];
const carried: readonly Case[] = [
  ...(["301 Moved", "302 Found", "303 See Other"] as const).map(
    (status): Case => ({
      name: `POST, ${status}`,
      method: "POST",
      body: "a=1",
      text,
      answer: ({ method, path, body }) =>
        path === "/" ? [method === "POST" && body === "a=1" ? to("in", status) : page("400 No")] : only(method === "GET" && body === ""),
    }),
  ),
  ...(["307 Temporary", "308 Permanent"] as const).map(
    (status): Case => ({
      name: `POST, ${status}`,
      method: "POST",
      body: "a=1",
      text,
      answer: ({ method, path, body }) => (path === "/" ? [to("in", status)] : only(method === "POST" && body === "a=1")),
    }),
  ),
  {
    name: "HEAD, 303",
    method: "HEAD",
    answer: ({ method, path }) => (path === "/" ? [to("in", "303 See Other")] : [answer(method === "HEAD" ? "200 OK" : "400 No", ["Content-Length: 5"])]),
  },
  {
    name: "credentials",
    user: "ann:p%40ss",
    text,
    answer: ({ headers }) => only(headers.authorization === `Basic ${Buffer.from("ann:p@ss").toString("base64")}`),
  },
  { name: "no credentials", answer: () => [page("401 Unauthorized", "no", 'WWW-Authenticate: Basic realm="a"')] },
  {
    name: "credentials go along on their host",
    user: "ann:pass",
    text,
    answer: ({ path, headers }) => (path === "/" ? [to("in")] : only(headers.authorization !== undefined)),
  },
  {
    name: "credentials do not go to another host",
    user: "ann:pass",
    text,
    answer: ({ path, headers, there }) => (path === "/" ? [to(`${there}/in`)] : only(headers.authorization === undefined)),
  },
  {
    name: "an Authorization of one's own does not go to another host",
    headers: { Authorization: "Bearer x" },
    text,
    answer: ({ path, headers, there }) => (path === "/" ? [to(`${there}/in`)] : only(headers.authorization === undefined)),
  },
  { name: "a Host of one's own", headers: { Host: "odd.test" }, text, answer: ({ headers }) => only(headers.host === "odd.test") },
  {
    name: "a cookie that was set on the way",
    text,
    answer: ({ path, headers, query }) => (path === "/" && query === "" ? [to("in", "302 Found", "Set-Cookie: a=1; Path=/")] : only(headers.cookie === "a=1")),
  },
  {
    name: "a cookie of another path",
    text,
    answer: ({ path, headers }) => (path === "/" ? [to("in", "302 Found", "Set-Cookie: a=1; Path=/elsewhere")] : only(headers.cookie === undefined)),
  },
  {
    name: "a cookie of another host",
    text,
    answer: ({ path, headers }) => (path === "/" ? [to("in", "302 Found", "Set-Cookie: a=1; Domain=other.test")] : only(headers.cookie === undefined)),
  },
  {
    name: "a cookie is not taken to another host",
    text,
    answer: ({ path, headers, there }) => (path === "/" ? [to(`${there}/in`, "302 Found", "Set-Cookie: a=1; Path=/")] : only(headers.cookie === undefined)),
  },
  {
    name: "a cookie that has expired",
    text,
    answer: ({ path, headers }) => (path === "/" ? [to("in", "302 Found", "Set-Cookie: a=1; Path=/; Max-Age=0")] : only(headers.cookie === undefined)),
  },
  {
    name: "two cookies",
    text,
    answer: ({ path, headers }) =>
      path === "/"
        ? [to("in", "302 Found", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/")]
        : only(/a=1/.test(headers.cookie ?? "") && /b=2/.test(headers.cookie ?? "")),
  },
  {
    name: "a place that leads to itself with a cookie",
    text,
    answer: ({ headers, here }) => (headers.cookie === undefined ? [to(`${here}/`, "302 Found", "Set-Cookie: a=1; Path=/")] : well()),
  },
];

export const redirections: readonly Case[] = [...location, ...carried];

/** Every fault keeps what core.ts promises of a fault: on each target that it can act on, with each choice of its options. A new file in faults/ joins by being there. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Capability, Fault, Reading, Target } from "../harness/core.js";
import { fakeTarget, fakeTargets, readFake } from "../harness/keeper/testing/engine.js";
import { ableTargets, schemaOf, variants } from "../harness/keeper/testing/variants.js";
import { loadFaults } from "../harness/registry.js";

const faults = [...(await loadFaults()).values()];
const signal = () => AbortSignal.timeout(5000);

/** The target, but its first act fails after it was done: half an inject. */
function failing(target: Target<Capability>): Target<Capability> {
  const asks = new Set([
    "responds",
    "generation",
    "population",
    "carries",
    "rttMs",
    "throughputKBps",
    "takes",
    "state",
    "answers",
    "steady",
    "serves",
    "truthful",
    "admits",
    "reaches",
    "carry",
    "asMeant",
  ]);
  const can = Object.fromEntries(
    Object.entries(target.can).map(([name, capability]) => [
      name,
      Object.fromEntries(
        Object.entries(capability as Record<string, (...args: unknown[]) => Promise<unknown>>).map(([verb, call]) => [
          verb,
          asks.has(verb) ? call : (...args: unknown[]) => call(...args).then(() => Promise.reject(new Error("cut off"))),
        ]),
      ),
    ]),
  );
  return { ...target, can: can as unknown as Target<Capability>["can"] };
}

describe("faults", () => {
  it("have colours of their own", () => {
    const colours = faults.map((fault) => fault.colour.toLowerCase());
    expect(new Set(colours).size).to.equal(colours.length);
    for (const colour of colours) expect(colour).to.match(/^#[0-9a-f]{6}$/);
  });
  it("but for the noop, change something", () => {
    expect(faults.filter((fault) => fault.changesNothing).map((fault) => fault.name)).to.deep.equal(["noop"]);
    expect(faults.length).to.be.at.least(9);
  });

  for (const fault of faults)
    describe(fault.name, () => {
      it("says what it does in one sentence, and takes no options but its own", () => {
        expect(fault.says).to.match(/^[a-z][^\n]{10,160}[^.]$/);
        expect(fault.options.safeParse({}).success, "its options have defaults").to.equal(true);
        expect(fault.options.safeParse({ surely_not_an_option: 1 }).success).to.equal(false);
        for (const [name, { type }] of Object.entries(schemaOf(fault).properties ?? {}))
          if ((type === "number" || type === "integer") && name !== "seed")
            expect(name, "a number has its unit in its name").to.match(/(S|Ms|KBps|Percent|Count)$/);
      });

      for (const options of variants(fault))
        it(`breaks and heals every target that it can act on, with ${JSON.stringify(options)}`, async () => {
          const targets = ableTargets(fault, options, fakeTargets);
          expect(targets).to.not.deep.equal([]);
          const dir = mkdtempSync(join(tmpdir(), "flounder-faults-"));
          mkdirSync(join(dir, "fake"));
          try {
            for (const { name } of targets) await conforms(fault, options, dir, name);
          } finally {
            rmSync(dir, { recursive: true, force: true });
          }
        });
    });
});

async function conforms(fault: Fault, options: unknown, dir: string, name: string): Promise<void> {
  const target = fakeTarget<Capability>(dir, name, fault.needs);
  const read = () => fault.witness(target, options, signal());
  const whole = ({ generation: _, ...rest }: ReturnType<typeof readFake>) => rest;
  const first = await read();
  expect(first.state, `${name} before`).to.equal("intact");
  await fault.heal(target, options, signal());
  expect(whole(readFake(dir, name)), "healing what is not broken changes nothing").to.deep.equal({});
  if (fault.changesNothing) {
    await fault.inject(target, options, signal());
    expect(readFake(dir, name)).to.deep.equal({ generation: 1 });
    return;
  }
  const bitten = (reading: Reading) => reading.state === "broken" || (reading.state === "intact" && reading.generation !== first.generation);
  await fault.inject(target, options, signal());
  expect(bitten(await read()), `${name} after inject`).to.equal(true);
  expect(readFake(dir, name)).to.not.deep.equal({ generation: 1 });
  await fault.inject(target, options, signal());
  expect(bitten(await read()), `${name} after a second inject`).to.equal(true);
  for (const time of ["first", "second"]) {
    await fault.heal(target, options, signal());
    expect((await read()).state, `${name} after the ${time} heal`).to.equal("intact");
  }
  expect(whole(readFake(dir, name))).to.deep.equal({});
  await fault.inject(failing(target), options, signal()).then(
    () => expect.fail("it swallowed the error of its act"),
    (error: Error) => expect(error.message).to.equal("cut off"),
  );
  await fault.heal(target, options, signal());
  expect((await read()).state, `${name} healed after half an inject`).to.equal("intact");
  expect(whole(readFake(dir, name))).to.deep.equal({});
}

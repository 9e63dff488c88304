import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect } from "chai";
import { rejection } from "./local/fixture-foundation.js";
import { type Block, retakeBlock, takeBlock } from "./ports.js";

const host = "127.0.0.1";
const ephemeral = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/)[0]);

describe("port blocks", () => {
  const held: Block[] = [];
  const take = async (count: number, base?: number) => {
    const block = await takeBlock(count, base);
    held.push(block);
    return block;
  };
  afterEach(() => {
    for (const block of held.splice(0)) block.release();
  });

  it("of several who ask at once do not overlap, and end below the ephemeral range", async () => {
    const blocks = (await Promise.all([600, 700, 600, 600].map((count) => take(count)))).sort((a, b) => a.base - b.base);
    for (const [i, block] of blocks.entries()) {
      expect(block.base + block.count).to.be.at.most(blocks[i + 1]?.base ?? ephemeral);
    }
  });

  it("skip a block in which a port is taken; one that was asked for by number says which port", async () => {
    const first = await take(600);
    const free = first.base;
    first.release();
    const squatter = createServer().listen(free + 17, host);
    await once(squatter, "listening");
    try {
      expect((await take(600)).base).to.be.above(free);
      expect((await rejection(take(600, free))).message).to.contain(`port ${free + 17} is taken`);
    } finally {
      squatter.close();
    }
  });

  it("are locked until released, also against whoever asks by number", async () => {
    const block = await take(600);
    expect(await rejection(take(600, block.base))).to.have.property("code", "environment");
    expect(await rejection(retakeBlock(block.base, 600))).to.have.property("code", "environment");
    block.release();
    expect((await take(600, block.base)).base).to.equal(block.base);
  });

  it("refuse numbers that clients get from the kernel", async () => {
    expect((await rejection(take(600, 60_500))).message).to.contain("ephemeral");
  });
});

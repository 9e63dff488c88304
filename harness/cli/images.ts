/** flounder images: what containers are made of. */
import type { Command } from "commander";
import { FlounderError } from "../errors.js";
import { jsonOption, say } from "./flags/options.js";

export function register(program: Command): void {
  const images = program
    .command("images")
    .description("images for --engine compose that are here")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder images build")
    .action(async (flags: { json?: boolean }) => {
      const { imageTag, listImages } = await import("../engines/compose/image/images.js");
      const [wanted, listed] = [imageTag(), await listImages().catch(noDocker)];
      if (flags.json) process.stdout.write(`${JSON.stringify({ wanted, images: listed }, null, 2)}\n`);
      else {
        for (const { name, bytes, createdMs } of listed)
          process.stdout.write(
            `${name.padEnd(32)}  ${Math.round(bytes / 1e6)} MB  ${new Date(createdMs).toISOString().slice(0, 16)}Z${name === wanted ? "  in use" : ""}\n`,
          );
        if (!listed.some(({ name }) => name === wanted)) process.stdout.write(`${wanted.padEnd(32)}  not here: flounder images build\n`);
      }
    });
  images
    .command("build")
    .description("builds the image, on the public base or, where no registry answers, on one made of Debian packages")
    .option("--base <image>", "this base, and no other")
    .option("--air-gapped", "a base of Debian packages, without asking a registry")
    .addHelpText("after", "\nExample: flounder images build --air-gapped")
    .action(async (flags: { base?: string; airGapped?: boolean }, command: Command) => {
      if (flags.base && flags.airGapped) command.error("error: --base and --air-gapped exclude each other", { exitCode: 64 });
      const { buildImage } = await import("../engines/compose/image/images.js");
      process.stdout.write(`${await buildImage(flags, say).catch(noDocker)}\n`);
    });
}

/** Whoever has no Docker is told so; what else failed has said it by itself. */
function noDocker(error: unknown): never {
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (error instanceof FlounderError || (code === undefined && statusCode === undefined)) throw error;
  throw new FlounderError("environment", `Docker cannot be asked for images: ${message}`, "flounder doctor --engine compose says what is missing", {
    cause: error,
  });
}

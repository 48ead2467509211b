import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { messageOf, TellyportError } from "../../../kernel/errors.ts";
import { loadLibc } from "./libc.ts";
import type { Command, Report, ThreadData } from "./messages.ts";
import { RingWriter } from "./packet-ring.ts";
import { probe } from "./probe.ts";
import { Receiver } from "./receiver.ts";

/**
 * The thread of one tuner: every call into a driver happens here, so that one that hangs holds up nobody else. Built as a file of
 * its own.
 */

const port = parentPort;
if (port === null) throw new Error("this file is a thread of Tellyport's");
const { memory, signalMs } = workerData as ThreadData;
const report = (message: Report): void => port.postMessage(message);

try {
  const libc = await loadLibc();
  const receiver = new Receiver({
    libc,
    ring: new RingWriter(memory),
    signalMs,
    report,
    next: () => {
      const received = receiveMessageOnPort(port) as { message: Command } | undefined;
      if (received?.message.kind === "end") port.close();
      return received?.message;
    },
  });
  port.on("message", (command: Command) => {
    if (command.kind === "probe")
      report({ kind: "probed", result: probe(libc, command.nodes, command.thorough) });
    else receiver.run(command);
    if (command.kind === "end") port.close();
  });
} catch (error) {
  const code = error instanceof TellyportError && error.code === "unsupported" ? error.code : "device-gone";
  report({ kind: "unusable", code, message: messageOf(error) });
}

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "../helpers/daemon.ts";

/** What a command said, and what it ended with. */
export interface Answer {
  readonly code: number;
  /** Both outputs, without the space around them. */
  readonly text: string;
}

/** A shell of root in the machine, at the other end of a serial port of its own: nothing else is heard on it. */
export class Shell {
  readonly #socket: Socket;
  #heard = "";
  #asked = 0;
  /** One command after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (this.#heard += text));
    // The power is cut at any time.
    socket.on("error", () => undefined);
  }

  /** @param path the socket that the machine's program makes when it starts */
  static async open(path: string): Promise<Shell> {
    const socket = await eventually("the machine's serial port is there", async () => {
      const one = connect(path);
      const opened = once(one, "connect").then(() => one);
      return opened.catch(() => null);
    });
    return new Shell(socket);
  }

  /** Runs a command; before the system is up it waits for that. @param timeoutMs default: ten minutes */
  ask(command: string, timeoutMs = 600_000): Promise<Answer> {
    const answer = this.#last.then(() => this.#run(command, timeoutMs));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #run(command: string, timeoutMs: number): Promise<Answer> {
    const mark = `<<${++this.#asked}>>`;
    this.#heard = "";
    this.#socket.write(
      `(\n${command}\n) </dev/null >/run/answer 2>&1; c=$?; printf '%s' '${mark}'; cat /run/answer; printf '%s%s\\n' "$c" '${mark}'\n`,
    );
    const said = await eventually(
      command,
      () => {
        if (this.#socket.destroyed) throw new Error(`the machine went away: ${command}`);
        const [, text] = this.#heard.split(mark);
        return this.#heard.split(mark).length > 2 ? { text: text ?? "" } : null;
      },
      timeoutMs,
      20,
    );
    const [, text = "", code = ""] = /^([^]*?)(\d+)$/.exec(said.text) ?? [];
    return { code: Number(code), text: text.trim() };
  }

  close(): void {
    this.#socket.destroy();
  }
}

import { H264Stream } from "../elementary/h264-stream.ts";
import type { VideoConfig } from "../elementary/nal-stream.ts";
import type { CodedFrame, ElementaryParser, PesInput } from "../elementary/pes.ts";
import { IdrGroups, type IdrGroupsOptions } from "./idr-groups.ts";

/** H.264 as {@link H264Stream} reads it, in groups that begin with IDR pictures. */
export class IdrStream implements ElementaryParser {
  readonly #groups: IdrGroups;
  readonly #stream: H264Stream;

  constructor(emit: (frame: CodedFrame<VideoConfig>) => void, options: IdrGroupsOptions = {}) {
    this.#groups = new IdrGroups(emit, options);
    this.#stream = new H264Stream((frame) => this.#groups.push(frame));
  }

  push(packet: PesInput): void {
    this.#stream.push(packet);
  }

  flush(): void {
    this.#stream.flush();
    this.#groups.flush();
  }

  reset(): void {
    this.#stream.reset();
    this.#groups.reset();
  }
}

import { messageOf, TellyportError } from "../../../kernel/errors.ts";
import type { PointerSize } from "./abi.ts";

/** The few calls that a DVB device needs. Those that fail return the negative error number. */
export interface Libc {
  readonly pointerSize: PointerSize;
  open(path: string, flags: number): number;
  close(descriptor: number): number;
  /** ioctl with a structure. */
  ioctl(descriptor: number, request: number, argument: Buffer): number;
  /** ioctl whose argument is a number. */
  ioctlValue(descriptor: number, request: number, value: number): number;
  read(descriptor: number, into: Buffer): number;
  /** @param descriptors an array of `struct pollfd` */
  poll(descriptors: Buffer, count: number, ms: number): number;
  /** Where a buffer's bytes are; it must be kept as long as that is used. */
  address(bytes: Buffer): bigint;
}

/** Flags of open(2). @see asm-generic/fcntl.h, the values of ARM and x86 */
export const OPEN = { READ: 0, READ_WRITE: 2, NONBLOCK: 0o4000, CLOSE_ON_EXEC: 0o2000000 } as const;

/**
 * The C library of this process: its own symbols, so that what was preloaded is heard. Loaded only when it is needed. The error
 * number is read on the thread of the call, right after it.
 * @throws TellyportError `unsupported` where calls out of JavaScript are not possible
 */
export async function loadLibc(): Promise<Libc> {
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null);
    const open = library.func("open", "int", ["str", "int"]);
    const close = library.func("close", "int", ["int"]);
    const ioctl = library.func("ioctl", "int", ["int", "unsigned long", "void *"]);
    const ioctlValue = library.func("ioctl", "int", ["int", "unsigned long", "intptr_t"]);
    const read = library.func("read", "long", ["int", "void *", "size_t"]);
    const poll = library.func("poll", "int", ["void *", "unsigned long", "int"]);
    const checked = (result: unknown): number => {
      const value = Number(result);
      return value < 0 ? -koffi.errno() : value;
    };
    return {
      pointerSize: koffi.sizeof("void *") === 4 ? 4 : 8,
      open: (path, flags) => checked(open(path, flags)),
      close: (descriptor) => checked(close(descriptor)),
      ioctl: (descriptor, request, argument) => checked(ioctl(descriptor, request, argument)),
      ioctlValue: (descriptor, request, value) => checked(ioctlValue(descriptor, request, value)),
      read: (descriptor, into) => checked(read(descriptor, into, into.length)),
      poll: (descriptors, count, ms) => checked(poll(descriptors, count, ms)),
      address: (bytes) => BigInt(koffi.address(bytes)),
    };
  } catch (error) {
    throw new TellyportError(
      "unsupported",
      "DVB adapters cannot be used here: the package koffi does not work on this machine. Install Tellyport again with its optional packages.",
      { cause: messageOf(error) },
    );
  }
}

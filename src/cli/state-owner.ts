import { statSync } from "node:fs";

/** What the types of Node leave out. @see process.initgroups */
type Posix = NodeJS.Process & { readonly initgroups?: (user: number, group: number) => void };

/**
 * Root that works on a box's state would leave files there that the daemon may not touch: it becomes the state directory's user
 * first, for good. Everybody else stays who he is, and root where the directory is its own or is not there.
 * @returns whether it became another
 */
export function becomeStateOwner(directory: string): boolean {
  const { getuid, initgroups, setgid, setgroups, setuid }: Posix = process;
  if (getuid?.() !== 0 || setgid === undefined || setgroups === undefined || setuid === undefined)
    return false;
  const owner = ownerOf(directory);
  if (owner === null || owner.uid === 0) return false;
  try {
    // Tuners are a group's.
    initgroups?.(owner.uid, owner.gid);
  } catch {
    // A number without a name is in no further group.
    setgroups([owner.gid]);
  }
  setgid(owner.gid);
  setuid(owner.uid);
  return true;
}

/** @returns null: nobody's, or below what can hold no directory, which whoever opens it says */
function ownerOf(directory: string): { readonly uid: number; readonly gid: number } | null {
  try {
    return statSync(directory);
  } catch {
    return null;
  }
}

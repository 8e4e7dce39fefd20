import type { Context } from "mocha";
import { Guest, GuestDisk, needGuest } from "./guest";

/** The security modules that Debian's cloud kernel starts, with BPF last. */
export const WITH_BPF = "landlock,lockdown,yama,integrity,apparmor,bpf";
export const WITHOUT_BPF = "landlock,lockdown,yama,integrity,apparmor";

interface Running {
  readonly disk: GuestDisk;
  guest: Guest;
}

let running: Promise<Running> | undefined;

/** The one guest of all files of the tier: an emulated boot costs more than most cases. */
export async function sharedGuest(context: Context): Promise<Guest> {
  // The first run on a machine makes the Debian base as well.
  context.timeout(600_000);
  running ??= start(needGuest(context));
  return (await running).guest;
}

async function start(image: string): Promise<Running> {
  const disk = new GuestDisk(image);
  try {
    return { disk, guest: await Guest.boot(disk, WITH_BPF) };
  } catch (error) {
    disk.remove();
    throw error;
  }
}

/** Boots the shared guest again from the disk it leaves. */
export async function reboot(lsm: string): Promise<Guest> {
  const current = await running;
  if (!current) throw new Error("The guest is not running; call sharedGuest first.");
  await current.guest.stop({ sync: true });
  current.guest = await Guest.boot(current.disk, lsm);
  return current.guest;
}

after(async function () {
  this.timeout(60_000);
  const ended = await running?.catch(() => undefined);
  await ended?.guest.stop();
  ended?.disk.remove();
});

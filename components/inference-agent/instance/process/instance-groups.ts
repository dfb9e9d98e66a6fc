import { cgroupDelegation, ChildCgroup } from '#packages/posix';
import type { CgroupLimits, SystemFiles } from '#packages/posix';
import { messageOf } from '#packages/foundation';

const PREFIX = 'instance-';

/** Control groups for the processes of models, one each, if this process was given a group that it may divide. */
export class InstanceGroups {
  /** Why there are none; undefined if there are. */
  readonly unavailable: string | undefined;
  readonly #files: SystemFiles | undefined;
  readonly #notRemoved = new Set<ChildCgroup>();
  #made = 0;

  /**
   * Looks whether there can be groups, and removes those that an agent left which was killed. To be called before any model's process
   * is started, since the agent itself moves into a group beside them. Never throws.
   *
   * @param files of the kernel; tests bring their own
   */
  static open(files?: SystemFiles): InstanceGroups {
    const delegation = cgroupDelegation(files);
    if (!delegation.available) return new InstanceGroups(delegation.reason, files);
    try {
      ChildCgroup.removeLeftOver(PREFIX, files);
      return new InstanceGroups(undefined, files);
    } catch (thrown) {
      return new InstanceGroups(messageOf(thrown), files);
    }
  }

  private constructor(unavailable: string | undefined, files: SystemFiles | undefined) {
    this.unavailable = unavailable;
    this.#files = files;
  }

  /** A group with the process in it. @returns the reason if that is not possible */
  hold(pid: number, limits: CgroupLimits): ChildCgroup | string {
    if (this.unavailable !== undefined) return this.unavailable;
    for (const group of this.#notRemoved) this.release(group);
    let group: ChildCgroup | undefined;
    try {
      group = ChildCgroup.create(`${PREFIX}${process.pid}-${++this.#made}`, limits, this.#files);
      group.add(pid);
      return group;
    } catch (thrown) {
      if (group) this.release(group);
      return messageOf(thrown);
    }
  }

  /** The group's process has ended. A group that the kernel still holds is removed later. */
  release(group: ChildCgroup): void {
    if (group.remove()) this.#notRemoved.delete(group);
    else this.#notRemoved.add(group);
  }
}

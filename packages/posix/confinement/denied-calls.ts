import { constants } from 'node:os';

import type { SystemCall } from '../libc/system-calls.ts';
import type { CallRule } from './filter-program.ts';

const { EPERM, ENOSYS } = constants.errno;

/**
 * System calls that a process that only computes never makes. Everything else stays allowed, so that Node.js, its native libraries and
 * WebAssembly need no list of their own.
 *
 * @param ownPid the only process that signals and limits may reach
 */
export function deniedCalls(ownPid: number): readonly CallRule[] {
  return [
    ...Object.values(ALWAYS)
      .flat()
      .map((call): CallRule => ({ call, errno: EPERM })),
    // Their arguments lie in memory, where a filter cannot look; the C library continues to the older call.
    { call: 'clone3', errno: ENOSYS },
    { call: 'openat2', errno: ENOSYS },
    { call: 'kill', errno: EPERM, if: [{ argument: 0, is: 'not-in', values: [ownPid] }] },
    { call: 'tgkill', errno: EPERM, if: [{ argument: 0, is: 'not-in', values: [ownPid] }] },
    { call: 'prlimit64', errno: EPERM, if: [{ argument: 0, is: 'not-in', values: [0, ownPid] }] },
    // Threads only, in the namespaces that are there.
    { call: 'clone', errno: EPERM, if: [{ argument: 0, mask: THREAD | NAMESPACES, is: 'not-in', values: [THREAD] }] },
    {
      call: 'prctl',
      errno: EPERM,
      if: [
        { argument: 0, is: 'in', values: [PR_SET_PDEATHSIG] },
        { argument: 1, is: 'not-in', values: [SIGKILL] },
      ],
    },
    { call: 'ioctl', errno: EPERM, if: [{ argument: 1, is: 'in', values: [TIOCSTI, TIOCLINUX] }] },
    // Before ABI 3 Landlock lets files be emptied that may only be read.
    { call: 'open', errno: EPERM, if: [{ argument: 1, ...TRUNCATES_UNWRITTEN }] },
    { call: 'openat', errno: EPERM, if: [{ argument: 2, ...TRUNCATES_UNWRITTEN }] },
  ];
}

/** linux/sched.h: CLONE_THREAD, and NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const THREAD = 0x0001_0000;
const NAMESPACES = 0x7e02_0000;
/** linux/prctl.h: the tie to the parent stays. */
const PR_SET_PDEATHSIG = 1;
const { SIGKILL } = constants.signals;
/** asm-generic/ioctls.h: they type into a terminal for somebody else. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/** O_TRUNC with O_RDONLY, of O_ACCMODE. */
const TRUNCATES_UNWRITTEN = { mask: 0o1003, is: 'in', values: [0o1000] } as const;

const ALWAYS: Readonly<Record<string, readonly SystemCall[]>> = {
  network: ['socket'],
  otherProcesses: [
    'ptrace',
    'process_vm_readv',
    'process_vm_writev',
    'process_madvise',
    'pidfd_getfd',
    'pidfd_send_signal',
    'kcmp',
    'tkill',
    'rt_sigqueueinfo',
    'rt_tgsigqueueinfo',
    'setpriority',
    'ioprio_set',
    'sched_setparam',
    'sched_setscheduler',
    'sched_setattr',
    'migrate_pages',
    'move_pages',
  ],
  programs: ['execve', 'execveat', 'fork', 'vfork', 'unshare', 'setns', 'personality'],
  mounts: [
    'mount',
    'umount2',
    'pivot_root',
    'chroot',
    'move_mount',
    'open_tree',
    'open_tree_attr',
    'fsopen',
    'fsconfig',
    'fsmount',
    'fspick',
    'mount_setattr',
    'swapon',
    'swapoff',
    'quotactl',
    'quotactl_fd',
    'name_to_handle_at',
    'open_by_handle_at',
    'fanotify_init',
  ],
  kernel: [
    'bpf',
    'perf_event_open',
    'userfaultfd',
    'io_uring_setup',
    'io_uring_enter',
    'io_uring_register',
    'kexec_load',
    'kexec_file_load',
    'init_module',
    'finit_module',
    'delete_module',
    'add_key',
    'request_key',
    'keyctl',
    'reboot',
    'syslog',
    'acct',
    'settimeofday',
    'clock_settime',
    'clock_settime64',
    'clock_adjtime',
    'clock_adjtime64',
    'adjtimex',
    'sethostname',
    'setdomainname',
    'iopl',
    'ioperm',
    'modify_ldt',
    'vhangup',
  ],
  /** Landlock covers none of them, and those of the same user could be changed. */
  filesOfOthers: [
    'truncate',
    'truncate64',
    'chmod',
    'fchmod',
    'fchmodat',
    'fchmodat2',
    'chown',
    'fchown',
    'lchown',
    'fchownat',
    'chown32',
    'fchown32',
    'lchown32',
    'setxattr',
    'lsetxattr',
    'fsetxattr',
    'setxattrat',
    'removexattr',
    'lremovexattr',
    'fremovexattr',
    'removexattrat',
    'file_setattr',
    'utime',
    'utimes',
    'futimesat',
    'utimensat',
    'utimensat_time64',
  ],
  memoryOfOthers: [
    'shmget',
    'shmat',
    'shmctl',
    'msgget',
    'msgsnd',
    'msgrcv',
    'msgctl',
    'semget',
    'semop',
    'semtimedop',
    'semtimedop_time64',
    'semctl',
    'mq_open',
    'mq_unlink',
  ],
};

import { posixErrors } from '../errors.ts';

/**
 * Numbers of system calls on x64, arm64 and arm (EABI), from asm/unistd.h of Linux 6.1 and, from 448 on, where every architecture
 * counts alike, of Linux 6.17. Undefined if an architecture does not have the call.
 */
const NUMBERS = {
  memfd_create: [319, 279, 385],
  seccomp: [317, 277, 383],
  landlock_create_ruleset: [444, 444, 444],
  landlock_add_rule: [445, 445, 445],
  landlock_restrict_self: [446, 446, 446],
  socket: [41, 198, 281],
  ptrace: [101, 117, 26],
  process_vm_readv: [310, 270, 376],
  process_vm_writev: [311, 271, 377],
  process_madvise: [440, 440, 440],
  pidfd_getfd: [438, 438, 438],
  pidfd_send_signal: [424, 424, 424],
  kcmp: [312, 272, 378],
  kill: [62, 129, 37],
  tgkill: [234, 131, 268],
  tkill: [200, 130, 238],
  rt_sigqueueinfo: [129, 138, 178],
  rt_tgsigqueueinfo: [297, 240, 363],
  clone: [56, 220, 120],
  clone3: [435, 435, 435],
  fork: [57, undefined, 2],
  vfork: [58, undefined, 190],
  execve: [59, 221, 11],
  execveat: [322, 281, 387],
  unshare: [272, 97, 337],
  setns: [308, 268, 375],
  prlimit64: [302, 261, 369],
  prctl: [157, 167, 172],
  mount: [165, 40, 21],
  umount2: [166, 39, 52],
  pivot_root: [155, 41, 218],
  chroot: [161, 51, 61],
  move_mount: [429, 429, 429],
  open_tree: [428, 428, 428],
  open_tree_attr: [467, 467, 467],
  fsopen: [430, 430, 430],
  fsconfig: [431, 431, 431],
  fsmount: [432, 432, 432],
  fspick: [433, 433, 433],
  mount_setattr: [442, 442, 442],
  swapon: [167, 224, 87],
  swapoff: [168, 225, 115],
  quotactl: [179, 60, 131],
  quotactl_fd: [443, 443, 443],
  bpf: [321, 280, 386],
  perf_event_open: [298, 241, 364],
  userfaultfd: [323, 282, 388],
  io_uring_setup: [425, 425, 425],
  io_uring_enter: [426, 426, 426],
  io_uring_register: [427, 427, 427],
  kexec_load: [246, 104, 347],
  kexec_file_load: [320, 294, 401],
  init_module: [175, 105, 128],
  finit_module: [313, 273, 379],
  delete_module: [176, 106, 129],
  add_key: [248, 217, 309],
  request_key: [249, 218, 310],
  keyctl: [250, 219, 311],
  reboot: [169, 142, 88],
  syslog: [103, 116, 103],
  acct: [163, 89, 51],
  settimeofday: [164, 170, 79],
  clock_settime: [227, 112, 262],
  clock_settime64: [undefined, undefined, 404],
  clock_adjtime: [305, 266, 372],
  clock_adjtime64: [undefined, undefined, 405],
  adjtimex: [159, 171, 124],
  sethostname: [170, 161, 74],
  setdomainname: [171, 162, 121],
  iopl: [172, undefined, undefined],
  ioperm: [173, undefined, undefined],
  vhangup: [153, 58, 111],
  modify_ldt: [154, undefined, undefined],
  name_to_handle_at: [303, 264, 370],
  open_by_handle_at: [304, 265, 371],
  fanotify_init: [300, 262, 367],
  personality: [135, 92, 136],
  setpriority: [141, 140, 97],
  ioprio_set: [251, 30, 314],
  sched_setparam: [142, 118, 154],
  sched_setscheduler: [144, 119, 156],
  sched_setattr: [314, 274, 380],
  migrate_pages: [256, 238, 400],
  move_pages: [279, 239, 344],
  open: [2, undefined, 5],
  openat: [257, 56, 322],
  openat2: [437, 437, 437],
  truncate: [76, 45, 92],
  truncate64: [undefined, undefined, 193],
  chmod: [90, undefined, 15],
  fchmod: [91, 52, 94],
  fchmodat: [268, 53, 333],
  fchmodat2: [452, 452, 452],
  chown: [92, undefined, 182],
  fchown: [93, 55, 95],
  lchown: [94, undefined, 16],
  fchownat: [260, 54, 325],
  chown32: [undefined, undefined, 212],
  fchown32: [undefined, undefined, 207],
  lchown32: [undefined, undefined, 198],
  setxattr: [188, 5, 226],
  lsetxattr: [189, 6, 227],
  fsetxattr: [190, 7, 228],
  setxattrat: [463, 463, 463],
  removexattr: [197, 14, 235],
  lremovexattr: [198, 15, 236],
  fremovexattr: [199, 16, 237],
  removexattrat: [466, 466, 466],
  file_setattr: [469, 469, 469],
  utime: [132, undefined, undefined],
  utimes: [235, undefined, 269],
  futimesat: [261, undefined, 326],
  utimensat: [280, 88, 348],
  utimensat_time64: [undefined, undefined, 412],
  shmget: [29, 194, 307],
  shmat: [30, 196, 305],
  shmctl: [31, 195, 308],
  msgget: [68, 186, 303],
  msgsnd: [69, 189, 301],
  msgrcv: [70, 188, 302],
  msgctl: [71, 187, 304],
  semget: [64, 190, 299],
  semop: [65, 193, 298],
  semtimedop: [220, 192, 312],
  semtimedop_time64: [undefined, undefined, 420],
  semctl: [66, 191, 300],
  mq_open: [240, 180, 274],
  mq_unlink: [241, 181, 275],
  ioctl: [16, 29, 54],
} as const satisfies Readonly<Record<string, readonly (number | undefined)[]>>;

export type SystemCall = keyof typeof NUMBERS;
export type Architecture = 'x64' | 'arm64' | 'arm';

/** Calls with higher numbers came after this table (`file_setattr`, Linux 6.17). */
export const LAST_KNOWN_CALL = 469;

const COLUMNS: Readonly<Record<Architecture, 0 | 1 | 2>> = { x64: 0, arm64: 1, arm: 2 };

/** Undefined if the architecture does not have the call. */
export function numberOf(call: SystemCall, architecture: Architecture): number | undefined {
  return NUMBERS[call][COLUMNS[architecture]];
}

/** @throws EdgeError `posix.unsupported` on architectures that the table does not have */
export function hostArchitecture(): Architecture {
  if (Object.hasOwn(COLUMNS, process.arch)) return process.arch as Architecture;
  throw posixErrors.error('posix.unsupported', `system calls of ${process.arch} are not known`);
}

/**
 * The number of a call on this machine.
 * @throws EdgeError `posix.unsupported`
 */
export function systemCall(call: SystemCall): number {
  const number = numberOf(call, hostArchitecture());
  if (number !== undefined) return number;
  throw posixErrors.error('posix.unsupported', `${process.arch} does not have the system call ${call}`);
}

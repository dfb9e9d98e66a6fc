import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Hardware of a device that could run a model. */
interface Accelerator {
  readonly kind: AcceleratorKind;
  /** For people, e.g. `NVIDIA GPU 10de:2684`. */
  readonly name: string;
  /** The kernel's driver of it, with its version if it has one of its own; undefined if no driver has taken it. */
  readonly driver: string | undefined;
}

export type AcceleratorKind =
  'intel-gpu' | 'intel-npu' | 'nvidia-gpu' | 'amd-gpu' | 'jetson' | 'qualcomm' | 'hailo8' | 'hailo10h' | 'rk3588';

/** Numbers of makers on the PCI bus (pci.ids) and classes of devices (PCI Code and ID Assignment): display, processing accelerator. */
const [INTEL, NVIDIA, AMD, HAILO] = ['8086', '10de', '1002', '1e60'];
const [DISPLAY, PROCESSING] = ['03', '12'];
/** Hailo's devices, from the table of its open kernel driver; a Hailo-8L has the number of a Hailo-8. */
const HAILO_KINDS: Readonly<Record<string, AcceleratorKind>> = { '2864': 'hailo8', '45c4': 'hailo10h' };

/** Beginnings of `compatible` in the device tree of boards whose accelerator is part of the processor. */
const BOARDS: readonly (readonly [RegExp, AcceleratorKind, string, readonly string[]])[] = [
  [/^nvidia,tegra/, 'jetson', 'NVIDIA Jetson', ['dev/nvgpu', 'dev/nvhost-gpu']],
  [/^qcom,/, 'qualcomm', 'Qualcomm processor', ['dev/fastrpc-cdsp', 'dev/adsprpc-smd']],
  [/^rockchip,rk3588/, 'rk3588', 'Rockchip NPU', ['sys/bus/platform/drivers/RKNPU', 'sys/module/rocket']],
];

/**
 * Looks at what the kernel tells of the hardware; asks no driver.
 * @param root of the file system; default `/`
 */
export function findAccelerators(root = '/'): readonly Accelerator[] {
  return [...onPci(root), ...onBoard(root)];
}

function onPci(root: string): readonly Accelerator[] {
  const folder = path.join(root, 'sys/bus/pci/devices');
  return namesIn(folder).flatMap((address): Accelerator[] => {
    const device = path.join(folder, address);
    const [vendor, id, type] = ['vendor', 'device', 'class'].map((name) => textOf(path.join(device, name)).slice(2));
    const known = pciKind(vendor ?? '', id ?? '', (type ?? '').slice(0, 2));
    return known ? [{ kind: known[0], name: `${known[1]} ${vendor}:${id}`, driver: driverOf(device) }] : [];
  });
}

function pciKind(vendor: string, id: string, type: string): readonly [AcceleratorKind, string] | undefined {
  if (vendor === INTEL && type === DISPLAY) return ['intel-gpu', 'Intel GPU'];
  if (vendor === INTEL && type === PROCESSING) return ['intel-npu', 'Intel NPU'];
  if (vendor === NVIDIA && type === DISPLAY) return ['nvidia-gpu', 'NVIDIA GPU'];
  if (vendor === AMD && type === DISPLAY) return ['amd-gpu', 'AMD GPU'];
  const hailo = vendor === HAILO ? HAILO_KINDS[id] : undefined;
  return hailo && [hailo, 'Hailo accelerator'];
}

function driverOf(device: string): string | undefined {
  try {
    const driver = path.join(device, 'driver');
    const name = path.basename(readlinkSync(driver));
    return `${name} ${textOf(path.join(driver, 'module/version'))}`.trim();
  } catch {
    return undefined;
  }
}

function onBoard(root: string): readonly Accelerator[] {
  const names = textOf(path.join(root, 'proc/device-tree/compatible')).split('\0');
  const board = BOARDS.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (!board) return [];
  const [pattern, kind, name, signs] = board;
  const chip = names.find((one) => pattern.test(one)) ?? '';
  const sign = signs.find((one) => namesIn(path.join(root, path.dirname(one))).includes(path.basename(one)));
  return [{ kind, name: `${name} (${chip})`, driver: sign === undefined ? undefined : path.basename(sign) }];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import type { OutsideData } from './needs.ts';

/** Debian puts servers where the path of ordinary users does not lead. */
const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/** A Vulkan driver in software that WebGPU accepts: SwiftShader. */
export const VULKAN_DRIVER = process.env['VK_ICD_FILENAMES'] ?? '/usr/lib/chromium/vk_swiftshader_icd.json';

export const ffmpeg = program('ffmpeg', ['-version'], 'apt-get install ffmpeg');
export const gstreamer = program(
  'gst-launch-1.0',
  ['--version'],
  'apt-get install gstreamer1.0-tools gstreamer1.0-plugins-base',
);
/** A GigE Vision camera in software, and GStreamer's source for such cameras. */
export const gigeCamera = program(
  'arv-fake-gv-camera-0.8',
  ['--help'],
  'apt-get install aravis-tools gstreamer1.0-plugins-base gstreamer1.0-tools',
);
const GI = 'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer';
/** GStreamer's RTSP server, for Debian's own Python. */
export const rtspServer: OutsideData = {
  what: "GStreamer's RTSP server",
  how: 'apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good gstreamer1.0-plugins-bad',
  whyNot: () => (spawnSync('/usr/bin/python3', ['-c', GI], { stdio: 'ignore' }).status === 0 ? undefined : 'not there'),
  isInCi: true,
};
/** Debian's name of the program. */
export const chromium = program('chromium', ['--version'], 'apt-get install chromium');
export const mosquitto = program('mosquitto', ['-h'], 'apt-get install mosquitto');
/** Checks metrics and rules of alerts; the package has a server, too, which nobody needs to start. */
export const promtool = program('promtool', ['--version'], 'apt-get install prometheus');
export const gdk: OutsideData = {
  ...program('gdk', ['--version'], 'install the Greengrass Development Kit CLI from its repository'),
  isInCi: false,
};
/** A token in software, and the engine by which OpenSSL signs with it. */
export const SOFT_TOKEN = '/usr/lib/softhsm/libsofthsm2.so';
export const softToken: OutsideData = {
  ...program('pkcs11-tool', ['--version'], 'apt-get install softhsm2 opensc libengine-pkcs11-openssl'),
  what: 'SoftHSM',
  whyNot: () => {
    const asks = ['softhsm2-util --version', 'pkcs11-tool --list-mechanisms --module', 'openssl engine pkcs11'];
    const words = asks.map((ask) => (ask.endsWith('--module') ? `${ask} ${SOFT_TOKEN}` : ask).split(' '));
    const missing = words.find(([name = '', ...more]) => spawnSync(name, more, { stdio: 'ignore' }).status !== 0);
    return missing === undefined ? undefined : `${missing[0]} does not work`;
  },
  isInCi: false,
};
export const readelf: OutsideData = { ...program('readelf', ['--version'], 'apt-get install binutils'), isInCi: false };
export const vulkanDriver: OutsideData = {
  what: 'a Vulkan driver',
  how: 'apt-get install chromium-common libvulkan1, or set VK_ICD_FILENAMES',
  whyNot: () => (existsSync(VULKAN_DRIVER) ? undefined : `not at ${VULKAN_DRIVER}`),
  isInCi: true,
};

/** Whether it can be started is what counts: some print their usage with an exit code of their own. */
function program(name: string, words: readonly string[], how: string): OutsideData {
  const whyNot = (): string | undefined => {
    const { error } = spawnSync(name, words, { env: { ...process.env, PATH: SYSTEM_PATH }, stdio: 'ignore' });
    return error === undefined ? undefined : 'not installed';
  };
  return { what: name, how, whyNot, isInCi: true };
}

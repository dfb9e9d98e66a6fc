/** How ffmpeg decodes a video. */
export type Decoder =
  | { readonly kind: 'software' }
  /** What `ffmpeg -hwaccels` lists, e.g. `vaapi`. */
  | { readonly kind: 'acceleration'; readonly name: string }
  /** A separate decoder, e.g. `v4l2m2m` for `h264_v4l2m2m`. */
  | { readonly kind: 'codec'; readonly name: string; readonly codec: string };

export const SOFTWARE: Decoder = { kind: 'software' };

export interface DecoderFlags {
  /** Go before `-i`. */
  readonly input: readonly string[];
  /** Bring decoded frames into main memory. */
  readonly filters: readonly string[];
}

/**
 * If hardware was asked for, the frames must come from it: ffmpeg would silently decode in software if the hardware cannot,
 * `hwdownload` fails then.
 */
export function decoderFlags(decoder: Decoder): DecoderFlags {
  switch (decoder.kind) {
    case 'software':
      return { input: [], filters: [] };
    case 'acceleration': {
      const format = SURFACES[decoder.name] ?? decoder.name;
      return { input: ['-hwaccel', decoder.name, '-hwaccel_output_format', format], filters: DOWNLOAD };
    }
    case 'codec':
      return {
        input: ['-c:v', `${decoder.codec}_${decoder.name}`],
        filters: STAYS_OUTSIDE.includes(decoder.name) ? DOWNLOAD : [],
      };
  }
}

const DOWNLOAD = ['hwdownload', 'format=pix_fmts=nv12'];

/** Pixel formats of surfaces that are not called as their device (libavutil/pixdesc.c). */
const SURFACES: Readonly<Record<string, string>> = {
  d3d11va: 'd3d11',
  d3d12va: 'd3d12',
  drm: 'drm_prime',
  dxva2: 'dxva2_vld',
  rkmpp: 'drm_prime',
  videotoolbox: 'videotoolbox_vld',
};

/** Decoders whose frames lie in memory of the device. */
const STAYS_OUTSIDE = ['rkmpp'];

import { choiceSetting, integerSetting, listSetting, section, textSetting } from '#packages/foundation';

/** The command that a source of Type `pipeline` runs, and the form of its output. */
export const pipelineSettings = section({
  Command: listSetting(textSetting())
    .default([])
    .describe(
      'For `pipeline`: program and its words, no shell between. It writes frames to its standard output, one after the other, rows and planes without padding.',
    ),
  Width: integerSetting({ min: 0, max: 16_384 }).default(0).describe('For `pipeline`: width of the frames, in pixels.'),
  Height: integerSetting({ min: 0, max: 16_384 })
    .default(0)
    .describe('For `pipeline`: height of the frames, in pixels.'),
  PixelFormat: choiceSetting(['yuv420p', 'nv12', 'bgr24', 'rgb24', 'gray'])
    .default('yuv420p')
    .describe('For `pipeline`: how pixels lie, as ffmpeg names it. GStreamer: I420, NV12, BGR, RGB, GRAY8.'),
  Matrix: choiceSetting(['bt601', 'bt709', 'bt2020'])
    .default('bt601')
    .describe('For `pipeline`: color matrix of YUV. HD cameras mostly have bt709.'),
  Range: choiceSetting(['limited', 'full'])
    .default('limited')
    .describe(
      'For `pipeline`: range of YUV and gray: brightness from 16 to 235, or from 0 to 255. RGB is always full.',
    ),
});

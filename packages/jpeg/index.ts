export { encodeFrame } from './encode-frame.ts';
export { encodePicture } from './encode-picture.ts';
export { blankPicture } from './jpeg-picture.ts';
export type { JpegPicture, PicturePlane } from './jpeg-picture.ts';
export { paintColumns, paintMask, paintRows } from './paint-picture.ts';
export type { PictureColor } from './paint-picture.ts';
export { PictureMaker } from './picture-maker.ts';
export { turboLibrary } from './turbo-library.ts';

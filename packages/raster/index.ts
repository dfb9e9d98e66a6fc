export { shownRaster } from './shown-raster.ts';
export { RasterFault } from './raster.ts';
export type { Raster } from './raster.ts';
export { isTransposed, toUpright } from './orient.ts';
export type { Orientation } from './orient.ts';
export { rasterFormat, readRaster } from './read-raster.ts';

/**
 * The ladder of execution providers that the platform's manifest sets, as this machine can have it: ONNX Runtime has no native build for
 * 32-bit ARM, and its own manifest would not fit what nucleus lite decodes of a recipe.
 */
export function platformLadder(manifest: readonly string[], architecture: NodeJS.Architecture): readonly string[] {
  return architecture === 'arm' ? ['wasm'] : manifest;
}

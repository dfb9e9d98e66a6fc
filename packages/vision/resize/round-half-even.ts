/** The nearest whole number; of two that are as near the even one, as Python, NumPy, OpenCV and ONNX round. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/** The models that the Python peer knows too. */
export const BENCH_MODELS = ['mobilenet_v2_fp32_nchw', 'mobilenet_v2_int8', 'ssd_mobilenet_v1_coco_fp32_nchw'] as const;
export type BenchModel = (typeof BENCH_MODELS)[number];

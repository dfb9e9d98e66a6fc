import * as z from 'zod';

/** The part of the twin's report.json that the mail to the approver shows. */
export const twinFindingsSchema = z.object({
  machine: z.object({ os: z.string(), architecture: z.string() }),
  nucleus: z.string(),
  models: z.array(
    z.object({
      alias: z.string(),
      golden: z.array(z.object({ passed: z.boolean() })),
      /** Milliseconds. */
      latency: z.object({ p95: z.number() }).optional(),
      /** 0 to 1. */
      accuracy: z.object({ metric: z.string(), value: z.number(), images: z.number() }).optional(),
    }),
  ),
  memory: z.array(z.object({ peakBytes: z.number() })),
});

export type TwinFindings = z.output<typeof twinFindingsSchema>;

import * as z from 'zod';

/** Elements that a manifest can hold; more belong into the model. */
const MAX_ELEMENTS = 65_536;
const MAX_RANK = 16;

const element = z.union([z.number(), z.boolean(), z.string().max(65_536)]);

/**
 * Entries of model.json about inputs of the model besides the image, by name:
 * `{"sr": {"value": 16000}, "state": {"shape": [2, 1, 128], "from": "stateN"}, "input": {"shape": [1, 512]}}`.
 */
const tensorInputSchema = z
  .strictObject({
    /** Sizes of all axes if the model leaves some free: for the warm-up, for `value` and for the first state. */
    shape: z
      .array(
        z
          .int()
          .min(0)
          .max(2 ** 31),
      )
      .max(MAX_RANK)
      .optional(),
    /** Used if the caller does not send the input: one element for all, or one for each in row-major order. */
    value: z.union([element, z.array(element).min(1).max(MAX_ELEMENTS)]).optional(),
    /** Output whose tensor this input gets in the same sequence's next call; zeros of `shape` in the first. */
    from: z.string().min(1).optional(),
  })
  .refine(({ value, from }) => value === undefined || from === undefined, {
    message: 'an input has a value or comes from an output, not both',
  });

export const tensorInputsSchema = z.record(z.string().min(1), tensorInputSchema);

export type TensorInputSpec = Readonly<z.infer<typeof tensorInputSchema>>;
/** By name of the model's input. */
export type TensorInputs = Readonly<Record<string, TensorInputSpec>>;

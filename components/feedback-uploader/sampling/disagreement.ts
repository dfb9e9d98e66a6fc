import { defineStrategy } from './strategy.ts';

/** Keeps pictures on which a model and its challenger differ, which the agent says with each: see `ChallengerFeedbackConfigId`. */
export const disagreement = defineStrategy({
  parameters: {},
  create: () => (_read, metadata) => {
    const reason = metadata()['disagreement'];
    if (reason === undefined) return { keep: false, why: 'nobody says that a challenger differs' };
    return { keep: true, why: `a challenger differs: ${reason}` };
  },
});

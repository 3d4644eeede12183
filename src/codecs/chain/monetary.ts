/** The words of issuance by stake, as the state and the API have them. */

export const PHASES = ["bootstrap", "transition", "mature"] as const;
export type Phase = (typeof PHASES)[number];

/** Why the phase is what it is after an epoch; `final` is the last one's. */
export const PHASE_REASONS = ["final", "too-early", "economy-not-ready", "advanced"] as const;
export type PhaseReason = (typeof PHASE_REASONS)[number];

/** What a person would do about the phase. */
export const ADVICE = ["stay", "advance", "hold-back"] as const;
export type Advice = (typeof ADVICE)[number];

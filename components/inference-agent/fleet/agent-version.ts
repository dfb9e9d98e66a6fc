/** Version of the component, as its recipe has it; a test compares them. */
export const AGENT_VERSION = '1.0.0';

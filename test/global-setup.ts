/** Runs once before all tests. Bundles that tests start as processes are built here. */
export async function setup(): Promise<void> {}

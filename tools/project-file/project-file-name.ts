/** Name of the file that `edgeml try` writes and `npm start` looks for. */
export const PROJECT_FILE = 'edgeml.yaml';

/** Names of services, and of sources. */
export const SERVICE_NAME = /^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/;
export const SERVICE_NAME_MEANING = 'letters and digits, with "-", "_" or "." between them, 128 at most';

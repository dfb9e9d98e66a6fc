const LICENSE_FILE =
  /^(?:licen[cs]e|copying|notice|copyright|patents|third[-_]?party[-_]?(?:licen[cs]es?|notices?))(?:[-._][-.\w]+)?$/i;
const CODE = /\.(?:[cm]?[jt]s|json)$/i;

/** Whether a file at the top of a package is one that has to be carried along with it. */
export function isLicenseFile(name: string): boolean {
  return LICENSE_FILE.test(name) && !CODE.test(name);
}

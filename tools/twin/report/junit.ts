import type { Check, TwinReport } from './twin-report.ts';
import { escaped } from './xml.ts';

const SUITES = ['deployment', 'model', 'golden', 'latency', 'memory'] as const satisfies readonly Check['suite'][];

/** The checks in the XML of JUnit that CI systems read (testsuites, testsuite, testcase, failure). */
export function junitXml({ checks, name, seconds, startedAt }: TwinReport): string {
  const suites = SUITES.map((suite) => checks.filter((check) => check.suite === suite)).filter(
    ({ length }) => length > 0,
  );
  const failures = checks.filter(({ passed }) => !passed).length;
  const head = `name="${escaped(name)}" tests="${checks.length}" failures="${failures}" time="${seconds}"`;
  const body = suites.map((cases) => suiteXml(cases, startedAt)).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${head}>\n${body}\n</testsuites>\n`;
}

function suiteXml(cases: readonly Check[], startedAt: string): string {
  const failures = cases.filter(({ passed }) => !passed).length;
  const seconds = cases.reduce((sum, check) => sum + check.seconds, 0);
  const suite = cases[0]?.suite ?? '';
  const time = startedAt.replace(/\.\d+Z$/, '');
  const head = `name="twin.${suite}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds.toFixed(3)}" timestamp="${time}"`;
  return `  <testsuite ${head}>\n${cases.map(caseXml).join('\n')}\n  </testsuite>`;
}

function caseXml({ suite, name, passed, seconds, message }: Check): string {
  const head = `name="${escaped(name)}" classname="twin.${suite}" time="${seconds.toFixed(3)}"`;
  const text = escaped(message);
  const inside = passed ? `<system-out>${text}</system-out>` : `<failure message="${text}">${text}</failure>`;
  return `    <testcase ${head}>${inside}</testcase>`;
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { PROJECT } from '../../tools/bundle/project.ts';
import type { OutsideData } from './needs.ts';

const VENV = path.join(PROJECT, '.venv/bin');
const HOW = 'python3 -m venv .venv && .venv/bin/pip install -r testing/requirements.txt';

/** An interpreter for programs that need no modules. EDGEML_PYTHON names another one. */
export const PYTHON = process.env['EDGEML_PYTHON'] ?? 'python3';
/** The project's own, with the modules of testing/requirements.txt, if somebody has made it. */
export const PYTHON_WITH_MODULES = inVenv('python', 'python3');
export const CFN_LINT = inVenv('cfn-lint', 'cfn-lint');
export const CFRIPPER = inVenv('cfripper', 'cfripper');
export const HADOLINT = inVenv('hadolint', 'hadolint');

export const python: OutsideData = {
  what: 'Python 3.7 or newer',
  how: 'install it, or name it by EDGEML_PYTHON',
  whyNot: () =>
    unless(PYTHON, ['-c', 'import sys; sys.exit(sys.version_info < (3, 7))'], `${PYTHON} is missing or older`),
  isInCi: true,
};

export const pythonGrpc: OutsideData = {
  what: 'the Python modules grpcio and grpcio-tools',
  how: HOW,
  whyNot: () =>
    unless(PYTHON_WITH_MODULES, ['-c', 'import grpc, grpc_tools.protoc'], `${PYTHON_WITH_MODULES} lacks them`),
  isInCi: true,
};

export const tritonClient: OutsideData = {
  what: "the Python module tritonclient, NVIDIA's client of Open Inference Protocol",
  how: HOW,
  whyNot: () =>
    unless(
      PYTHON_WITH_MODULES,
      ['-c', 'import tritonclient.http, tritonclient.grpc'],
      `${PYTHON_WITH_MODULES} lacks it`,
    ),
  isInCi: true,
};

/** Some fifty packages come with it, so it is not in testing/requirements.txt. */
export const kserveClient: OutsideData = {
  what: 'the Python module kserve',
  how: '.venv/bin/pip install kserve',
  whyNot: () => unless(PYTHON_WITH_MODULES, ['-c', 'import kserve'], `${PYTHON_WITH_MODULES} lacks it`),
  isInCi: false,
};

export const labelingTools: OutsideData = {
  what: 'the Python modules datumaro, label-studio-sdk and pycocotools',
  how: HOW,
  whyNot: () =>
    unless(
      PYTHON_WITH_MODULES,
      ['-c', 'import datumaro, label_studio_sdk.label_interface, pycocotools.coco'],
      `${PYTHON_WITH_MODULES} lacks them`,
    ),
  isInCi: true,
};

export const cfnLint: OutsideData = {
  what: 'cfn-lint',
  how: HOW,
  whyNot: () => unless(CFN_LINT, ['--version'], 'not installed'),
  isInCi: true,
};

export const iamEngine: OutsideData = {
  what: 'the Python modules moto and policy_sentry',
  how: HOW,
  whyNot: () =>
    unless(PYTHON_WITH_MODULES, ['-c', 'import moto.iam, policy_sentry'], `${PYTHON_WITH_MODULES} lacks them`),
  isInCi: true,
};

export const sqlEngine: OutsideData = {
  what: 'the Python modules duckdb and sqlglot',
  how: HOW,
  whyNot: () => unless(PYTHON_WITH_MODULES, ['-c', 'import duckdb, sqlglot'], `${PYTHON_WITH_MODULES} lacks them`),
  isInCi: true,
};

export const cfripper: OutsideData = {
  what: 'cfripper',
  how: HOW,
  whyNot: () => unless(CFRIPPER, ['--version'], 'not installed'),
  isInCi: true,
};

export const hadolint: OutsideData = {
  what: 'hadolint',
  how: HOW,
  whyNot: () => unless(HADOLINT, ['--version'], 'not installed'),
  isInCi: true,
};

function inVenv(name: string, otherwise: string): string {
  const own = path.join(VENV, name);
  return existsSync(own) ? own : otherwise;
}

function unless(program: string, words: readonly string[], why: string): string | undefined {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0 ? undefined : why;
}

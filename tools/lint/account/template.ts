import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { CollectionTag, ScalarTag, YAMLMap, YAMLSeq } from 'yaml';
import { PROJECT } from '../../bundle/project.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import type { Policy, Statement } from './policy.ts';

/** Stands for whatever account the stack is made in. */
const PARTITION = 'aws';
const REGION = 'us-east-1';
const ACCOUNT = '123456789012';

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Metadata?: { readonly Wildcards?: Readonly<Record<string, string>>; readonly Exceptions?: object };
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface TemplateDocument {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<
    Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>
  >;
}

/**
 * A template with every reference put in, as CloudFormation does when it makes the stack. Parameters without a default, exports of
 * other stacks and types that are not known here become texts that name them.
 */
export class Template {
  readonly stack: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly exports: ReadonlyMap<string, string>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly #document: TemplateDocument;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #imports: ReadonlyMap<string, string>;

  constructor(
    text: string,
    stack: string,
    parameters: Readonly<Record<string, string>> = {},
    imports: ReadonlyMap<string, string> = new Map(),
  ) {
    this.stack = stack;
    this.#parameters = parameters;
    this.#imports = imports;
    this.#document = parse(text, { customTags: INTRINSIC_TAGS }) as TemplateDocument;
    const made = Object.entries(this.#document.Resources).filter(([, { Condition }]) => this.#holds(Condition));
    this.resources = Object.fromEntries(made.map(([name, resource]) => [name, this.#resolve(resource) as Resource]));
    const outputs = Object.entries(this.#document.Outputs ?? {});
    this.outputs = Object.fromEntries(outputs.map(([name, { Value }]) => [name, this.#resolve(Value) as string]));
    const exported = Object.values(this.#document.Outputs ?? {}).filter((output) => output.Export);
    this.exports = new Map(
      exported.map(({ Value, Export }) => [this.#resolve(Export?.Name) as string, this.#resolve(Value) as string]),
    );
  }

  static async read(file: string, ...rest: [string, Record<string, string>?, ReadonlyMap<string, string>?]) {
    return new Template(await readFile(path.join(PROJECT, 'infrastructure', file), 'utf8'), ...rest);
  }

  /** Name or ARN, as `!Ref` gives it. */
  ref(name: string): string {
    const own = this.#parameters[name] ?? this.#document.Parameters?.[name]?.Default;
    if (own !== undefined) return String(own);
    const type = this.#document.Resources[name]?.Type;
    return REF_IS_ARN.includes(type ?? '') ? this.arn(name) : this.#name(name);
  }

  arn(name: string): string {
    const type = this.#document.Resources[name]?.Type ?? '';
    const of = ARNS[type] ?? ((physical: string) => `arn:${PARTITION}:unknown:${REGION}:${ACCOUNT}:${physical}`);
    return of(this.#name(name));
  }

  /** All policies of a role as one: its own, those that are attached to it, and `also`. */
  policyOf(role: string, ...also: readonly Policy[]): Policy {
    const { Policies = [] } = this.resources[role]?.Properties as { Policies?: { PolicyDocument: Policy }[] };
    const attached = Object.values(this.resources).filter(
      ({ Type, Properties }) => Type === 'AWS::IAM::RolePolicy' && Properties['RoleName'] === this.ref(role),
    );
    const documents = [
      ...Policies.map(({ PolicyDocument }) => PolicyDocument),
      ...attached.map(({ Properties }) => Properties['PolicyDocument'] as Policy),
      ...also,
    ];
    return { Version: '2012-10-17', Statement: documents.flatMap(({ Statement }) => Statement) };
  }

  managedPolicy(name: string): Policy {
    return this.resources[name]?.Properties['PolicyDocument'] as Policy;
  }

  /** Every statement of every identity policy, with the resource that it stands in. */
  statements(): readonly { readonly at: string; readonly resource: Resource; readonly statement: Statement }[] {
    return Object.entries(this.resources).flatMap(([at, resource]) => {
      const { PolicyDocument, Policies = [] } = resource.Properties as {
        PolicyDocument?: Policy;
        Policies?: { PolicyDocument: Policy }[];
      };
      const documents = [...(PolicyDocument ? [PolicyDocument] : []), ...Policies.map((one) => one.PolicyDocument)];
      return documents.flatMap(({ Statement }) => Statement.map((statement) => ({ at, resource, statement })));
    });
  }

  #name(name: string): string {
    const { Type: type, Properties = {} } = this.#document.Resources[name] ?? {};
    const given = Properties['Name'] ?? Properties['StateMachineName'];
    if (given !== undefined) return this.#resolve(given) as string;
    return type === 'AWS::S3::Bucket' ? `${this.stack}-${name.toLowerCase()}` : `${this.stack}-${name}`;
  }

  #holds(condition: string | undefined): boolean {
    return condition === undefined || this.#resolve(this.#document.Conditions?.[condition]) === true;
  }

  #resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#resolve(one)).filter((one) => one !== undefined);
    if (!isPlainObject(value)) return value;
    const [[key, argument] = ['', undefined], ...others] = Object.entries(value);
    const intrinsic = others.length === 0 ? this.#intrinsics[key] : undefined;
    if (intrinsic) return intrinsic(argument as never);
    const entries = Object.entries(value).map(([name, one]) => [name, this.#resolve(one)] as const);
    return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
  }

  readonly #intrinsics: Readonly<Record<string, (argument: never) => unknown>> = {
    Ref: (name: string) => (name === 'AWS::NoValue' ? undefined : (PSEUDO[name] ?? this.#pseudo(name))),
    'Fn::GetAtt': (text: string) => this.arn(text.replace(/\.Arn$/, '')),
    'Fn::Sub': (text: string) =>
      text.replace(/\$\{([^!}][^}]*)\}/g, (_, name: string) =>
        name.endsWith('.Arn') ? this.arn(name.slice(0, -4)) : (PSEUDO[name] ?? this.#pseudo(name)),
      ),
    'Fn::Join': ([by, parts]: [string, unknown[]]) => (this.#resolve(parts) as string[]).join(by),
    'Fn::ImportValue': (name: unknown) => {
      const wanted = this.#resolve(name) as string;
      return this.#imports.get(wanted) ?? wanted;
    },
    'Fn::If': ([condition, yes, no]: [string, unknown, unknown]) => this.#resolve(this.#holds(condition) ? yes : no),
    'Fn::Not': ([one]: [unknown]) => this.#resolve(one) !== true,
    'Fn::And': (all: unknown[]) => all.every((one) => this.#resolve(one) === true),
    'Fn::Equals': (both: [unknown, unknown]) => this.#resolve(both[0]) === this.#resolve(both[1]),
  };

  #pseudo(name: string): string {
    return name === 'AWS::StackName' ? this.stack : this.ref(name);
  }
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': PARTITION,
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
};

/** "Return values" of each type in the CloudFormation user guide. */
const REF_IS_ARN = ['AWS::StepFunctions::StateMachine', 'AWS::SNS::Topic', 'AWS::IAM::ManagedPolicy'];
const regional = (service: string, resource: string) => `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${resource}`;
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::S3::Bucket': (name) => `arn:${PARTITION}:s3:::${name}`,
  'AWS::IAM::Role': (name) => `arn:${PARTITION}:iam::${ACCOUNT}:role/${name}`,
  'AWS::IAM::ManagedPolicy': (name) => `arn:${PARTITION}:iam::${ACCOUNT}:policy/${name}`,
  'AWS::Logs::LogGroup': (name) => regional('logs', `log-group:${name}:*`),
  'AWS::CodeBuild::Project': (name) => regional('codebuild', `project/${name}`),
  'AWS::StepFunctions::StateMachine': (name) => regional('states', `stateMachine:${name}`),
  'AWS::SNS::Topic': (name) => regional('sns', name),
  'AWS::SQS::Queue': (name) => regional('sqs', name),
  'AWS::Lambda::Function': (name) => regional('lambda', `function:${name}`),
  'AWS::Events::Rule': (name) => regional('events', `rule/${name}`),
  'AWS::Events::EventBus': (name) => regional('events', `event-bus/${name}`),
  'AWS::KMS::Key': (name) => regional('kms', `key/${name}`),
};

/** The short forms of intrinsic functions as their long ones. */
export const INTRINSIC_TAGS: (ScalarTag | CollectionTag)[] = [
  'Ref',
  'GetAtt',
  'Sub',
  'ImportValue',
  'Join',
  'If',
  'Not',
  'And',
  'Equals',
].flatMap((name) => {
  const key = name === 'Ref' ? name : `Fn::${name}`;
  const node = (value: YAMLMap | YAMLSeq) => ({ [key]: value.toJSON() as unknown });
  return [
    { tag: `!${name}`, resolve: (text: string) => ({ [key]: text }) },
    { tag: `!${name}`, collection: 'map', resolve: (value) => node(value) },
    { tag: `!${name}`, collection: 'seq', resolve: (value) => node(value) },
  ] as const;
});

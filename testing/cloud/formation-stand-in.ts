import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { INTRINSIC_TAGS, Template } from '../../tools/lint/account/template.ts';
import { queryAnswer, queryError, readQuery } from './query-protocol.ts';
import { loadServiceModel } from './service-model.ts';
import type { ServiceModel } from './service-model.ts';
import { faultsOf } from './validate.ts';

export interface StandInStack {
  readonly template: Template;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  status: string;
}

interface ChangeSet {
  readonly type: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Account {
  readonly stacks: Map<string, StandInStack>;
  readonly changeSets: Map<string, ChangeSet>;
}

type Input = Readonly<Record<string, string>> & {
  readonly Parameters?: readonly { readonly ParameterKey: string; readonly ParameterValue: string }[];
};

/**
 * AWS CloudFormation, STS and the uploads of S3 for several accounts, each known by its access key. Requests are held against the
 * service model; parameters against the template: unknown ones, missing ones, values that its pattern forbids, exports that nobody gives.
 */
export class FormationStandIn {
  readonly accounts = new Map<string, Account>();
  /** `account operation stack`, of what changes something. */
  readonly calls: string[] = [];
  readonly uploads: string[] = [];
  readonly violations: string[] = [];
  /** Reason for which a stack cannot be made; `account stack`. */
  failures: Readonly<Record<string, string>> = {};
  url = '';
  readonly #server = http.createServer();
  readonly #idOf: Readonly<Record<string, string>>;
  readonly #model: ServiceModel;

  private constructor(idOf: Readonly<Record<string, string>>, model: ServiceModel) {
    this.#idOf = idOf;
    this.#model = model;
    for (const key of Object.keys(idOf)) this.accounts.set(key, { stacks: new Map(), changeSets: new Map() });
    this.#server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** @param idOf ids of accounts by access key */
  static async start(idOf: Readonly<Record<string, string>>): Promise<FormationStandIn> {
    const standIn = new FormationStandIn(idOf, await loadServiceModel('cloudformation'));
    await new Promise<void>((resolve) => standIn.#server.listen(0, '127.0.0.1', resolve));
    standIn.url = `http://127.0.0.1:${(standIn.#server.address() as AddressInfo).port}`;
    return standIn;
  }

  stack(account: string, name: string): StandInStack {
    const found = this.accounts.get(account)?.stacks.get(name);
    if (!found) throw new Error(`the account ${account} has no stack ${name}`);
    return found;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const scope = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)/.exec(request.headers.authorization ?? '');
    const [, key = '', service = ''] = scope ?? [];
    if (service === 's3') {
      this.uploads.push(`${key} ${request.method} ${request.url?.split('?')[0]}`);
      return void response.writeHead(200).end();
    }
    const send = (status: number, body: string): void =>
      void response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
    if (service === 'sts')
      return send(200, queryAnswer('GetCallerIdentity', { Account: this.#idOf[key], Arn: `user/${key}`, UserId: key }));
    const { name, input } = readQuery(this.#model, Buffer.concat(chunks).toString());
    const operation = this.#model.operations[name];
    const faults = operation?.input ? faultsOf(this.#model, operation.input.shape, input) : [`no operation ${name}`];
    this.violations.push(...faults.map((fault) => `${name} ${fault}`));
    try {
      const account = this.accounts.get(key);
      if (!account) throw new Error(`no account for the key ${key}`);
      send(200, queryAnswer(name, this.#handle(name, key, account, input as Input)));
    } catch (error) {
      send(400, queryError('ValidationError', (error as Error).message));
    }
  }

  #handle(name: string, key: string, { stacks, changeSets }: Account, input: Input): object {
    const { StackName = '', ChangeSetName = '', TemplateBody = '', ChangeSetType = '' } = input;
    const stack = stacks.get(StackName);
    const set = changeSets.get(ChangeSetName);
    switch (name) {
      case 'DescribeStacks': {
        if (!stack) throw new Error(`Stack with id ${StackName} does not exist`);
        const Outputs = Object.entries(stack.template.outputs).map(([OutputKey, OutputValue]) => ({
          OutputKey,
          OutputValue,
        }));
        return { Stacks: [{ StackName, StackStatus: stack.status, CreationTime: '2026-11-27T10:00:00Z', Outputs }] };
      }
      case 'CreateChangeSet': {
        const parameters = Object.fromEntries(
          (input.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
        );
        requireParameters(TemplateBody, parameters);
        if ((ChangeSetType === 'UPDATE') !== (stack !== undefined))
          throw new Error(`${StackName}: not for ${ChangeSetType}`);
        changeSets.set(ChangeSetName, { type: ChangeSetType, body: TemplateBody, parameters });
        return { Id: `arn:${ChangeSetName}` };
      }
      case 'DescribeChangeSet': {
        if (!set) throw new Error(`ChangeSet ${ChangeSetName} does not exist`);
        const isSame = stack?.body === set.body && JSON.stringify(stack.parameters) === JSON.stringify(set.parameters);
        if (isSame)
          return {
            Status: 'FAILED',
            StatusReason: "The submitted information didn't contain changes. Submit different information.",
          };
        const made = this.#resolved(key, StackName, set);
        const Changes = Object.entries(made.resources).map(([LogicalResourceId, { Type }]) => ({
          Type: 'Resource',
          ResourceChange: {
            Action: stack ? 'Modify' : 'Add',
            LogicalResourceId,
            ResourceType: Type,
            Replacement: 'False',
          },
        }));
        return { Status: 'CREATE_COMPLETE', Changes };
      }
      case 'ExecuteChangeSet': {
        if (!set) throw new Error(`ChangeSet ${ChangeSetName} does not exist`);
        this.calls.push(`${key} ${set.type} ${StackName}`);
        const status =
          this.failures[`${key} ${StackName}`] === undefined ? `${set.type}_COMPLETE` : 'ROLLBACK_COMPLETE';
        const { body, parameters } = set;
        stacks.set(StackName, { template: this.#resolved(key, StackName, set), body, parameters, status });
        changeSets.delete(ChangeSetName);
        return {};
      }
      case 'DeleteChangeSet':
        changeSets.delete(ChangeSetName);
        return {};
      case 'DescribeStackEvents': {
        const event = (LogicalResourceId: string, ResourceStatusReason: string) => ({
          StackId: 'arn:stack',
          EventId: LogicalResourceId,
          StackName,
          LogicalResourceId,
          ResourceStatus: 'CREATE_FAILED',
          ResourceStatusReason,
          Timestamp: '2099-01-01T00:00:00Z',
        });
        const reason = this.failures[`${key} ${StackName}`] ?? '';
        return { StackEvents: [event('Other', 'Resource creation cancelled'), event('First', reason)] };
      }
      default:
        throw new Error(`the stand-in does not have ${name}`);
    }
  }

  #resolved(key: string, name: string, { body, parameters }: ChangeSet): Template {
    const others = [...(this.accounts.get(key)?.stacks.values() ?? [])];
    const exports = new Map(others.flatMap(({ template }) => [...template.exports]));
    return new Template(body, name, parameters, exports);
  }
}

interface Declared {
  readonly Parameters?: Readonly<
    Record<string, { readonly Default?: string | number; readonly AllowedPattern?: string }>
  >;
}

function requireParameters(body: string, given: Readonly<Record<string, string>>): void {
  const { Parameters = {} } = parse(body, { customTags: INTRINSIC_TAGS }) as Declared;
  const unknown = Object.keys(given).filter((name) => !(name in Parameters));
  if (unknown.length > 0) throw new Error(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  for (const [name, { Default, AllowedPattern }] of Object.entries(Parameters)) {
    const value = given[name] ?? Default;
    if (value === undefined) throw new Error(`Parameters: [${name}] must have values`);
    if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(String(value)))
      throw new Error(`Parameter ${name} failed to satisfy constraint: ${AllowedPattern}`);
  }
}

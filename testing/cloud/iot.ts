import { createHash } from 'node:crypto';
import type { FleetSimulation } from './fleet-simulation.ts';
import type { Handlers } from './greengrass.ts';
import { ACCOUNT, REGION } from './greengrass.ts';
import { notFound, page, ServiceFault } from './service-fault.ts';

interface Certificate {
  status: string;
  readonly things: Set<string>;
  readonly policies: Set<string>;
}

/** AWS IoT's registry, certificates, policies and jobs, as far as provisioning and following deployments go. */
export class IotStandIn {
  readonly fleet: FleetSimulation;
  readonly certificates = new Map<string, Certificate>();
  readonly policies = new Map<string, string>();
  readonly roleAliases = new Map<string, string>();
  readonly jobs = new Map<string, Record<string, unknown>>();
  pageSize = 100;

  constructor(fleet: FleetSimulation) {
    this.fleet = fleet;
  }

  readonly handlers: Handlers = {
    DescribeThing: ({ thingName }) => {
      const thing = this.#thing(thingName);
      return {
        thingName,
        thingId: `id-${thingName}`,
        thingArn: this.fleet.arn('thing', thingName),
        attributes: thing.attributes,
        version: 1,
        defaultClientId: thingName,
      };
    },
    CreateThing: ({ thingName, attributePayload }) => {
      const attributes = attributePayload?.attributes ?? {};
      const known = this.fleet.things.get(thingName);
      if (known && JSON.stringify(known.attributes) !== JSON.stringify(attributes))
        throw exists(`Thing ${thingName} already exists with other attributes`, thingName);
      if (!known) this.fleet.things.set(thingName, { attributes, core: false, healthy: true });
      return { thingName, thingArn: this.fleet.arn('thing', thingName), thingId: `id-${thingName}` };
    },
    DeleteThing: ({ thingName }) => {
      if ([...this.certificates.values()].some(({ things }) => things.has(thingName)))
        throw new ServiceFault('InvalidRequestException', 400, `${thingName} still has a principal`);
      this.fleet.things.delete(thingName);
      for (const members of this.fleet.groups.values()) members.delete(thingName);
      return {};
    },
    ListThings: ({ maxResults, nextToken, attributeName, attributeValue }) => {
      const found = [...this.fleet.things].filter(
        ([, { attributes }]) => !attributeName || attributes[attributeName] === attributeValue,
      );
      const { items, ...rest } = page(found, maxResults ?? this.pageSize, nextToken);
      return {
        things: items.map(([thingName, { attributes }]) => ({
          thingName,
          thingArn: this.fleet.arn('thing', thingName),
          attributes,
          version: 1,
        })),
        ...rest,
      };
    },
    DescribeThingGroup: ({ thingGroupName }) => {
      this.#group(thingGroupName);
      return {
        thingGroupName,
        thingGroupId: `id-${thingGroupName}`,
        thingGroupArn: this.fleet.arn('thinggroup', thingGroupName),
        version: 1,
      };
    },
    CreateThingGroup: ({ thingGroupName }) => {
      if (!this.fleet.groups.has(thingGroupName)) this.fleet.groups.set(thingGroupName, new Set());
      return {
        thingGroupName,
        thingGroupArn: this.fleet.arn('thinggroup', thingGroupName),
        thingGroupId: `id-${thingGroupName}`,
      };
    },
    ListThingGroups: ({ maxResults, nextToken, namePrefixFilter }) => {
      const names = [...this.fleet.groups.keys()].filter((name) => name.startsWith(namePrefixFilter ?? ''));
      const { items, ...rest } = page(names, maxResults ?? this.pageSize, nextToken);
      return {
        thingGroups: items.map((groupName) => ({ groupName, groupArn: this.fleet.arn('thinggroup', groupName) })),
        ...rest,
      };
    },
    ListThingsInThingGroup: ({ thingGroupName, maxResults, nextToken }) => {
      const { items, ...rest } = page([...this.#group(thingGroupName)], maxResults ?? this.pageSize, nextToken);
      return { things: items, ...rest };
    },
    AddThingToThingGroup: ({ thingGroupName, thingName }) => {
      this.#thing(thingName);
      this.#group(thingGroupName);
      this.fleet.joinGroup(thingGroupName, thingName);
      return {};
    },
    RemoveThingFromThingGroup: ({ thingGroupName, thingName }) => {
      this.#group(thingGroupName).delete(thingName);
      return {};
    },
    CreateKeysAndCertificate: () => {
      const certificateId = createHash('sha256').update(`certificate ${this.certificates.size}`).digest('hex');
      const certificateArn = `arn:aws:iot:${REGION}:${ACCOUNT}:cert/${certificateId}`;
      this.certificates.set(certificateArn, { status: 'ACTIVE', things: new Set(), policies: new Set() });
      return {
        certificateArn,
        certificateId,
        certificatePem: '-----BEGIN CERTIFICATE-----\nTEST\n-----END CERTIFICATE-----\n',
        keyPair: {
          PublicKey: '-----BEGIN PUBLIC KEY-----\nTEST\n-----END PUBLIC KEY-----\n',
          PrivateKey: '-----BEGIN RSA PRIVATE KEY-----\nVERY-SECRET-DEVICE-KEY\n-----END RSA PRIVATE KEY-----\n',
        },
      };
    },
    UpdateCertificate: ({ certificateId, newStatus }) => {
      this.#certificate(certificateId).status = newStatus;
      return {};
    },
    DeleteCertificate: ({ certificateId }) => {
      const { status, things, policies } = this.#certificate(certificateId);
      if (status === 'ACTIVE') throw new ServiceFault('CertificateStateException', 406, 'the certificate is active');
      if (things.size + policies.size > 0)
        throw new ServiceFault('DeleteConflictException', 409, 'the certificate is attached');
      this.certificates.delete(`arn:aws:iot:${REGION}:${ACCOUNT}:cert/${certificateId}`);
      return {};
    },
    AttachThingPrincipal: ({ thingName, principal }) => {
      this.#thing(thingName);
      this.#principal(principal).things.add(thingName);
      return {};
    },
    DetachThingPrincipal: ({ thingName, principal }) => {
      this.#principal(principal).things.delete(thingName);
      return {};
    },
    CreatePolicy: ({ policyName, policyDocument }) => {
      if (this.policies.has(policyName)) throw exists(`Policy ${policyName} already exists`, policyName);
      this.policies.set(policyName, policyDocument);
      return { policyName, policyDocument, policyArn: policyArn(policyName), policyVersionId: '1' };
    },
    GetPolicy: ({ policyName }) => {
      const policyDocument = this.policies.get(policyName);
      if (policyDocument === undefined) throw iotNotFound('policy', policyName);
      return { policyName, policyDocument, policyArn: policyArn(policyName), defaultVersionId: '1' };
    },
    AttachPolicy: ({ policyName, target }) => {
      if (!this.policies.has(policyName)) throw iotNotFound('policy', policyName);
      this.#principal(target).policies.add(policyName);
      return {};
    },
    DetachPolicy: ({ policyName, target }) => {
      this.#principal(target).policies.delete(policyName);
      return {};
    },
    ListAttachedPolicies: ({ target }) => ({
      policies: [...this.#principal(target).policies].map((policyName) => ({
        policyName,
        policyArn: policyArn(policyName),
      })),
    }),
    DeletePolicy: ({ policyName }) => {
      if (!this.policies.has(policyName)) throw iotNotFound('policy', policyName);
      if ([...this.certificates.values()].some(({ policies }) => policies.has(policyName)))
        throw new ServiceFault('DeleteConflictException', 409, `${policyName} is attached`);
      this.policies.delete(policyName);
      return {};
    },
    CreateRoleAlias: ({ roleAlias, roleArn }) => {
      if (this.roleAliases.has(roleAlias)) throw exists(`Role alias ${roleAlias} already exists`, roleAlias);
      this.roleAliases.set(roleAlias, roleArn);
      return { roleAlias, roleAliasArn: roleAliasArn(roleAlias) };
    },
    DescribeRoleAlias: ({ roleAlias }) => {
      const roleArn = this.roleAliases.get(roleAlias);
      if (roleArn === undefined) throw iotNotFound('role alias', roleAlias);
      return { roleAliasDescription: { roleAlias, roleArn, roleAliasArn: roleAliasArn(roleAlias) } };
    },
    DescribeEndpoint: ({ endpointType }) => ({
      endpointAddress:
        endpointType === 'iot:CredentialProvider'
          ? `test.credentials.iot.${REGION}.amazonaws.com`
          : `test-ats.iot.${REGION}.amazonaws.com`,
    }),
    ListJobExecutionsForJob: ({ jobId, status, maxResults, nextToken }) => {
      const all = this.jobs.has(jobId) ? [] : this.fleet.jobExecutions(jobId);
      const found = all.filter((execution) => !status || execution.status === status);
      const { items, ...rest } = page(found, maxResults ?? this.pageSize, nextToken);
      return {
        executionSummaries: items.map(({ thing, status: state }) => ({
          thingArn: this.fleet.arn('thing', thing),
          jobExecutionSummary: { status: state, lastUpdatedAt: 1_767_225_600, executionNumber: 1 },
        })),
        ...rest,
      };
    },
    DescribeJob: ({ jobId }) => ({ job: this.fleet.job(jobId) }),
    CreateJob: (input) => {
      const { jobId } = input;
      if (this.jobs.has(jobId)) throw exists(`Job ${jobId} already exists`, jobId);
      this.jobs.set(jobId, { ...input });
      return { jobId, jobArn: `arn:aws:iot:${REGION}:${ACCOUNT}:job/${jobId}` };
    },
    CancelJob: ({ jobId }) => ({ jobId }),
  };

  #thing(name: string) {
    const thing = this.fleet.things.get(name);
    if (!thing) throw iotNotFound('thing', name);
    return thing;
  }

  #group(name: string): Set<string> {
    const group = this.fleet.groups.get(name);
    if (!group) throw iotNotFound('thing group', name);
    return group;
  }

  #certificate(id: string): Certificate {
    return this.#principal(`arn:aws:iot:${REGION}:${ACCOUNT}:cert/${id}`);
  }

  #principal(arn: string): Certificate {
    const found = this.certificates.get(arn);
    if (!found) throw iotNotFound('certificate', arn);
    return found;
  }
}

function exists(message: string, resourceId: string): ServiceFault {
  return new ServiceFault('ResourceAlreadyExistsException', 409, message, { resourceId });
}

function iotNotFound(kind: string, name: string): ServiceFault {
  const { status, message } = notFound(kind, name);
  return new ServiceFault('ResourceNotFoundException', status, message);
}

function policyArn(name: string): string {
  return `arn:aws:iot:${REGION}:${ACCOUNT}:policy/${name}`;
}

function roleAliasArn(name: string): string {
  return `arn:aws:iot:${REGION}:${ACCOUNT}:rolealias/${name}`;
}

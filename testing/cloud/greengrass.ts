import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import type { FleetSimulation } from './fleet-simulation.ts';
import { notFound, page, ServiceFault } from './service-fault.ts';
import { isRecord } from './validate.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';

type Json = Record<string, unknown>;

/** Members of inputs, checked against the model before a handler sees them; required ones are there. */
export interface Input extends Readonly<Record<InputText, string>> {
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly clientToken?: string;
  readonly tags?: Json;
  readonly attributePayload?: { readonly attributes?: Record<string, string> };
}

type InputText =
  | 'arn'
  | 'CiphertextBlob'
  | 'KeyId'
  | 'Plaintext'
  | 'recipeOutputFormat'
  | 'inlineRecipe'
  | 'deploymentId'
  | 'targetArn'
  | 'historyFilter'
  | 'thingGroupArn'
  | 'status'
  | 'coreDeviceThingName'
  | 'thingName'
  | 'thingGroupName'
  | 'namePrefixFilter'
  | 'certificateId'
  | 'newStatus'
  | 'principal'
  | 'policyName'
  | 'policyDocument'
  | 'attributeName'
  | 'attributeValue'
  | 'target'
  | 'roleAlias'
  | 'roleArn'
  | 'endpointType'
  | 'jobId'
  | 'ModelPackageName'
  | 'TrainingJobName';

export type Handlers = Readonly<Record<string, (input: Input) => Json | Promise<Json>>>;

interface StoredComponent {
  readonly arn: string;
  readonly name: string;
  readonly version: string;
  readonly recipe: Json;
  readonly tags: Json;
  readonly token: string | undefined;
  readonly inlineRecipe: string;
  readonly created: number;
  /** Reads until it is no longer being processed. */
  readsLeft: number;
  failure: string | undefined;
}

/** AWS IoT Greengrass V2 as far as publishing and deploying go. Artifacts are looked up in the object store, as the service does. */
export class GreengrassStandIn {
  readonly components = new Map<string, StoredComponent>();
  readonly fleet: FleetSimulation;
  pageSize = 50;
  /** How often a new component is described before it is deployable. */
  processingReads = 1;
  readonly #readObject: (bucket: string, key: string) => Promise<Buffer | undefined>;

  constructor(fleet: FleetSimulation, readObject: (bucket: string, key: string) => Promise<Buffer | undefined>) {
    this.fleet = fleet;
    this.#readObject = readObject;
  }

  readonly handlers: Handlers = {
    CreateComponentVersion: (input) => this.#create(input),
    DescribeComponent: ({ arn }) => describe(this.#component(arn)),
    GetComponent: ({ arn, recipeOutputFormat }) => {
      const { recipe, tags } = this.#component(arn);
      return {
        recipeOutputFormat: recipeOutputFormat ?? 'JSON',
        recipe: Buffer.from(JSON.stringify(recipe)).toString('base64'),
        ...(Object.keys(tags).length > 0 ? { tags } : {}),
      };
    },
    DeleteComponent: ({ arn }) => {
      this.#component(arn);
      this.components.delete(arn);
      return {};
    },
    ListComponents: ({ maxResults, nextToken }) => {
      const latest = new Map([...this.components.values()].map((component) => [component.name, component]));
      const { items, ...rest } = page([...latest.values()], maxResults ?? this.pageSize, nextToken);
      return {
        components: items.map(({ arn, name, version }) => ({
          arn: componentArn(name),
          componentName: name,
          latestVersion: { arn, componentVersion: version },
        })),
        ...rest,
      };
    },
    ListComponentVersions: ({ arn, maxResults, nextToken }) => {
      const all = [...this.components.values()].filter(({ name }) => componentArn(name) === arn).reverse();
      const { items, ...rest } = page(all, maxResults ?? this.pageSize, nextToken);
      return {
        componentVersions: items.map((item) => ({
          arn: item.arn,
          componentName: item.name,
          componentVersion: item.version,
        })),
        ...rest,
      };
    },
    CreateDeployment: (input) => this.fleet.createDeployment({ ...input }),
    GetDeployment: ({ deploymentId }) => this.fleet.deployment(deploymentId),
    CancelDeployment: ({ deploymentId }) => {
      this.fleet.cancel(deploymentId);
      return { message: 'SUCCESS' };
    },
    ListDeployments: ({ targetArn, historyFilter, maxResults, nextToken }) => {
      const found = this.fleet.deploymentsOf(targetArn, historyFilter === 'LATEST_ONLY');
      const { items, ...rest } = page(found, maxResults ?? this.pageSize, nextToken);
      return { deployments: items, ...rest };
    },
    ListCoreDevices: ({ thingGroupArn, status, maxResults, nextToken }) => {
      const devices = this.fleet.coreDevices(thingGroupArn).filter((device) => !status || device.status === status);
      const { items, ...rest } = page(devices, maxResults ?? this.pageSize, nextToken);
      return { coreDevices: items, ...rest };
    },
    GetCoreDevice: ({ coreDeviceThingName }) => {
      const device = this.fleet.coreDevices().find((one) => one.coreDeviceThingName === coreDeviceThingName);
      if (!device) throw notFound('coreDevice', coreDeviceThingName);
      return { ...device, coreVersion: '2.14.0' };
    },
    DeleteCoreDevice: ({ coreDeviceThingName }) => {
      if (!this.fleet.removeCoreDevice(coreDeviceThingName)) throw notFound('coreDevice', coreDeviceThingName);
      return {};
    },
    ListEffectiveDeployments: ({ coreDeviceThingName, maxResults, nextToken }) => {
      const { items, ...rest } = page(
        this.fleet.effectiveDeployments(coreDeviceThingName),
        maxResults ?? this.pageSize,
        nextToken,
      );
      return { effectiveDeployments: items, ...rest };
    },
    ListInstalledComponents: ({ coreDeviceThingName, maxResults, nextToken }) => {
      const { items, ...rest } = page(
        this.fleet.installedComponents(coreDeviceThingName),
        maxResults ?? this.pageSize,
        nextToken,
      );
      return { installedComponents: items, ...rest };
    },
  };

  async #create({ inlineRecipe, tags, clientToken }: Input): Promise<Json> {
    const text = Buffer.from(inlineRecipe, 'base64').toString();
    const recipe = parse(text) as Json;
    const { ComponentName: name, ComponentVersion: version } = recipe;
    if (typeof name !== 'string' || typeof version !== 'string' || recipe['RecipeFormatVersion'] !== '2020-01-25')
      throw new ServiceFault('ValidationException', 400, 'the recipe is not valid');
    const bytes = Buffer.byteLength(text);
    if (bytes > 16_384) throw new ServiceFault('ValidationException', 400, `recipe has ${bytes} bytes, at most 16384`);
    const arn = `${componentArn(name)}:versions:${version}`;
    const existing = this.components.get(arn);
    if (existing) {
      const same = existing.token !== undefined && existing.token === clientToken;
      if (same && existing.inlineRecipe === inlineRecipe) return summary(existing);
      throw new ServiceFault('ConflictException', 409, `Component [${name} : ${version}] already exists`, {
        resourceId: arn,
        resourceType: 'componentVersion',
      });
    }
    const missing = await this.#addDigests(recipe);
    const stored: StoredComponent = {
      arn,
      name,
      version,
      recipe,
      tags: tags ?? {},
      token: clientToken,
      inlineRecipe: inlineRecipe,
      created: Date.now() / 1000,
      readsLeft: this.processingReads,
      failure: missing,
    };
    this.components.set(arn, stored);
    return summary(stored);
  }

  /** The service fetches every artifact and writes its hash into the recipe; what it cannot fetch fails the component. */
  async #addDigests(recipe: Json): Promise<string | undefined> {
    const manifests = Array.isArray(recipe['Manifests']) ? recipe['Manifests'] : [];
    const artifacts = manifests.flatMap((manifest: Json) => (manifest['Artifacts'] as Json[] | undefined) ?? []);
    for (const artifact of artifacts.filter(isRecord)) {
      const uri = String(artifact['Uri'] ?? artifact['URI']);
      const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
      const body = match ? await this.#readObject(match[1] ?? '', match[2] ?? '') : undefined;
      if (!body) return `cannot fetch the artifact ${uri}`;
      artifact['Digest'] = createHash('sha256').update(body).digest('base64');
      artifact['Algorithm'] = 'SHA-256';
    }
    return undefined;
  }

  #component(arn: string): StoredComponent {
    const found = this.components.get(arn);
    if (!found) throw notFound('component', arn);
    return found;
  }
}

function componentArn(name: string): string {
  return `arn:aws:greengrass:${REGION}:${ACCOUNT}:components:${name}`;
}

function summary({ arn, name, version, created }: StoredComponent): Json {
  return {
    arn,
    componentName: name,
    componentVersion: version,
    creationTimestamp: created,
    status: { componentState: 'REQUESTED', message: 'NONE', errors: {} },
  };
}

function describe(stored: StoredComponent): Json {
  const state = stored.readsLeft-- > 0 ? 'INITIATED' : stored.failure === undefined ? 'DEPLOYABLE' : 'FAILED';
  const status =
    state === 'FAILED' ? { message: stored.failure, errors: { artifacts: stored.failure } } : { message: 'NONE' };
  return {
    arn: stored.arn,
    componentName: stored.name,
    componentVersion: stored.version,
    creationTimestamp: stored.created,
    status: { componentState: state, ...status },
    ...(Object.keys(stored.tags).length > 0 ? { tags: stored.tags } : {}),
  };
}

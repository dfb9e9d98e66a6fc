import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import parseExpression from 'spdx-expression-parse';
import type { Archive, BundledSoftware } from './bundled-software.ts';

/**
 * `sbom.cdx.json` of a zip: CycloneDX 1.6. Without time and serial number, and in the order given, so that the same content
 * gives the same bytes.
 */
export function sbom(archive: Archive, software: readonly BundledSoftware[]): string {
  const components = new Map(software.map((one) => [one.purl, componentOf(one)]));
  const root = rootOf(archive);
  for (const { purl, direct = false, dependsOn = [] } of software) {
    const component = components.get(purl);
    if (direct) add(root.dependencies, component);
    for (const other of dependsOn) add(component?.dependencies, components.get(other));
  }
  const bom = new Models.Bom({
    metadata: new Models.Metadata({
      component: root,
      lifecycles: new Models.LifecycleRepository([Enums.LifecyclePhase.Build]),
    }),
    components: new Models.ComponentRepository(components.values()),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: false, space: 1 })}\n`;
}

function rootOf({ component, version, kind, platform }: Archive): Models.Component {
  const qualifier = platform === undefined ? '' : `?platform=${platform}`;
  const purl = `pkg:generic/${component}@${version}${qualifier}`;
  const type = kind === 'application' ? Enums.ComponentType.Application : Enums.ComponentType.MachineLearningModel;
  return new Models.Component(type, component, { bomRef: purl, purl, version, licenses: licensesOf('Apache-2.0') });
}

function componentOf(software: BundledSoftware): Models.Component {
  const { name, version, license, purl, cpe, source, tarball, parts = [] } = software;
  const [group, baseName] = /^(@[^/]+)\/(.+)$/.exec(name)?.slice(1) ?? [undefined, name];
  const references = new Models.ExternalReferenceRepository();
  if (tarball) references.add(distribution(tarball));
  if (source !== undefined)
    references.add(new Models.ExternalReference(source, Enums.ExternalReferenceType.SourceDistribution));
  return new Models.Component(Enums.ComponentType.Library, baseName ?? name, {
    bomRef: purl,
    purl,
    licenses: licensesOf(license),
    externalReferences: references,
    components: new Models.ComponentRepository(parts.map(componentOf)),
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    ...(cpe === undefined ? {} : { cpe }),
  });
}

function distribution({ url, integrity }: NonNullable<BundledSoftware['tarball']>): Models.ExternalReference {
  const sha512 = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return new Models.ExternalReference(url, Enums.ExternalReferenceType.Distribution, {
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], sha512]]),
  });
}

function licensesOf(expression: string): Models.LicenseRepository {
  const factory = new Contrib.License.Factories.LicenseFactory(parseExpression);
  return new Models.LicenseRepository([factory.makeFromString(expression)]);
}

function add(references: Models.BomRefRepository | undefined, component: Models.Component | undefined): void {
  if (component) references?.add(component.bomRef);
}
